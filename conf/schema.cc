// Sections become $defs, shapes become the schemas of their values.
#include "conf/schema.h"

#include <nlohmann/json.hpp>

#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

using Json = nlohmann::ordered_json;

// Strings may be filled from the environment, so patterns let "${NAME}" pass.
constexpr std::string_view kDuration = R"(^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$|\$\{)";
constexpr std::string_view kSize = R"(^[0-9]+(\.[0-9]+)?(B|KiB|MiB|GiB|TiB|KB|MB|GB|TB)?$|\$\{)";
constexpr std::string_view kPercent = R"(^[0-9]+(\.[0-9]+)?%$|\$\{)";

Json string_schema(const Shape& shape) {
  Json json{{"type", "string"}};
  if (!shape.may_be_empty) json["minLength"] = 1;
  return json;
}

Json value_schema(const Shape& shape) {
  switch (shape.kind) {
    case Shape::Kind::kFlag: return {{"type", "boolean"}};
    case Shape::Kind::kCount:
      return {{"type", "integer"}, {"minimum", shape.low}, {"maximum", shape.high}};
    case Shape::Kind::kSize:
      return {{"anyOf",
               {{{"type", "integer"}, {"minimum", shape.low}, {"maximum", shape.high}},
                {{"type", "string"}, {"pattern", kSize}}}}};
    case Shape::Kind::kDuration: return {{"type", "string"}, {"pattern", kDuration}};
    case Shape::Kind::kRatio:
      return {{"anyOf",
               {{{"type", "number"}, {"minimum", shape.ratio_low}, {"maximum", shape.ratio_high}},
                {{"type", "string"}, {"pattern", kPercent}}}}};
    case Shape::Kind::kText: return string_schema(shape);
    case Shape::Kind::kWord: return {{"enum", shape.words}};
    case Shape::Kind::kTexts: {
      Json json{{"type", "array"}, {"items", {{"type", "string"}}}, {"uniqueItems", true}};
      if (!shape.may_be_empty) json["minItems"] = 1;
      return json;
    }
    case Shape::Kind::kOther: return Json::parse(shape.schema);
  }
  return {};
}

Json section_schema(const SectionInfo& section) {
  Json properties = Json::object(), wanted = Json::array();
  for (const KeyInfo& key : section.keys) {
    Json value = value_schema(key.shape);
    std::string doc(key.doc);
    const std::string fallback =
        key.default_words.empty() ? key.default_value : std::string(key.default_words);
    if (!fallback.empty()) doc += " Default: " + fallback + ".";
    value["description"] = doc;
    properties[std::string(key.name)] = std::move(value);
    if (key.required) wanted.push_back(key.name);
  }
  Json json{{"type", "object"}, {"description", section.doc}};
  json["properties"] = std::move(properties);
  json["additionalProperties"] = false;
  if (!wanted.empty()) json["required"] = std::move(wanted);
  return json;
}

}  // namespace

std::string schema() {
  Json json{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "segue.toml"}};
  Json definitions = Json::object();
  for (const SectionInfo& section : all_sections()) {
    Json one = section_schema(section);
    if (section.id == "root") {
      json.update(one);
      json["description"] = "Configuration of segue, a Layer-7 traffic-shifting proxy.";
      json["required"] = {"listeners", "pools", "routes"};
    } else {
      definitions[std::string(section.id)] = std::move(one);
    }
  }
  definitions["status"] = {
      {"anyOf",
       {{{"type", "integer"}, {"minimum", 100}, {"maximum", 599}},
        {{"type", "string"}, {"pattern", "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$"}}}}};
  definitions["cohort"] = {
      {"type", "string"},
      {"pattern", R"(^(request|client|(cookie|header|query):.+|path:/.*\{\*\}.*)$|\$\{)"}};
  json["$defs"] = std::move(definitions);
  return json.dump(2) + "\n";
}

}  // namespace segue::conf

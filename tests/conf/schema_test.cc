// The JSON Schema and the reference manual.
#include "conf/schema.h"

#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "conf/sections.h"
#include "tests/support/temp_dir.h"

namespace segue::conf {
namespace {

using Json = nlohmann::json;

// Calls `visit` for every object in `json`.
template <typename F>
void walk(const Json& json, const F& visit) {
  if (json.is_object()) visit(json);
  if (json.is_structured())
    for (const Json& inner : json) walk(inner, visit);
}

TEST_SUITE("conf/schema") {
  TEST_CASE("the schema is JSON of draft 2020-12 and refuses unknown keys everywhere") {
    const Json json = Json::parse(schema(), nullptr, false);
    REQUIRE(json.is_object());
    CHECK(json["$schema"] == "https://json-schema.org/draft/2020-12/schema");
    CHECK(json["required"] == Json{"listeners", "pools", "routes"});
    CHECK(json["additionalProperties"] == false);
    for (const auto& [name, definition] : json["$defs"].items()) {
      CAPTURE(name);
      if (definition.value("type", "") == "object")
        CHECK(definition["additionalProperties"] == false);
    }
  }

  TEST_CASE("every key is in the schema, described") {
    const Json json = Json::parse(schema());
    for (const SectionInfo& section : all_sections()) {
      const Json& object = section.id == "root" ? json : json["$defs"][std::string(section.id)];
      for (const KeyInfo& key : section.keys) {
        CAPTURE(section.id);
        CAPTURE(key.name);
        REQUIRE(object["properties"].contains(std::string(key.name)));
        CHECK(object["properties"][std::string(key.name)]["description"].get<std::string>().size() >
              2);
      }
    }
  }

  TEST_CASE("every reference in the schema leads somewhere, and everything is referred to") {
    const Json json = Json::parse(schema());
    std::set<std::string> used;
    walk(json, [&](const Json& object) {
      if (!object.contains("$ref")) return;
      const std::string target = object["$ref"];
      REQUIRE(target.starts_with("#/$defs/"));
      used.insert(target.substr(8));
      CHECK(json["$defs"].contains(target.substr(8)));
    });
    for (const auto& [name, definition] : json["$defs"].items()) {
      CAPTURE(name);
      CHECK(used.contains(name));
    }
  }

  TEST_CASE("ranges and words in the schema are those of the parser") {
    const Json defs = Json::parse(schema())["$defs"];
    CHECK(defs["health"]["properties"]["rise"]["maximum"] == 100);
    CHECK(defs["pool"]["properties"]["balance"]["enum"] == Json{"least_loaded", "round_robin"});
    CHECK(defs["pool"]["required"] == Json{"endpoints"});
    CHECK(defs["route"]["required"] == Json{"name", "split"});
  }

  TEST_CASE("docs/configuration.md is what the tables say (scripts/gen-config-doc writes it)") {
    CHECK(segue::tests::read_file(SEGUE_SOURCE_DIR "/docs/configuration.md") == reference());
  }
}

}  // namespace
}  // namespace segue::conf

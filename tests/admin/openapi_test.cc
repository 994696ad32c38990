#include "admin/openapi.h"

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "admin/router.h"
#include "tests/admin/test_server.h"

using namespace segue::admin;
using namespace segue::admin::test;

namespace {

const Json& document() {
  static const Json parsed = Json::parse(openapi_document(), nullptr, false);
  return parsed;
}

const Json& resolved(const Json& schema) {
  const auto ref = schema.find("$ref");
  if (ref == schema.end()) return schema;
  return document().at(Json::json_pointer(ref->get<std::string>().substr(1)));
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  return value.is_number();
}

void collect(const Json& schema, std::map<std::string, Json>& properties) {
  const Json own = resolved(schema).value("properties", Json::object());
  for (const auto& [name, property] : own.items()) properties[name] = property;
  for (const Json& part : resolved(schema).value("allOf", Json::array())) collect(part, properties);
}

// The part of JSON Schema that the document uses, and stricter: every member of an object must be
// described.
void validate(const Json& value, const Json& reference, const std::string& path,
              std::string& wrong) {
  const Json& schema = resolved(reference);
  if (const auto type = schema.find("type"); type != schema.end()) {
    bool fits = false;
    for (const Json& one : type->is_array() ? *type : Json::array({*type}))
      fits |= has_type(value, one);
    if (!fits) wrong += path + " is " + value.dump() + ", expected " + type->dump() + "\n";
  }
  if (const auto words = schema.find("enum"); words != schema.end())
    if (std::find(words->begin(), words->end(), value) == words->end())
      wrong += path + " is " + value.dump() + "\n";
  if (value.is_array() && schema.contains("items"))
    for (std::size_t i = 0; i < value.size(); ++i)
      validate(value[i], schema["items"], path + "[" + std::to_string(i) + "]", wrong);
  if (!value.is_object()) return;
  for (const Json& part : schema.value("allOf", Json::array()))
    for (const Json& name : resolved(part).value("required", Json::array()))
      if (!value.contains(name.get<std::string>()))
        wrong += path + "." + name.get<std::string>() + " is missing\n";
  for (const Json& name : schema.value("required", Json::array()))
    if (!value.contains(name.get<std::string>()))
      wrong += path + "." + name.get<std::string>() + " is missing\n";
  std::map<std::string, Json> properties;
  collect(schema, properties);
  if (properties.empty() && !schema.contains("additionalProperties")) return;
  for (const auto& [name, member] : value.items()) {
    if (const auto known = properties.find(name); known != properties.end())
      validate(member, known->second, path + "." + name, wrong);
    else if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object())
      validate(member, schema["additionalProperties"], path + "." + name, wrong);
    else
      wrong += path + "." + name + " is not described\n";
  }
}

void check_answer(const std::string& method, const std::string& path, const RawResponse& answer) {
  CAPTURE(method);
  CAPTURE(path);
  CAPTURE(answer.body);
  const Json& operation = document()["paths"][path][method];
  const std::string status = std::to_string(answer.status);
  REQUIRE(operation["responses"].contains(status));
  const Json& content = resolved(operation["responses"][status])["content"];
  const std::string type =
      answer.field("Content-Type").substr(0, answer.field("Content-Type").find(';'));
  REQUIRE(content.contains(type));
  if (!type.ends_with("json")) return;
  std::string wrong;
  validate(answer.json(), content[type]["schema"], "", wrong);
  CHECK(wrong == "");
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(c));
  return out;
}

}  // namespace

TEST_SUITE("admin/openapi") {
  TEST_CASE("the document describes every resource, and no other") {
    REQUIRE(document().is_object());
    std::set<std::string> described, offered;
    for (const auto& [path, item] : document()["paths"].items())
      for (const auto& [method, operation] : item.items()) described.insert(method + " " + path);
    for (const Resource& resource : resources())
      offered.insert(lower(resource.method) + " " + std::string(resource.pattern));
    CHECK(described == offered);
  }

  TEST_CASE(
      "every reference leads somewhere, every operation has a name of its own, every parameter is "
      "declared") {
    const std::string text = openapi_document();
    for (std::size_t at = text.find("\"#/"); at != text.npos; at = text.find("\"#/", at + 1)) {
      const std::string pointer = text.substr(at + 2, text.find('"', at + 1) - at - 2);
      CAPTURE(pointer);
      CHECK(document().contains(Json::json_pointer(pointer)));
    }
    std::set<std::string> names;
    for (const auto& [path, item] : document()["paths"].items()) {
      for (const auto& [method, operation] : item.items()) {
        std::set<std::string> declared;
        for (const Json& parameter : operation.value("parameters", Json::array()))
          if (resolved(parameter)["in"] == "path") declared.insert(resolved(parameter)["name"]);
        for (std::size_t at = path.find('{'); at != path.npos; at = path.find('{', at + 1))
          CHECK(declared.erase(path.substr(at + 1, path.find('}', at) - at - 1)) == 1);
        CHECK(declared.empty());
        CHECK(names.insert(operation["operationId"]).second);
        CHECK_FALSE(operation["summary"].get<std::string>().empty());
      }
    }
  }

  TEST_CASE("real answers are as described, member by member") {
    TestServer server;
    server.control.count("webhooks", "old", 5);
    server.control.saw("webhooks", "old", "org/app", "4711");
    server.control.events().emit("endpoint.up", {{"pool", "new"}});
    const std::pair<const char*, const char*> kReadings[] = {
        {"/live", "/live"},
        {"/ready", "/ready"},
        {"/metrics", "/metrics"},
        {"/v1/status", "/v1/status"},
        {"/v1/listeners", "/v1/listeners"},
        {"/v1/workers", "/v1/workers"},
        {"/v1/openapi.json", "/v1/openapi.json"},
        {"/v1/config", "/v1/config"},
        {"/v1/routes", "/v1/routes"},
        {"/v1/splits", "/v1/splits"},
        {"/v1/splits/{route}", "/v1/splits/webhooks"},
        {"/v1/splits/{route}", "/v1/splits/nope"},
        {"/v1/pools", "/v1/pools"},
        {"/v1/pools/{pool}", "/v1/pools/new"},
        {"/v1/pools/{pool}/endpoints", "/v1/pools/new/endpoints"},
        {"/v1/pools/{pool}/endpoints/{address}", "/v1/pools/new/endpoints/10.0.0.6:8080"},
        {"/v1/health", "/v1/health"},
        {"/v1/events", "/v1/events"},
        {"/v1/events", "/v1/events?since=x"},
        {"/v1/health", "/v1/health?pool=old"},
        {"/v1/health", "/v1/health?pool=odl"},
        {"/v1/pins", "/v1/pins"},
        {"/v1/cohorts", "/v1/cohorts"},
        {"/v1/cohorts", "/v1/cohorts?route=nope"},
        {"/v1/where", "/v1/where"},
        {"/v1/where", "/v1/where?key=org%2Fapp"},
        {"/v1/deliveries/{id}", "/v1/deliveries/4711"},
        {"/v1/deliveries/{id}", "/v1/deliveries/4712"},
    };
    for (const auto& [path, target] : kReadings) check_answer("get", path, server.get(target));

    struct Change {
      const char *method, *path, *target, *body;
    } const kChanges[] = {
        {"PUT", "/v1/splits/{route}", "/v1/splits/ui", R"({"weights":{"new":5}})"},
        {"PUT", "/v1/splits/{route}", "/v1/splits/ui", R"({"weights":{"nwe":5}})"},
        {"PUT", "/v1/splits/{route}", "/v1/splits/ui", "{"},
        {"PATCH", "/v1/splits", "/v1/splits", R"({"splits":{"ui":{"new":6}}})"},
        {"PUT", "/v1/pools/{pool}", "/v1/pools/new", R"({"state":"drain"})"},
        {"PUT", "/v1/pools/{pool}/endpoints/{address}", "/v1/pools/new/endpoints/10.0.0.6:8080",
         R"({"state":"auto"})"},
        {"PUT", "/v1/splits/{route}", "/v1/splits/webhooks",
         R"({"weights":{"new":90},"for":"15m","dry_run":true})"},
        {"PUT", "/v1/pins/{group}/{key}", "/v1/pins/webhooks/org%2Fapp",
         R"({"pool":"new","hard":true,"for":"2h","reason":"try it"})"},
        {"PUT", "/v1/pins/{group}/{key}", "/v1/pins/webhooks/org%2Fapp", R"({"pool":"nwe"})"},
        {"PUT", "/v1/pins/{group}/{key}", "/v1/pins/nope/org%2Fapp", R"({"pool":"new"})"},
        {"DELETE", "/v1/pins/{group}/{key}", "/v1/pins/webhooks/org%2Fapp", "{}"},
        {"DELETE", "/v1/pins/{group}/{key}", "/v1/pins/webhooks/org%2Fapp", "{}"},
        {"POST", "/v1/splits/{route}/abort", "/v1/splits/webhooks/abort", R"({"to":"old"})"},
        {"POST", "/v1/splits/{route}/abort", "/v1/splits/webhooks/abort", R"({"to":"odl"})"},
        {"POST", "/v1/groups/{group}/rebalance", "/v1/groups/webhooks/rebalance", "{}"},
        {"POST", "/v1/reload", "/v1/reload", R"({"weights_from_file":true})"},
        {"POST", "/v1/explain", "/v1/explain", R"({"url":"/job/a"})"},
        {"POST", "/v1/explain", "/v1/explain", "{}"},
    };
    for (const Change& c : kChanges)
      check_answer(lower(c.method), c.path, server.client().asks(c.method, c.target, c.body));
  }

  TEST_CASE("the server refuses as the document says: every method, body and query parameter") {
    TestServer server;
    const std::string large(Limits{}.body_bytes + 1, ' ');
    for (const auto& [path, item] : document()["paths"].items()) {
      CAPTURE(path);
      std::string target = path;
      for (const auto& [name, value] :
           std::map<std::string, std::string>{{"{route}", "ui"},
                                              {"{pool}", "new"},
                                              {"{address}", "10.0.0.6:8080"},
                                              {"{group}", "webhooks"},
                                              {"{key}", "org%2Fapp"},
                                              {"{id}", "4711"}})
        if (const std::size_t at = target.find(name); at != target.npos)
          target.replace(at, name.size(), value);
      std::string allowed;
      for (const char* method : {"GET", "PUT", "PATCH", "POST", "DELETE", "OPTIONS"}) {
        CAPTURE(method);
        if (item.contains(lower(method))) {
          allowed += (allowed.empty() ? "" : ", ") + std::string(method);
          if (method == std::string("GET")) allowed += ", HEAD";
          continue;
        }
        const RawResponse answer = server.client().asks(method, target);
        CHECK(answer.status == 405);
        for (const auto& [described, operation] : item.items())
          check_answer(described, path, answer);
      }
      CHECK(server.client().asks("TRACE", target).field("Allow").size() == allowed.size());
      for (const auto& [method, operation] : item.items()) {
        CAPTURE(method);
        std::string upper = method;
        for (char& c : upper) c = static_cast<char>(std::toupper(c));
        std::set<std::string> known;
        for (const Json& parameter : operation.value("parameters", Json::array()))
          if (resolved(parameter)["in"] == "query") known.insert(resolved(parameter)["name"]);
        for (const char* parameter : {"pool", "since", "last", "nonsense"})
          if (path.starts_with("/v1/")) {
            const RawResponse answer =
                server.client().asks(upper, target + "?" + parameter + "=1", "{}");
            CHECK((answer.json()["detail"].dump().find("unknown query parameter") ==
                   std::string::npos) == (known.count(parameter) == 1));
            check_answer(method, path, answer);
          }
        if (operation.contains("requestBody"))
          check_answer(method, path, server.client().asks(upper, target, large));
      }
    }
  }
}

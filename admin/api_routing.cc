// Where requests go: the routes in order of precedence, and the story of one request.
#include <utility>

#include "admin/readings.h"
#include "admin/recent.h"
#include "admin/resources.h"
#include "conf/text.h"
#include "lib/http/field.h"
#include "lib/http/target.h"
#include "routing/explain.h"
#include "routing/route_table.h"

namespace segue::admin {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Json pairs_json(const Pairs& pairs) {
  Json json = Json::object();
  for (const auto& [name, value] : pairs) json[name] = value;
  return json;
}

Json match_json(const conf::Match& match) {
  Json json = Json::object();
  if (!match.host.empty()) json["host"] = match.host;
  if (!match.path.empty()) json["path"] = match.path;
  if (!match.path_prefix.empty()) json["path_prefix"] = match.path_prefix;
  if (!match.path_regex.empty()) json["path_regex"] = match.path_regex;
  if (!match.methods.empty()) json["methods"] = match.methods;
  if (!match.headers.empty()) json["headers"] = pairs_json(match.headers);
  if (!match.query.empty()) json["query"] = pairs_json(match.query);
  return json;
}

Json route_json(const routing::Snapshot& snapshot, const routing::Route& route) {
  Json cohort = Json::array();
  for (const conf::CohortKey& key : route.settings.cohort)
    cohort.push_back(routing::to_string(key));
  return {{"route", route.settings.name},
          {"kind", route.settings.kind == conf::Route::Kind::kWebhook ? "webhook" : "web"},
          {"match", match_json(route.settings.match)},
          {"weights", weights_json(snapshot, route)},
          {"cohort", std::move(cohort)},
          {"fallback", route.settings.fallback}};
}

http::Method method_of(std::string_view method) {
  constexpr std::pair<std::string_view, http::Method> kKnown[] = {
      {"GET", http::Method::kGet},         {"HEAD", http::Method::kHead},
      {"POST", http::Method::kPost},       {"PUT", http::Method::kPut},
      {"DELETE", http::Method::kDelete},   {"OPTIONS", http::Method::kOptions},
      {"TRACE", http::Method::kTrace},     {"PATCH", http::Method::kPatch},
      {"CONNECT", http::Method::kConnect},
  };
  for (const auto& [name, id] : kKnown)
    if (name == method) return id;
  return http::Method::kOther;
}

// A string member of the body, or `otherwise`.
std::string text_of(const Json& body, const char* name, std::string otherwise, Problems& problems) {
  const auto value = body.find(name);
  if (value == body.end()) return otherwise;
  if (value->is_string()) return value->get<std::string>();
  problems.push_back(
      {"", 0, 0, name, std::string("is ") + kind_of(*value) + ", expected a string"});
  return otherwise;
}

// {"X-Repo": "a"} or {"Cookie": ["a=1", "b=2"]}.
Pairs headers_of(const Call& call, const Json& body, Problems& problems) {
  Pairs pairs;
  const Json headers = body.value("headers", Json::object());
  const auto wrong = [&](const std::string& path, const Json& value) {
    problems.push_back(
        {"", 0, 0, path,
         std::string("is ") + kind_of(value) +
             R"(, expected an object like {"Name": "value"} or {"Name": ["a", "b"]})"});
  };
  if (!headers.is_object()) wrong("headers", headers);
  if (!headers.is_object()) return pairs;
  for (const auto& [name, value] : headers.items()) {
    if (!http::is_token(name))
      problems.push_back(
          {"", 0, 0, "headers", conf::quoted(name) + " cannot be the name of a header"});
    for (const Json& one : value.is_array() ? value : Json::array({value})) {
      if (one.is_string())
        pairs.emplace_back(name, std::string(http::trim(one.get_ref<const std::string&>())));
      else
        wrong("headers." + name, one);
    }
  }
  if (pairs.size() > call.context.limits.fields)
    problems.push_back({"", 0, 0, "headers",
                        "has more than " + std::to_string(call.context.limits.fields) + " fields"});
  return pairs;
}

Json branches_json(const routing::Explanation& why) {
  Json branches = Json::array();
  for (const routing::Explanation::Branch& branch : why.branches)
    branches.push_back({{"pool", branch.pool},
                        {"weight", branch.weight},
                        {"effective_share", rounded(branch.share)},
                        {"score", branch.score},
                        {"eligible", branch.eligible},
                        {"admits", branch.admits},
                        {"in_rotation", branch.in_rotation},
                        {"endpoints", branch.endpoints}});
  return branches;
}

}  // namespace

void get_routes(Call& call) {
  Json routes = Json::array();
  for (const routing::RouteTable::Rule& rule : call.snapshot->table->in_precedence())
    routes.push_back(route_json(*call.snapshot, call.snapshot->route(rule.id)));
  call.send({{"generation", call.snapshot->generation}, {"routes", std::move(routes)}});
}

void post_explain(Call& call) {
  const std::optional<Json> body =
      body_object(call, {"method", "url", "headers", "client", "body"});
  if (!body) return;
  Problems problems;
  const std::string method = text_of(*body, "method", "GET", problems);
  const std::string url = text_of(*body, "url", "", problems);
  const std::string client = text_of(*body, "client", "127.0.0.1", problems);
  const Pairs headers = headers_of(call, *body, problems);
  std::optional<std::string> payload;
  if (body->contains("body")) payload = text_of(*body, "body", "", problems);
  if (!http::is_token(method))
    problems.push_back(
        {"", 0, 0, "method", "is " + conf::quoted(method) + ", expected a method like \"GET\""});
  const auto target = http::split_target(url, method_of(method));
  if (!target || target->form == http::Target::Form::kAuthority)
    problems.push_back({"", 0, 0, "url",
                        "is " + conf::quoted(url) +
                            R"(, expected one like "https://ci.example.com/job/a" or "/job/a")"});
  if (!problems.empty())
    return call.refuse(422, problems.front().path + " " + problems.front().text, problems);

  std::vector<http::Field> fields;
  for (const auto& [name, value] : headers)
    fields.push_back({name, value, http::field_id(name), false});
  http::Head head;
  head.method = method;
  head.method_id = method_of(method);
  head.target = url;
  head.path = target->path;
  head.query = target->query;
  head.authority = target->authority;
  head.fields = fields;
  if (payload && !payload->empty()) head.body = {http::BodyLength::Kind::kLength, payload->size()};
  if (const http::Field* host = head.find(http::FieldId::kHost);
      host != nullptr && head.authority.empty())
    head.authority = host->value;

  const routing::Explanation why =
      routing::explain(*call.snapshot, head, client, call.context.random.next(), payload);
  Json json = {{"generation", call.snapshot->generation}};
  json.update(explanation_json(why));
  call.send(json);
}

Json explanation_json(const routing::Explanation& why) {
  return {
      {"route", why.route.empty() ? Json() : Json(why.route)},
      {"match", why.match},
      {"ambiguous", why.ambiguous},
      {"cohort",
       {{"source", why.cohort_source}, {"key", why.cohort_key}, {"hash", hex(why.cohort_hash)}}},
      {"branches", branches_json(why)},
      {"fallback", why.fallback},
      {"pin", why.pin.empty() ? Json() : Json{{"pool", why.pin}, {"hard", why.pin_is_hard}}},
      {"pool", why.pool.empty() ? Json() : Json(why.pool)},
      {"why", routing::to_string(why.why)},
      {"reason", why.reason}};
}

}  // namespace segue::admin

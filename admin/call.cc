// What most resources need: answers with their generation, conditions, bodies, names.
#include "admin/call.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "admin/problem_json.h"
#include "conf/suggest.h"
#include "conf/text.h"
#include "lib/http/field.h"

namespace segue::admin {
namespace {

// "17", with or without quotes; none when it is no generation.
std::optional<routing::Generation> generation_of(std::string_view tag) {
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"')
    tag = tag.substr(1, tag.size() - 2);
  routing::Generation value = 0;
  const auto [end, error] = std::from_chars(tag.data(), tag.data() + tag.size(), value);
  if (error != std::errc{} || end != tag.data() + tag.size() || tag.empty()) return std::nullopt;
  return value;
}

bool is_json(std::string_view content_type) {
  const std::string_view type = http::trim(content_type.substr(0, content_type.find(';')));
  return http::same_name(type, "application/json") || type.ends_with("+json");
}

}  // namespace

const std::string* Call::parameter(std::string_view name) const {
  for (const auto& [known, value] : query)
    if (known == name) return &value;
  return nullptr;
}

void Call::send(const Json& body) const {
  send_text("application/json", to_text(body));
}

void Call::send_text(std::string_view content_type, std::string body, int status) const {
  Response response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  if (snapshot != nullptr) response.fields.emplace_back("ETag", etag(snapshot->generation));
  reply.send(std::move(response));
}

void Call::refuse(int status, std::string_view detail, const Problems& errors) const {
  Response response = problem_response(status, detail, errors);
  if (snapshot != nullptr) response.fields.emplace_back("ETag", etag(snapshot->generation));
  reply.send(std::move(response));
}

void Call::refuse(const Refusal& refusal) const {
  reply.send(problem_response(refusal));
}

Response json_response(const routing::Snapshot& snapshot, const Json& body) {
  Response response;
  response.body = to_text(body);
  response.fields.emplace_back("ETag", etag(snapshot.generation));
  return response;
}

std::string etag(routing::Generation generation) {
  return "\"" + std::to_string(generation) + "\"";
}

Result<std::optional<routing::Generation>, std::string> if_match(const Call& call) {
  const auto field = find_field(call.request.fields, "if-match");
  if (!field) return std::optional<routing::Generation>();
  const routing::Generation newest = call.snapshot->generation;
  if (http::trim(*field) == "*") return std::optional(newest);
  std::optional<routing::Generation> listed;
  std::string wrong;
  http::for_each_token(*field, [&](std::string_view tag) {
    // RFC 9110 §13.1.1: the comparison is strong, so a weak tag never matches.
    const bool weak = tag.starts_with("W/");
    const auto generation = generation_of(weak ? tag.substr(2) : tag);
    if (!generation) wrong = std::string(tag);
    if (generation && listed != newest) listed = weak ? routing::Generation{0} : *generation;
  });
  if (!wrong.empty() || !listed)
    return fail("If-Match " + conf::quoted(*field) + " names no generation, expected one like " +
                etag(newest) + " from an ETag");
  return listed;
}

std::optional<Json> body_object(const Call& call, const std::vector<std::string>& known) {
  const Request& request = call.request;
  if (request.body.empty()) return Json::object();
  if (const auto type = find_field(request.fields, "content-type"); type && !is_json(*type)) {
    call.refuse(415, "the body is " + conf::quoted(*type) +
                         ", expected application/json (curl: -H 'Content-Type: application/json')");
    return std::nullopt;
  }
  Result<Json, std::string> body = parse_json(request.body, call.context.limits.json);
  if (!body) {
    call.refuse(400, body.error());
    return std::nullopt;
  }
  if (!body->is_object()) {
    call.refuse(422, std::string("the body is ") + kind_of(*body) + ", expected an object");
    return std::nullopt;
  }
  Problems problems;
  const std::vector<std::string_view> words(known.begin(), known.end());
  for (const auto& [name, value] : body->items())
    if (std::find(known.begin(), known.end(), name) == known.end())
      problems.push_back(
          {"", 0, 0, name,
           "unknown member, expected " + conf::listed(words) + conf::did_you_mean(name, words)});
  if (problems.empty()) return std::move(*body);
  call.refuse(422, "the body has a member that means nothing here", problems);
  return std::nullopt;
}

Author author_of(const Call& call, const Json& body, Problems& problems) {
  Author author = call.request.author;
  const auto reason = body.find("reason");
  if (reason == body.end()) return author;
  if (!reason->is_string())
    problems.push_back(
        {"", 0, 0, "reason", std::string("is ") + kind_of(*reason) + ", expected a string"});
  else if (reason->get_ref<const std::string&>().size() > call.context.limits.reason_bytes)
    problems.push_back(
        {"", 0, 0, "reason",
         "is longer than " + std::to_string(call.context.limits.reason_bytes) + " bytes"});
  else
    author.reason = reason->get<std::string>();
  return author;
}

const routing::Route* require_route(const Call& call, const std::string& name) {
  for (const auto& route : call.snapshot->routes)
    if (route != nullptr && route->settings.name == name) return route.get();
  call.refuse(404, unknown_word("route", name, route_names(*call.snapshot)));
  return nullptr;
}

const routing::Pool* require_pool(const Call& call, const std::string& name) {
  for (const auto& pool : call.snapshot->pools)
    if (pool != nullptr && pool->name == name) return pool.get();
  call.refuse(404, unknown_word("pool", name, pool_names(*call.snapshot)));
  return nullptr;
}

const routing::Endpoint* require_endpoint(const Call& call, const routing::Pool& pool,
                                          const std::string& address) {
  std::vector<std::string> known;
  for (const routing::Endpoint& endpoint : pool.endpoints) {
    if (endpoint.address == address) return &endpoint;
    known.push_back(endpoint.address);
  }
  call.refuse(404, unknown_word("endpoint of pool " + pool.name + ":", address, known));
  return nullptr;
}

std::vector<std::string> route_names(const routing::Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& route : snapshot.routes)
    if (route != nullptr) names.push_back(route->settings.name);
  return names;
}

std::vector<std::string> pool_names(const routing::Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& pool : snapshot.pools)
    if (pool != nullptr) names.push_back(pool->name);
  return names;
}

}  // namespace segue::admin

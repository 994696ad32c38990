// Targets into segments, segments against patterns.
#include "admin/router.h"

#include <algorithm>

#include "admin/problem_json.h"
#include "admin/resources.h"
#include "conf/suggest.h"
#include "conf/text.h"

namespace segue::admin {
namespace {

constexpr Resource kResources[] = {
    {"GET", "/live", true, get_live},
    {"GET", "/ready", true, get_ready},
    {"GET", "/metrics", true, get_metrics},
    {"GET", "/v1/status", false, get_status},
    {"GET", "/v1/listeners", false, get_listeners},
    {"GET", "/v1/routes", false, get_routes},
    {"GET", "/v1/splits", false, get_splits},
    {"PATCH", "/v1/splits", false, patch_splits},
    {"GET", "/v1/splits/{route}", false, get_split},
    {"PUT", "/v1/splits/{route}", false, put_split},
    {"GET", "/v1/pools", false, get_pools},
    {"GET", "/v1/pools/{pool}", false, get_pool},
    {"PUT", "/v1/pools/{pool}", false, put_pool},
    {"GET", "/v1/pools/{pool}/endpoints", false, get_endpoints},
    {"GET", "/v1/pools/{pool}/endpoints/{address}", false, get_endpoint},
    {"PUT", "/v1/pools/{pool}/endpoints/{address}", false, put_endpoint},
    {"GET", "/v1/health", false, get_health},
    {"GET", "/v1/workers", false, get_workers},
    {"GET", "/v1/events", false, get_events},
    {"GET", "/v1/config", false, get_config},
    {"POST", "/v1/explain", false, post_explain},
    {"POST", "/v1/reload", false, post_reload},
    {"GET", "/v1/openapi.json", false, get_openapi},
};

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // the '/'
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == path.npos) break;
    path.remove_prefix(end);
  }
  return segments;
}

bool matches(std::string_view pattern, const std::vector<std::string_view>& path,
             std::vector<std::string_view>& captured) {
  const std::vector<std::string_view> parts = segments_of(pattern);
  captured.clear();
  if (parts.size() != path.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].starts_with('{') && !path[i].empty())
      captured.push_back(path[i]);
    else if (parts[i] != path[i])
      return false;
  }
  return true;
}

std::string no_such_path(std::string_view path) {
  std::vector<std::string_view> known;
  for (const Resource& resource : kResources)
    if (resource.pattern.find('{') == resource.pattern.npos) known.push_back(resource.pattern);
  const std::string suggestion = conf::did_you_mean(path, known);
  return "there is no resource " + conf::quoted(path) +
         (suggestion.empty() ? "; /v1/openapi.json describes all there are" : suggestion);
}

Routed refused(int status, const std::string& detail) {
  Routed routed;
  routed.refusal = problem_response(status, detail);
  return routed;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::span<const Resource> resources() noexcept {
  return kResources;
}

bool percent_decode(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (kPlain.find(c) != kPlain.npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    std::string value;
    percent_decode(equals == pair.npos ? std::string_view() : pair.substr(equals + 1), value);
    return value;
  }
  return std::nullopt;
}

Routed route(const Request& request) {
  std::string_view target = request.target;
  // RFC 9112 §3.2.2: a server accepts the absolute form. The name in it means nothing here.
  if (const std::size_t scheme = target.find("://");
      scheme != target.npos && target.front() != '/') {
    const std::size_t slash = target.find('/', scheme + 3);
    target = slash == target.npos ? "/" : target.substr(slash);
  }
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (!path.starts_with('/'))
    return refused(400, "the request target " + conf::quoted(target) +
                            " is no path, expected one like /v1/status");

  const std::vector<std::string_view> segments = segments_of(path);
  const std::string_view method =
      request.method == "HEAD" ? "GET" : std::string_view(request.method);
  std::string allow;
  std::vector<std::string_view> captured;
  for (const Resource& resource : kResources) {
    if (request.door == Door::kTcp && !resource.on_tcp) continue;
    if (!matches(resource.pattern, segments, captured)) continue;
    if (resource.method != method) {
      if (!allow.empty()) allow += ", ";
      allow += resource.method == "GET" ? "GET, HEAD" : resource.method;
      continue;
    }
    Routed routed;
    routed.resource = &resource;
    if (question != target.npos) routed.query = target.substr(question + 1);
    for (const std::string_view segment : captured) {
      routed.arguments.emplace_back();
      if (!percent_decode(segment, routed.arguments.back()))
        return refused(400, "the path has a '%' that two hexadecimal digits do not follow");
    }
    return routed;
  }
  if (!allow.empty()) {  // RFC 9110 §15.5.6
    Routed routed = refused(
        405, request.method + " is not possible on " + std::string(path) + "; allowed: " + allow);
    routed.refusal.fields.emplace_back("Allow", allow);
    return routed;
  }
  if (request.door == Door::kTcp)
    return refused(
        404,
        "this address only answers /metrics, /live and /ready; the rest is on the admin socket");
  return refused(404, no_such_path(path));
}

}  // namespace segue::admin

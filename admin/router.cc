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
    {"GET", "/live", true, get_live, "getLive", "process",
     "Is the process alive? Also on the TCP address."},
    {"GET", "/ready", true, get_ready, "getReady", "process",
     "Are all listeners bound, is a configuration served, and is the process not draining? Also on "
     "the TCP address."},
    {"GET", "/metrics", true, get_metrics, "getMetrics", "process",
     "Everything counted, as Prometheus text. Also on the TCP address."},
    {"GET", "/v1/status", false, get_status, "getStatus", "process",
     "The process at a glance, and what an operator should know.", "Status"},
    {"GET", "/v1/listeners", false, get_listeners, "getListeners", "process",
     "Listening addresses and their connections. The TCP address for metrics is called admin; its "
     "connections are not counted.",
     "listeners:Listener"},
    {"GET", "/v1/routes", false, get_routes, "getRoutes", "routing",
     "The routes in order of precedence: the first that matches takes a request.", "routes:Route"},
    {"GET", "/v1/splits", false, get_splits, "getSplits", "splits",
     "Every split: weights as set, shares as possible now, shares as seen.", "splits:Split"},
    {"PATCH", "/v1/splits", false, patch_splits, "changeSplits", "splits",
     "Changes the weights of several splits at once: all or none. Pools that are not named keep "
     "theirs.",
     "Changed", "SetSplits"},
    {"GET", "/v1/splits/{route}", false, get_split, "getSplit", "splits", "The split of one route.",
     "Split"},
    {"PUT", "/v1/splits/{route}", false, put_split, "changeSplit", "splits",
     "Changes the weights of one split. Pools that are not named keep theirs.", "Changed",
     "SetWeights"},
    {"POST", "/v1/splits/{route}/abort", false, post_abort, "abort", "splits",
     "Everybody to one pool at once: all weight there, pins elsewhere taken back, sessions drawn "
     "anew.",
     "Changed", "Abort"},
    {"POST", "/v1/groups/{group}/rebalance", false, post_rebalance, "rebalance", "splits",
     "Every session of a cohort group (or of a route's) is drawn anew.", "Changed", "Plain"},
    {"GET", "/v1/pins", false, get_pins, "getPins", "splits",
     "The cohorts that go to one pool whatever the weights say.", "pins:Pin", "", "group"},
    {"PUT", "/v1/pins/{group}/{key}", false, put_pin, "setPin", "splits",
     "Pins a cohort of a group (or of a route's group) to a pool.", "Changed", "SetPin"},
    {"DELETE", "/v1/pins/{group}/{key}", false, delete_pin, "deletePin", "splits",
     "Takes a pin back.", "Changed", "Plain"},
    {"GET", "/v1/cohorts", false, get_cohorts, "getCohorts", "routing",
     "The cohorts seen lately, newest first: where they were, and where they would go now.",
     "Cohorts", "", "route"},
    {"GET", "/v1/where", false, get_where, "getWhere", "routing",
     "Where a cohort goes on every route that has cohorts, and why.", "Places", "", "key"},
    {"GET", "/v1/deliveries/{id}", false, get_delivery, "getDelivery", "routing",
     "Where a recent webhook delivery went and why, by its delivery id or request id; and where it "
     "would go now.",
     "deliveries:Delivery"},
    {"GET", "/v1/pools", false, get_pools, "getPools", "pools", "Every pool with its endpoints.",
     "pools:Pool"},
    {"GET", "/v1/pools/{pool}", false, get_pool, "getPool", "pools", "One pool with its endpoints.",
     "Pool"},
    {"PUT", "/v1/pools/{pool}", false, put_pool, "changePool", "pools",
     "The operator's word about every endpoint of the pool.", "Changed", "SetState"},
    {"GET", "/v1/pools/{pool}/endpoints", false, get_endpoints, "getEndpoints", "pools",
     "The endpoints of one pool.", "endpoints:Endpoint"},
    {"GET", "/v1/pools/{pool}/endpoints/{address}", false, get_endpoint, "getEndpoint", "pools",
     "One endpoint, with what health knows about it.", "EndpointHealth"},
    {"PUT", "/v1/pools/{pool}/endpoints/{address}", false, put_endpoint, "changeEndpoint", "pools",
     "The operator's word about one endpoint. It wins over health.", "Changed", "SetState"},
    {"GET", "/v1/pools/{pool}/drained", false, get_drained, "getDrained", "pools",
     "Whether anything still runs on the pool or comes to it.", "Drained"},
    {"POST", "/v1/pools/{pool}/failback", false, post_failback, "failback", "pools",
     "Gives a pool back its cohorts after a failure, without waiting any longer.", "Changed",
     "Failback"},
    {"POST", "/v1/pools/{pool}/close-tunnels", false, post_close_tunnels, "closeTunnels", "pools",
     "Ends the pool's upgraded connections, each at a random moment within a time, so that their "
     "clients do not all come back at once.",
     "ClosedTunnels", "CloseTunnels"},
    {"GET", "/v1/health", false, get_health, "getHealth", "pools",
     "What health knows about every endpoint.", "endpoints:Health", "", "pool"},
    {"GET", "/v1/workers", false, get_workers, "getWorkers", "process",
     "The worker threads: load, counts and answers of segue's own.", "workers:Worker"},
    {"GET", "/v1/events", false, get_events, "getEvents", "events",
     "The events that are kept (1000), or with Accept: text/event-stream or application/x-ndjson a "
     "stream that goes on. A stream begins with what happens next, with since=ID after that event, "
     "with last=N with the newest N. A client that does not read is cut off after 1 MiB.",
     "Events", "", "since last"},
    {"GET", "/v1/config", false, get_config, "getConfig", "process",
     "The configuration as read, in canonical TOML with every default. Weights set at run time are "
     "in /v1/splits.",
     "application/toml"},
    {"POST", "/v1/explain", false, post_explain, "explain", "routing",
     "Which route, cohort and pool a request would get now, and why. Sends nothing.", "Explanation",
     "Explain"},
    {"POST", "/v1/reload", false, post_reload, "reload", "process",
     "Reads the configuration file again. All or nothing: a file with a mistake changes nothing.",
     "Changed", "Reload"},
    {"GET", "/v1/state", false, get_state, "getState", "state",
     "Is what operators change kept? Where, how much of it, and the backups.", "State"},
    {"GET", "/v1/history", false, get_history, "getHistory", "state",
     "What operators changed: who, when, what and why. Newest first; next_before begins the next "
     "page.",
     "History", "", "limit before"},
    {"GET", "/v1/history/{revision}", false, get_revision, "getRevision", "state",
     "One revision, with all that was set before and after it.", "Revision"},
    {"GET", "/v1/diff", false, get_diff, "getDiff", "state",
     "What is different between the configuration file and what is served.", "Diff"},
    {"POST", "/v1/undo", false, post_undo, "undo", "state",
     "Makes everything what it was before a revision, as a new revision: that one and all after it "
     "are undone. Without a revision, the newest.",
     "Changed", "Undo"},
    {"POST", "/v1/backup", false, post_backup, "backup", "state",
     "All that is kept as a file that `segue restore` takes. It holds the key of sessions: keep it "
     "as a secret.",
     "application/vnd.sqlite3"},
    {"GET", "/v1/openapi.json", false, get_openapi, "getOpenapi", "process", "This document.",
     "application/json"},
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

std::string unknown_parameter(const Resource& resource, const std::string& name) {
  const std::vector<std::string_view> known = words_of(resource.query);
  const std::string text = "unknown query parameter " + conf::quoted(name);
  if (known.empty()) return text + ", " + std::string(resource.pattern) + " has none";
  return text + ", expected " + conf::listed(known) + conf::did_you_mean(name, known);
}

// The parameters in `query` into `found`; "" or why they are refused. A filter that is misspelt
// must not be taken for none.
std::string take_query(const Resource& resource, std::string_view query, Fields& found) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const std::string_view raw_name = pair.substr(0, pair.find('='));
    const std::string_view raw_value = pair.substr(std::min(raw_name.size() + 1, pair.size()));
    std::string name, value;
    if (!percent_decode(raw_name, name) || !percent_decode(raw_value, value))
      return "the query has a '%' that two hexadecimal digits do not follow";
    const std::vector<std::string_view> known = words_of(resource.query);
    if (std::find(known.begin(), known.end(), name) == known.end())
      return unknown_parameter(resource, name);
    for (const auto& [earlier, ignored] : found)
      if (earlier == name) return "the query parameter " + conf::quoted(name) + " is given twice";
    found.emplace_back(std::move(name), std::move(value));
  }
  return "";
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

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
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
    // Probes and Prometheus may ask with whatever their configuration adds.
    if (question != target.npos && resource.pattern.starts_with("/v1/"))
      if (const std::string wrong = take_query(resource, target.substr(question + 1), routed.query);
          !wrong.empty())
        return refused(400, wrong);
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

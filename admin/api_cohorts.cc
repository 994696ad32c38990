// Who was seen lately, and where a cohort or a delivery went and would go.
#include <algorithm>
#include <charconv>
#include <utility>

#include "admin/problem_json.h"
#include "admin/readings.h"
#include "admin/recent.h"
#include "admin/resources.h"
#include "conf/text.h"
#include "routing/explain.h"
#include "routing/operations.h"

namespace segue::admin {
namespace {

constexpr std::size_t kCohortsShown = 1000;

/// Whether the route's cohorts are keys that a person can name.
bool has_keys(const routing::Route& route) {
  using Kind = conf::CohortKey::Kind;
  return std::ranges::any_of(route.settings.cohort, [](const conf::CohortKey& key) {
    return key.kind != Kind::kRequest && key.kind != Kind::kSession;
  });
}

/// Whether a repository's cohort is its id, which nobody can tell from its name.
bool by_id(const routing::Route& route) {
  return std::ranges::any_of(route.settings.cohort, [](const conf::CohortKey& key) {
    return key.kind == conf::CohortKey::Kind::kRepository && key.argument.empty();
  });
}

bool is_called(const telemetry::RecentCohort& cohort, const std::string& key) {
  return routing::folded(cohort.key.view()) == key || routing::folded(cohort.name.view()) == key;
}

Json placed_json(const routing::Snapshot& snapshot, const routing::Route& route,
                 const routing::Selection& selection, std::string source, std::string key) {
  const routing::Explanation why =
      routing::explain_place(snapshot, route, selection, std::move(source), std::move(key));
  return explanation_json(why);
}

/// Where a cohort called `key` goes on `route`: as it was seen, else as if `key` were its key.
Json where_json(const routing::Snapshot& snapshot, const routing::Route& route,
                const std::string& key, const std::vector<telemetry::RecentCohort>& seen) {
  const auto known = std::ranges::find_if(seen, [&](const telemetry::RecentCohort& cohort) {
    return cohort.route == route.id && is_called(cohort, key);
  });
  routing::Selection selection;
  std::string source = "as if it were the key";
  std::string shown = key;
  if (known != seen.end()) {
    selection = selection_of(*known);
    source = "seen";
    shown = known->key.view();
  } else {
    selection.cohort = {routing::CohortKeys::Found::kKey, routing::cohort_hash(key), key, 0};
  }
  Json json = placed_json(snapshot, route, selection, std::move(source), shown);
  if (known == seen.end() && by_id(route) && key.find(':') == std::string::npos &&
      json["pin"].is_null()) {
    json["pool"] = nullptr;
    json["branches"] = Json::array();
    json["reason"] =
        "not seen since the start: this route knows repositories by their ids, so a name tells "
        "nothing before a delivery has brought both";
  }
  json["group"] = route.group;
  json["seen"] = known == seen.end() ? Json() : cohort_json(snapshot, *known);
  return json;
}

Json delivery_json(const routing::Snapshot& snapshot, const telemetry::RecentDelivery& delivery) {
  const routing::Route* route = route_of(snapshot, delivery.route);
  const routing::Pool* pool = snapshot.find_pool(delivery.pool);
  Json json = {{"delivery", delivery.id.view()},
               {"event", delivery.event.view()},
               {"request_id", delivery.request_id.view()},
               {"ended", timestamp(delivery.wall_ms)},
               {"route", route == nullptr ? Json() : Json(route->settings.name)},
               {"key", delivery.key.view()},
               {"name", delivery.name.view()},
               {"hash", hex(delivery.hash)},
               {"why", delivery.why},
               {"pool", pool == nullptr ? Json() : Json(pool->name)},
               {"endpoint", delivery.endpoint.view()},
               {"attempts", delivery.attempts},
               {"status", delivery.status},
               {"by_generation", delivery.generation}};
  if (delivery.fault != Fault::kNone) json["fault"] = to_string(delivery.fault);
  if (route == nullptr) return json;
  routing::Selection selection;
  selection.cohort = {delivery.key.view().empty() ? routing::CohortKeys::Found::kUnknown
                                                  : routing::CohortKeys::Found::kKey,
                      delivery.hash, delivery.key.view(), 0};
  if (!delivery.name.view().empty()) selection.alias = routing::cohort_hash(delivery.name.view());
  json["now"] =
      placed_json(snapshot, *route, selection, "as delivered", std::string(delivery.key.view()));
  return json;
}

}  // namespace

void get_cohorts(Call& call) {
  std::string route;
  if (const std::string* wanted = call.parameter("route")) {
    if (require_route(call, *wanted) == nullptr) return;
    route = *wanted;
  }
  call.control().recent([reply = call.reply, snapshot = call.snapshot,
                         route](telemetry::RecentTraffic traffic) {
    Json cohorts = Json::array();
    std::size_t all = 0;
    for (const telemetry::RecentCohort& cohort : merged(std::move(traffic.cohorts))) {
      const routing::Route* at = route_of(*snapshot, cohort.route);
      if (at == nullptr || (!route.empty() && at->settings.name != route)) continue;
      if (++all <= kCohortsShown) cohorts.push_back(cohort_json(*snapshot, cohort));
    }
    reply.send(json_response(
        *snapshot, {{"generation", snapshot->generation}, {"seen", all}, {"cohorts", cohorts}}));
  });
}

void get_where(Call& call) {
  const std::string* key = call.parameter("key");
  if (key == nullptr || key->empty())
    return call.refuse(400, "which cohort? expected ?key=org/app");
  call.control().recent([reply = call.reply, snapshot = call.snapshot,
                         key = routing::folded(*key)](telemetry::RecentTraffic traffic) {
    const auto seen = merged(std::move(traffic.cohorts));
    Json routes = Json::array();
    for (const auto& route : snapshot->routes) {
      if (route == nullptr || !has_keys(*route)) continue;
      // One name may be that of several repositories: the same on another forge, or its mirror.
      bool found = false;
      for (const telemetry::RecentCohort& cohort : seen) {
        if (cohort.route != route->id || !is_called(cohort, key)) continue;
        routes.push_back(where_json(*snapshot, *route, key, {cohort}));
        found = true;
      }
      if (!found) routes.push_back(where_json(*snapshot, *route, key, {}));
    }
    reply.send(json_response(
        *snapshot,
        {{"generation", snapshot->generation}, {"key", key}, {"routes", std::move(routes)}}));
  });
}

void get_delivery(Call& call) {
  call.control().recent([reply = call.reply, snapshot = call.snapshot,
                         id = call.argument(0)](telemetry::RecentTraffic traffic) {
    Json found = Json::array();
    std::ranges::sort(traffic.deliveries, std::ranges::greater{},
                      &telemetry::RecentDelivery::wall_ms);
    for (const telemetry::RecentDelivery& delivery : traffic.deliveries)
      if (delivery.id.view() == id || delivery.request_id.view() == id)
        found.push_back(delivery_json(*snapshot, delivery));
    if (found.empty())
      return reply.send(
          problem_response(404, "no delivery or request " + conf::quoted(id) + " among the last " +
                                    std::to_string(traffic.deliveries.size()) +
                                    " webhook deliveries; older ones are in the access log"));
    reply.send(json_response(
        *snapshot, {{"generation", snapshot->generation}, {"deliveries", std::move(found)}}));
  });
}

}  // namespace segue::admin

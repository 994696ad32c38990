// Workers see parts of a cohort's requests; here they are one cohort again.
#include "admin/recent.h"

#include <algorithm>
#include <map>

namespace segue::admin {
namespace {

constexpr std::size_t kExamples = 20;

std::string pool_name(const routing::Snapshot& snapshot, PoolId id) {
  const routing::Pool* pool = snapshot.find_pool(id);
  return pool == nullptr ? "" : pool->name;
}

/// The name of the pool that the cohort's next request would get; "" for none.
std::string next_pool(const routing::Snapshot& snapshot, const telemetry::RecentCohort& cohort) {
  const routing::Route* route = route_of(snapshot, cohort.route);
  if (route == nullptr) return "";
  const routing::Placement placement = routing::place(snapshot, *route, selection_of(cohort));
  if (placement.destination == routing::Placement::kNone) return "";
  return pool_name(snapshot, route->destinations[placement.destination].pool);
}

}  // namespace

std::vector<telemetry::RecentCohort> merged(std::vector<telemetry::RecentCohort> cohorts) {
  using telemetry::RecentCohort;
  std::ranges::sort(cohorts, [](const RecentCohort& a, const RecentCohort& b) {
    return std::tie(a.route, a.hash, b.last_ms) < std::tie(b.route, b.hash, a.last_ms);
  });
  std::vector<RecentCohort> out;
  for (RecentCohort& cohort : cohorts) {
    if (out.empty() || out.back().route != cohort.route || out.back().hash != cohort.hash) {
      out.push_back(cohort);
      continue;
    }
    RecentCohort& whole = out.back();  // the worker that saw it last comes first
    whole.requests += cohort.requests;
    whole.first_ms = std::min(whole.first_ms, cohort.first_ms);
    whole.moved_ms = std::max(whole.moved_ms, cohort.moved_ms);
    if (whole.before == whole.pool && cohort.pool != whole.pool) whole.before = cohort.pool;
    if (whole.alias == 0) {
      whole.alias = cohort.alias;
      whole.name = cohort.name;
    }
  }
  std::ranges::sort(out, std::ranges::greater{}, &RecentCohort::last_ms);
  return out;
}

const routing::Route* route_of(const routing::Snapshot& snapshot, RouteId id) noexcept {
  return id.index() < snapshot.routes.size() ? snapshot.routes[id.index()].get() : nullptr;
}

routing::Selection selection_of(const telemetry::RecentCohort& cohort) noexcept {
  routing::Selection selection;
  selection.cohort = {routing::CohortKeys::Found::kKey, cohort.hash, cohort.key.view(), 0};
  selection.alias = cohort.alias;
  return selection;
}

Json moves_json(const routing::Snapshot& before, const routing::Snapshot& after,
                telemetry::RecentTraffic traffic) {
  std::uint64_t of = 0, moved = 0, of_requests = 0, moved_requests = 0;
  Json examples = Json::array();
  std::map<std::pair<std::string, std::string>, std::uint64_t> ways;
  for (const telemetry::RecentCohort& cohort : merged(std::move(traffic.cohorts))) {
    const routing::Route* route = route_of(before, cohort.route);
    if (route == nullptr || cohort.session) continue;  // sessions stay
    ++of;
    of_requests += cohort.requests;
    const std::string from = next_pool(before, cohort), to = next_pool(after, cohort);
    if (from == to) continue;
    ++moved;
    moved_requests += cohort.requests;
    ++ways[{from, to}];
    if (examples.size() < kExamples)
      examples.push_back({{"route", route->settings.name},
                          {"key", cohort.key.view()},
                          {"name", cohort.name.view()},
                          {"from", from},
                          {"to", to}});
  }
  const auto part = [](std::uint64_t some, std::uint64_t all) {
    return all == 0 ? Json() : Json(rounded(static_cast<double>(some) / static_cast<double>(all)));
  };
  Json directions = Json::array();
  for (const auto& [way, count] : ways)
    directions.push_back({{"from", way.first}, {"to", way.second}, {"cohorts", count}});
  return {{"cohorts", moved},
          {"of_cohorts", of},
          {"share", part(moved, of)},
          {"share_of_requests", part(moved_requests, of_requests)},
          {"directions", std::move(directions)},
          {"examples", std::move(examples)}};
}

Json cohort_json(const routing::Snapshot& snapshot, const telemetry::RecentCohort& cohort) {
  const routing::Route* route = route_of(snapshot, cohort.route);
  Json json = {{"route", route == nullptr ? Json() : Json(route->settings.name)},
               {"group", route == nullptr ? Json() : Json(route->group)},
               {"key", cohort.key.view()},
               {"name", cohort.name.view()},
               {"hash", hex(cohort.hash)},
               {"pool", pool_name(snapshot, cohort.pool)},
               {"next_pool", next_pool(snapshot, cohort)},
               {"requests", cohort.requests},
               {"first_seen", timestamp(cohort.first_ms)},
               {"last_seen", timestamp(cohort.last_ms)}};
  json["moved"] = timestamp(cohort.moved_ms);
  if (cohort.moved_ms != 0) json["moved_from"] = pool_name(snapshot, cohort.before);
  return json;
}

std::string hex(std::uint64_t value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = kHex[value & 15];
  return text;
}

}  // namespace segue::admin

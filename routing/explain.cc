// The decisions of the data path, taken once more and written down.
#include "routing/explain.h"

#include <cmath>

#include "routing/match.h"
#include "routing/place.h"
#include "routing/route_table.h"

namespace segue::routing {
namespace {

/// "12.5 %", without a fraction where there is none.
std::string percent(double share) {
  const auto tenths = static_cast<long>(std::lround(share * 1000));
  std::string out = std::to_string(tenths / 10);
  if (tenths % 10 != 0) out += "." + std::to_string(tenths % 10);
  return out + " %";
}

std::string why_nobody(const Snapshot& snapshot, const Route& route) {
  for (const Destination& destination : route.destinations) {
    if (!snapshot.pool(destination.pool).known) {
      return "no pool is eligible, and the first checks have not passed yet: 503 with Retry-After";
    }
  }
  return "no pool of the split and no fallback is eligible: 503 with Retry-After";
}

std::string reason_of(const Snapshot& snapshot, const Route& route,
                      const CohortKeys::Cohort& cohort, const Placement& placement,
                      const Explanation& so_far) {
  const std::string who =
      cohort.found == CohortKeys::Found::kKey
          ? "cohort '" + so_far.cohort_key + "' (" + so_far.cohort_source + ")"
      : cohort.found == CohortKeys::Found::kRandom
          ? "a request without a cohort, drawn at random,"
          : "a request without a cohort key, while the unknown pool is not eligible,";
  switch (placement.why) {
    case Placement::Why::kChosen: return "a tester chose " + so_far.pool;
    case Placement::Why::kPinned: return who + " is pinned to " + so_far.pool;
    case Placement::Why::kSession: return "its session is at " + so_far.pool;
    case Placement::Why::kUnknown:
      return "the request has none of the route's cohort keys: the unknown pool " + so_far.pool +
             " takes it";
    case Placement::Why::kSplit: {
      const Explanation::Branch& branch = so_far.branches[placement.destination];
      return branch.share >= 1
                 ? branch.pool + " is the only eligible pool of the split with a weight"
                 : who + " scores highest in " + branch.pool + ", which has " +
                       percent(branch.share);
    }
    case Placement::Why::kFallback:
      return "no pool of the split with a weight is eligible: fallback to " + so_far.pool;
    case Placement::Why::kNobody: break;
  }
  return why_nobody(snapshot, route);
}

}  // namespace

Explanation explain(const Snapshot& snapshot, const http::Head& head, std::string_view client,
                    std::uint64_t random) {
  Explanation out;
  const RouteTable::Match match = snapshot.table->find(head);
  out.ambiguous = match.ambiguous;
  if (match.route.valid()) {
    out.route = snapshot.route(match.route).settings.name;
    out.match = describe(snapshot.route(match.route).settings.match);
  }
  if (match.ambiguous) {
    out.reason =
        "the path as received and its normalised form lead to different routes: refused with 400";
    return out;
  }
  if (!match.route.valid()) {
    out.reason = "no route matches: 404";
    return out;
  }
  const Route& route = snapshot.route(match.route);
  const CohortKeys::Cohort cohort = route.cohort.find(head, client, random);
  out.cohort_source = cohort.found == CohortKeys::Found::kUnknown
                          ? "unknown"
                          : to_string(route.cohort.keys()[cohort.index]);
  out.cohort_key = cohort.key;
  out.cohort_hash = cohort.hash;
  const std::uint32_t eligible = eligible_branches(snapshot, route);
  for (std::size_t i = 0; i < route.split.branches().size(); ++i) {
    out.branches.push_back({snapshot.pool(route.destinations[i].pool).name,
                            route.split.branches()[i].weight, route.split.share(i, eligible),
                            route.split.score(i, cohort.hash), (eligible >> i & 1) != 0});
  }
  out.fallback = route.settings.fallback;
  const Selection selection{cohort};
  const Placement placement = place(snapshot, route, selection);
  if (placement.destination != Placement::kNone) {
    out.pool = snapshot.pool(route.destinations[placement.destination].pool).name;
  }
  out.reason = reason_of(snapshot, route, cohort, placement, out);
  return out;
}

}  // namespace segue::routing

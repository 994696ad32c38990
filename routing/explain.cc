// The decisions of the data path, taken once more and written down.
#include "routing/explain.h"

#include <algorithm>
#include <cmath>

#include "routing/match.h"
#include "routing/place.h"
#include "routing/route_table.h"
#include "routing/session.h"
#include "routing/tester.h"

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

bool coming_back(const Explanation& so_far) {
  return std::ranges::any_of(so_far.branches, [](const Explanation::Branch& branch) {
    return branch.weight > 0 && branch.eligible && !branch.admits;
  });
}

std::string reason_of(const Snapshot& snapshot, const Route& route,
                      const CohortKeys::Cohort& cohort, const Placement& placement,
                      const Explanation& so_far) {
  const std::string who =
      so_far.cohort_source == "session"
          ? (cohort.found == CohortKeys::Found::kKey ? "the session"
                                                     : "a new session, drawn at random,")
      : cohort.found == CohortKeys::Found::kKey
          ? "cohort '" + so_far.cohort_key + "' (" + so_far.cohort_source + ")"
      : cohort.found == CohortKeys::Found::kRandom
          ? "a request without a cohort, drawn at random,"
          : "a request without a cohort key, while the unknown pool is not eligible,";
  const bool pin_fails =
      !so_far.pin.empty() && so_far.pin != so_far.pool && placement.why != Placement::Why::kPinned;
  if (pin_fails && placement.why != Placement::Why::kNobody)
    return who + " is pinned to " + so_far.pin + ", which is not eligible: it goes to " +
           so_far.pool + " meanwhile";
  switch (placement.why) {
    case Placement::Why::kChosen: return "a tester chose " + so_far.pool;
    case Placement::Why::kPinned:
      return who + " is pinned to " + so_far.pin + (so_far.pin_is_hard ? " (hard)" : "") +
             (so_far.pool.empty() ? ", where no endpoint is in rotation: 503 with Retry-After"
                                  : "");
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
      return coming_back(so_far)
                 ? "the pools that the weights give it are coming back and do not have this cohort "
                   "yet: fallback to " +
                       so_far.pool
                 : "no pool of the split with a weight is eligible: fallback to " + so_far.pool;
    case Placement::Why::kLookup:  // decided by answers, of which there are none here
    case Placement::Why::kNobody: break;
  }
  return why_nobody(snapshot, route);
}

/// What there is of a request.
struct Asked {
  const http::Head& head;
  std::string_view client;
  std::uint64_t random;
  std::string_view body;
};

/// The cohort as a worker finds it, with what `scan` reads in the body where that is needed.
CohortKeys::Cohort cohort_of(const Route& route, const Asked& asked, CohortHash session,
                             BodyScan& scan) {
  const auto find = [&](const BodyKey* body) {
    return route.cohort.find(asked.head, asked.client, asked.random, session, body);
  };
  const CohortKeys::Cohort first = find(nullptr);
  if (first.found != CohortKeys::Found::kNeedsBody) return first;
  scan.begin(route.cohort.bodies(), first.index, body_form(asked.head),
             delivery_of(asked.head).forge);
  scan.feed(asked.body);
  scan.end();
  const BodyKey key = scan.key();
  return find(&key);
}

/// Views hold as long as `asked` and `scan` do.
Selection select(const Snapshot& snapshot, const Route& route, const Asked& asked, BodyScan& scan) {
  Selection out;
  std::optional<Session> session;
  const std::size_t at = route.cohort.session_at();
  if (at != CohortKeys::kNowhere)
    session = find_session(asked.head.fields, snapshot.config->sessions.cookie, route.group_tag,
                           snapshot.session_key);
  out.cohort = cohort_of(route, asked, session ? session->id : 0, scan);
  if (!out.cohort.name.empty()) out.alias = cohort_hash(out.cohort.name);
  if (session && session->epoch == route.epoch && out.cohort.index >= at)
    out.session_pool = session->pool;
  out.chosen = tester_word(snapshot, route, asked.head).destination;
  return out;
}

}  // namespace

Explanation explain(const Snapshot& snapshot, const http::Head& head, std::string_view client,
                    std::uint64_t random, std::optional<std::string_view> body) {
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
  BodyScan scan;
  const Selection selection =
      select(snapshot, route, {head, client, random, body.value_or(std::string_view())}, scan);
  const CohortKeys::Cohort& cohort = selection.cohort;
  Explanation placed = explain_place(snapshot, route, selection,
                                     cohort.found == CohortKeys::Found::kUnknown
                                         ? "unknown"
                                         : to_string(route.cohort.keys()[cohort.index]),
                                     std::string(cohort.key));
  placed.match = std::move(out.match);
  placed.cohort_name = cohort.name;
  const bool blind = !body && !route.cohort.bodies().empty();
  if (blind && cohort.found == CohortKeys::Found::kUnknown)
    placed.reason += "; a body might have one";
  return placed;
}

Explanation explain_place(const Snapshot& snapshot, const Route& route, const Selection& selection,
                          std::string source, std::string key) {
  Explanation out;
  const CohortHash cohort = selection.cohort.hash;
  out.route = route.settings.name;
  out.cohort_source = std::move(source);
  out.cohort_key = std::move(key);
  out.cohort_hash = cohort;
  // What is coming back is no choice for cohorts that it does not admit yet, unless nobody is left.
  const std::uint32_t admitting = admitting_branches(snapshot, route, cohort);
  const std::uint32_t eligible = eligible_branches(snapshot, route);
  for (std::size_t i = 0; i < route.split.branches().size(); ++i) {
    const Pool& pool = snapshot.pool(route.destinations[i].pool);
    Explanation::Branch branch;
    branch.pool = pool.name;
    branch.weight = route.split.branches()[i].weight;
    branch.share = route.split.share(i, admitting != 0 ? admitting : eligible);
    branch.score = route.split.score(i, cohort);
    branch.eligible = (eligible >> i & 1) != 0;
    branch.admits = admits(pool, cohort);
    branch.in_rotation = pool.in_rotation.size();
    branch.endpoints = pool.endpoints.size();
    out.branches.push_back(std::move(branch));
  }
  if (const PinTable::Pin* pin = pin_of(route, selection)) {
    out.pin = snapshot.pool(pin->pool).name;
    out.pin_is_hard = pin->hard;
  }
  out.fallback = route.settings.fallback;
  const Placement placement = place(snapshot, route, selection);
  out.why = placement.why;
  if (placement.destination != Placement::kNone) {
    const Pool& pool = snapshot.pool(route.destinations[placement.destination].pool);
    // A hard pin may lead where nobody is.
    if (!pool.in_rotation.empty()) out.pool = pool.name;
  }
  out.reason = reason_of(snapshot, route, selection.cohort, placement, out);
  return out;
}

}  // namespace segue::routing

// Who may decide comes first: tester, pin, session; then eligible pools by split, then fallback.
#include "routing/place.h"

namespace segue::routing {
namespace {

using Why = Placement::Why;

const Pool& pool_at(const Snapshot& snapshot, const Route& route, std::size_t destination) {
  return snapshot.pool(route.destinations[destination].pool);
}

bool eligible(const Snapshot& snapshot, const Route& route, std::size_t destination) noexcept {
  return pool_at(snapshot, route, destination).eligible;
}

/// Whether it can take this cohort, and has it back after a failure.
bool takes(const Pool& pool, CohortHash cohort) noexcept {
  return pool.eligible && admits(pool, cohort);
}

/// The destination with this pool; kNone when the route does not lead there.
std::size_t destination_of(const Route& route, PoolId pool) noexcept {
  for (std::size_t i = 0; i < route.destinations.size(); ++i)
    if (route.destinations[i].pool == pool) return i;
  return Placement::kNone;
}

std::size_t session_destination(const Snapshot& snapshot, const Route& route,
                                const Selection& selection) noexcept {
  // Of the split: a pool that has left it keeps nobody, though it may be a fallback.
  for (std::size_t i = 0; i < route.split.branches().size(); ++i) {
    const Pool& pool = pool_at(snapshot, route, i);
    if (pool.tag != selection.session_pool) continue;
    return pool.eligible && admits(pool, selection.cohort.hash) ? i : Placement::kNone;
  }
  return Placement::kNone;
}

/// Fallback pools in order, then the split, among the pools of `open`.
template <typename Open>
Placement first_open(const Route& route, CohortHash cohort, std::uint32_t branches, Open open) {
  for (const std::size_t destination : route.fallback)
    if (open(destination)) return {Why::kFallback, destination};
  const int branch = route.split.pick(cohort, branches);
  return branch == Split::kNone ? Placement{}
                                : Placement{Why::kFallback, static_cast<std::size_t>(branch)};
}

}  // namespace

const char* to_string(Placement::Why why) noexcept {
  switch (why) {
    case Why::kSplit: return "split";
    case Why::kUnknown: return "unknown";
    case Why::kChosen: return "chosen";
    case Why::kPinned: return "pinned";
    case Why::kSession: return "session";
    case Why::kFallback: return "fallback";
    case Why::kLookup: return "lookup";
    case Why::kNobody: return "nobody";
  }
  return "nobody";
}

std::uint32_t eligible_branches(const Snapshot& snapshot, const Route& route) noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < route.split.branches().size(); ++i) {
    if (eligible(snapshot, route, i)) bits |= 1u << i;
  }
  return bits;
}

std::uint32_t admitting_branches(const Snapshot& snapshot, const Route& route,
                                 CohortHash cohort) noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < route.split.branches().size(); ++i) {
    const Pool& pool = pool_at(snapshot, route, i);
    if (pool.eligible && admits(pool, cohort)) bits |= 1u << i;
  }
  return bits;
}

const PinTable::Pin* pin_of(const Route& route, const Selection& selection) noexcept {
  if (route.pins == nullptr) return nullptr;
  if (selection.cohort.found == CohortKeys::Found::kKey)
    if (const PinTable::Pin* pin = route.pins->find(selection.cohort.hash)) return pin;
  return selection.alias == 0 ? nullptr : route.pins->find(selection.alias);
}

Placement place(const Snapshot& snapshot, const Route& route, const Selection& selection) noexcept {
  if (selection.chosen != Selection::kNone && eligible(snapshot, route, selection.chosen))
    return {Why::kChosen, selection.chosen};
  if (const PinTable::Pin* pin = pin_of(route, selection)) {
    const std::size_t at = destination_of(route, pin->pool);
    if (at != Placement::kNone &&
        (pin->hard || takes(pool_at(snapshot, route, at), selection.cohort.hash)))
      return {Why::kPinned, at};
  }
  if (selection.session_pool != 0) {
    const std::size_t at = session_destination(snapshot, route, selection);
    if (at != Placement::kNone) return {Why::kSession, at};
  }
  const CohortKeys::Cohort& cohort = selection.cohort;
  if (cohort.found == CohortKeys::Found::kUnknown &&
      takes(pool_at(snapshot, route, route.unknown), cohort.hash))
    return {Why::kUnknown, route.unknown};
  const int branch =
      route.split.pick(cohort.hash, admitting_branches(snapshot, route, cohort.hash));
  if (branch != Split::kNone) return {Why::kSplit, static_cast<std::size_t>(branch)};
  return next_place(snapshot, route, selection, 0);
}

Placement next_place(const Snapshot& snapshot, const Route& route, const Selection& selection,
                     std::uint32_t tried) noexcept {
  if (const PinTable::Pin* pin = pin_of(route, selection); pin != nullptr && pin->hard)
    if (destination_of(route, pin->pool) != Placement::kNone) return {};
  const CohortHash cohort = selection.cohort.hash;
  const auto untried = [&](std::size_t destination) {
    return (tried >> destination & 1) == 0 && eligible(snapshot, route, destination);
  };
  const Placement admitted = first_open(
      route, cohort, admitting_branches(snapshot, route, cohort) & ~tried,
      [&](std::size_t destination) {
        return untried(destination) && admits(pool_at(snapshot, route, destination), cohort);
      });
  if (admitted.destination != Placement::kNone) return admitted;
  return first_open(route, cohort, eligible_branches(snapshot, route) & ~tried, untried);
}

}  // namespace segue::routing

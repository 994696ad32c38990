// Eligible pools first by split, then by fallback.
#include "routing/place.h"

namespace segue::routing {
namespace {

bool eligible(const Snapshot& snapshot, const Route& route, std::size_t destination) noexcept {
  return snapshot.pool(route.destinations[destination].pool).eligible;
}

}  // namespace

std::uint32_t eligible_branches(const Snapshot& snapshot, const Route& route) noexcept {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < route.split.branches().size(); ++i) {
    if (eligible(snapshot, route, i)) bits |= 1u << i;
  }
  return bits;
}

Placement place(const Snapshot& snapshot, const Route& route,
                const CohortKeys::Cohort& cohort) noexcept {
  if (cohort.found == CohortKeys::Found::kUnknown && eligible(snapshot, route, route.unknown)) {
    return {Placement::Why::kUnknown, route.unknown};
  }
  const int branch = route.split.pick(cohort.hash, eligible_branches(snapshot, route));
  if (branch != Split::kNone) return {Placement::Why::kSplit, static_cast<std::size_t>(branch)};
  return next_place(snapshot, route, cohort.hash, 0);
}

Placement next_place(const Snapshot& snapshot, const Route& route, CohortHash cohort,
                     std::uint32_t tried) noexcept {
  for (const std::size_t destination : route.fallback) {
    if ((tried >> destination & 1) == 0 && eligible(snapshot, route, destination)) {
      return {Placement::Why::kFallback, destination};
    }
  }
  const int branch = route.split.pick(cohort, eligible_branches(snapshot, route) & ~tried);
  return branch == Split::kNone
             ? Placement{}
             : Placement{Placement::Why::kFallback, static_cast<std::size_t>(branch)};
}

}  // namespace segue::routing

// Where a cohort goes: the decision between cohort and endpoint, the same for traffic and
// explanations.
#pragma once

#include <cstddef>
#include <cstdint>

#include "routing/cohort.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// Bit i is set when the pool of branch i is eligible.
std::uint32_t eligible_branches(const Snapshot& snapshot, const Route& route) noexcept;

struct Placement {
  static constexpr std::size_t kNone = SIZE_MAX;
  enum class Why : std::uint8_t {
    kSplit,     ///< the cohort's place in the split
    kUnknown,   ///< no cohort key: the route's `unknown` pool
    kFallback,  ///< those before it could not take it
    kNobody,    ///< no pool is left
  } why = Why::kNobody;
  std::size_t destination = kNone;  ///< into Route::destinations
};

/// The first pool for a request: that of its cohort in the split. A request without a key goes to
/// the `unknown` pool, and over the split like a random cohort while that is not eligible. When the
/// split has nobody, the fallback pools follow. No allocation.
Placement place(const Snapshot& snapshot, const Route& route,
                const CohortKeys::Cohort& cohort) noexcept;

/// Where it goes when the pools in `tried` (bit i: destination i) could not take it: to the first
/// eligible fallback pool in the operator's order, whatever its weight, then to what else the split
/// has.
Placement next_place(const Snapshot& snapshot, const Route& route, CohortHash cohort,
                     std::uint32_t tried) noexcept;

}  // namespace segue::routing

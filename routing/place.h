// Where a cohort goes: the decision between cohort and endpoint, the same for traffic and
// explanations.
#pragma once

#include <cstddef>
#include <cstdint>

#include "routing/cohort.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// What is known about a request when its pool is chosen.
struct Selection {
  static constexpr std::size_t kNone = SIZE_MAX;
  CohortKeys::Cohort cohort;
  CohortHash alias = 0;            ///< another name of the cohort, which may be pinned too; 0: none
  std::uint32_t session_pool = 0;  ///< tag of the pool that its session is at; 0: none
  std::size_t chosen = kNone;      ///< destination that a tester chose
};

/// Bit i is set when the pool of branch i is eligible.
std::uint32_t eligible_branches(const Snapshot& snapshot, const Route& route) noexcept;
/// The same without the pools that do not admit this cohort yet.
std::uint32_t admitting_branches(const Snapshot& snapshot, const Route& route,
                                 CohortHash cohort) noexcept;

struct Placement {
  static constexpr std::size_t kNone = SIZE_MAX;
  enum class Why : std::uint8_t {
    kSplit,     ///< the cohort's place in the split
    kUnknown,   ///< no cohort key: the route's `unknown` pool
    kChosen,    ///< a tester's choice
    kPinned,    ///< a pin
    kSession,   ///< where the session is
    kFallback,  ///< those before it could not take it
    kLookup,    ///< those before it had nothing for it
    kNobody,    ///< no pool is left
  } why = Why::kNobody;
  std::size_t destination = kNone;  ///< into Route::destinations
};

/// "split", "unknown", "chosen", "pinned", "session", "fallback", "lookup", "nobody"
const char* to_string(Placement::Why why) noexcept;

/// The first pool for a request. In this order: a tester's choice; a hard pin, eligible or not; a
/// pin; the session's pool, also at weight 0; the `unknown` pool for a request without a key; the
/// cohort's place in the split; the fallback pools. All but a hard pin only where the pool is
/// eligible; all but a hard pin and a tester's choice only where the cohort is admitted, unless
/// nobody else is left. No allocation.
Placement place(const Snapshot& snapshot, const Route& route, const Selection& selection) noexcept;

/// Where it goes when the pools in `tried` (bit i: destination i) could not take it: to the first
/// eligible fallback pool in the operator's order, whatever its weight, then to what else the split
/// has; pools that do not admit the cohort yet come last. A hard pin has nowhere else to go.
Placement next_place(const Snapshot& snapshot, const Route& route, const Selection& selection,
                     std::uint32_t tried) noexcept;

/// The pin of the cohort or of its alias; null when it has none.
const PinTable::Pin* pin_of(const Route& route, const Selection& selection) noexcept;

}  // namespace segue::routing

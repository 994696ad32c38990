// Strong integer ids: a PoolId is not an EndpointId, and neither is a count.
//
// Ids are given out once per name by routing's build() and never reused while the process lives, so
// worker-local state and counters may be arrays indexed by them.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace segue {

template <typename Tag>
struct Id {
  std::uint32_t value = UINT32_MAX;  ///< UINT32_MAX: none

  constexpr auto operator<=>(const Id&) const = default;
  constexpr bool valid() const noexcept { return value != UINT32_MAX; }
  constexpr std::size_t index() const noexcept { return value; }
};

using PoolId = Id<struct PoolTag>;
using EndpointId = Id<struct EndpointTag>;  ///< one per (pool, address)
using RouteId = Id<struct RouteTag>;
using SeriesId = Id<struct SeriesTag>;  ///< one per (route, pool): a row of counters
using ListenerId = Id<struct ListenerTag>;

}  // namespace segue

template <typename Tag>
struct std::hash<segue::Id<Tag>> {
  std::size_t operator()(segue::Id<Tag> id) const noexcept { return id.value; }
};

// A cycle of picks in which everyone appears as often as his weight says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace segue::routing {

/// Wheels have at most this many places, or kWheelPlacesEach per participant when that is more.
/// Weights that need more are rounded to it, at least to one place.
inline constexpr std::size_t kWheelPlacesMax = 16'384;
inline constexpr std::size_t kWheelPlacesEach = 4;

/// Indices into `weights` (all ≥ 1), spread evenly: 3 and 1 give 0 0 1 0. Whoever walks it in a
/// cycle gives weighted round robin, whoever draws a random place gives weighted random, both in
/// O(1). Empty when all weights are equal, for then any order will do.
std::vector<std::uint32_t> make_wheel(std::span<const std::uint32_t> weights);

}  // namespace segue::routing

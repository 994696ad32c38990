// The words for bytes in motion that every layer shares.
#pragma once

#include <cstdint>
#include <span>

namespace segue {

using Bytes = std::span<const char>;  ///< borrowed; dies when the call it came with returns

/// How full the way out is. Bytes are always taken; kFull asks the producer to
/// stop until on_drained().
enum class Pressure : bool { kOk, kFull };

/// Why a producer is on hold. Reasons are bits, not a count, so holding twice
/// for one reason is holding once. Reading goes on when no bit is left.
enum class Hold : std::uint8_t { kPeerFull = 1, kNotConnected = 2, kReplying = 4 };

}  // namespace segue

// What operators have set while segue runs, as one value: it is compared, written down, undone and
// restored whole.
//
// Names, not ids: it outlives reloads and restarts. What the file no longer has says nothing until
// it comes back. Times are milliseconds since 1970, for they outlive the process too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace segue::routing {

/// An operator's word about an endpoint. It wins over health.
enum class Word : std::uint8_t {
  kNone,   ///< health decides
  kReady,  ///< in rotation, whatever health and outlier say
  kDrain,  ///< nothing new
  kOut,    ///< nothing
  kUp,     ///< as if checks passed
  kDown,   ///< as if checks failed
};

/// "auto", "ready", "drain", "out", "up", "down"
const char* to_string(Word word) noexcept;

inline constexpr std::size_t kPinsMax = 10'000;  ///< of a group
inline constexpr std::size_t kPinKeyMax = 512;   ///< bytes of a pinned key

/// A cohort that goes to `pool` whatever the weights say.
struct Pin {
  std::string pool;
  bool hard = false;  ///< also when the pool is not eligible
  std::string reason, by;
  std::uint64_t since_ms = 0;
  std::uint64_t until_ms = 0;  ///< 0: until it is unpinned

  bool operator==(const Pin&) const = default;
};

struct Said {
  Word word = Word::kNone;
  std::uint64_t until_ms = 0;  ///< 0: until something else is said

  bool operator==(const Said&) const = default;
};

using Weights = std::map<std::string, std::uint32_t>;  ///< by pool

/// Weights for a while.
struct Revert {
  std::uint64_t at_ms = 0;
  Weights weights;  ///< what the route has from then on; empty: what the file says

  bool operator==(const Revert&) const = default;
};

struct Runtime {
  /// By route. A pool that is not named here has the weight of the file.
  std::map<std::string, Weights> weights;
  std::map<std::string, Revert> reverts;  ///< by route
  /// By cohort group, then key in lower case.
  std::map<std::string, std::map<std::string, Pin>> pins;
  /// By cohort group; sessions of other epochs are drawn anew. None: 0.
  std::map<std::string, std::uint32_t> epochs;
  std::map<std::string, std::map<std::string, Said>> endpoints;  ///< by pool, then address

  bool operator==(const Runtime&) const = default;
};

/// When something in it ends by itself: the earliest until_ms or at_ms; 0 when nothing does.
std::uint64_t next_end(const Runtime& runtime) noexcept;

}  // namespace segue::routing

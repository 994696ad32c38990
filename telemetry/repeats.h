// Keeps a log from drowning in the same sentence: one of it per interval, with the number left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "lib/base/clock.h"

namespace segue::telemetry {

/// Not thread-safe.
class Repeats {
 public:
  static constexpr Seconds kEvery{10};
  static constexpr std::size_t kKeysMax =
      256;  ///< then the one that spoke longest ago is forgotten

  /// The number of times `key` was kept silent since it last spoke, when it may speak `now`; none
  /// when it spoke less than kEvery ago.
  std::optional<std::uint64_t> admit(const std::string& key, Instant now);

 private:
  struct Spoken {
    Instant at;
    std::uint64_t silenced = 0;
  };
  std::unordered_map<std::string, Spoken> keys_;
};

}  // namespace segue::telemetry

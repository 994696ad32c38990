// A linear search for the oldest key is enough: it happens at most once per new key over the limit.
#include "telemetry/repeats.h"

#include <algorithm>
#include <utility>

namespace segue::telemetry {

std::optional<std::uint64_t> Repeats::admit(const std::string& key, Instant now) {
  const auto found = keys_.find(key);
  if (found != keys_.end()) {
    Spoken& spoken = found->second;
    if (now - spoken.at < kEvery) {
      ++spoken.silenced;
      return std::nullopt;
    }
    spoken.at = now;
    return std::exchange(spoken.silenced, 0);
  }
  if (keys_.size() >= kKeysMax) {
    keys_.erase(std::min_element(keys_.begin(), keys_.end(), [](const auto& a, const auto& b) {
      return a.second.at < b.second.at;
    }));
  }
  keys_.emplace(key, Spoken{now});
  return 0;
}

}  // namespace segue::telemetry

// What is different between two runtimes, in words: for the history, for events and for operators
// who ask before they change.
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"
#include "routing/runtime.h"

namespace segue::routing {

struct Difference {
  enum class Kind : std::uint8_t { kWeights, kRevert, kPin, kEpoch, kEndpoint } kind;
  std::string name;           ///< route, "group key", group, "pool address"
  std::string before, after;  ///< "old=90 new=10"; "" for none
};

/// "weights", "revert", "pin", "sessions", "endpoint"
const char* to_string(Difference::Kind kind) noexcept;

/// In the order of the kinds, then of the names. `config` gives the weights that nobody set.
std::vector<Difference> difference(const conf::Config& config, const Runtime& before,
                                   const Runtime& after);

/// One line: "weights webhooks: old=90 new=10 -> old=70 new=30; pin ci org/app: -> new (hard)",
/// shortened after a handful.
std::string to_text(const std::vector<Difference>& differences);

}  // namespace segue::routing

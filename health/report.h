// What health knows about one endpoint, for people: the verdict and its evidence.
#pragma once

#include <cstdint>
#include <string>

#include "routing/desired.h"

namespace segue::health {

using routing::EndpointState;

const char* to_string(EndpointState::Health health) noexcept;  ///< "unchecked", "checking", "up", …
const char* to_string(EndpointState::Outlier outlier) noexcept;  ///< "in", "ejected", "half_open"

struct Report {
  routing::EndpointState::Health state = routing::EndpointState::Health::kUnchecked;
  std::uint64_t since_wall_ms = 0;         ///< when the state last changed
  std::uint64_t last_check_wall_ms = 0;    ///< 0: never
  std::uint32_t passes = 0, failures = 0;  ///< in a row, of active checks
  std::uint64_t checks = 0, checks_failed = 0, transitions = 0;
  std::string last_result;  ///< "200 in 3 ms", "connection refused", "status 500, expected 200-399"
  routing::EndpointState::Outlier outlier = routing::EndpointState::Outlier::kIn;
  std::uint32_t ejections = 0;  ///< in a row
  std::uint64_t ejected_until_wall_ms = 0;
};

}  // namespace segue::health

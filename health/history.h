// What is worth knowing about an endpoint after a restart: the last verdict on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "health/report.h"

namespace segue::health {

struct History {
  std::string pool, address;  ///< as configured
  EndpointState::Health state = EndpointState::Health::kUnchecked;
  std::uint64_t since_ms = 0;     ///< when the state last changed, by the wall clock
  std::uint64_t transitions = 0;  ///< so far

  bool operator==(const History&) const = default;
};

/// Whether the state is one that a check has found: the others are not worth remembering.
bool is_verdict(EndpointState::Health state) noexcept;

/// The state that to_string() (report.h) calls by this word; none for another word.
std::optional<EndpointState::Health> health_of(std::string_view word) noexcept;

}  // namespace segue::health

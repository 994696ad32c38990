// The words for states, the same in events, metrics and the admin API.
#include "health/report.h"

namespace segue::health {

const char* to_string(EndpointState::Health health) noexcept {
  switch (health) {
    case EndpointState::Health::kUnchecked: return "unchecked";
    case EndpointState::Health::kChecking: return "checking";
    case EndpointState::Health::kUp: return "up";
    case EndpointState::Health::kDown: return "down";
    case EndpointState::Health::kStarting: return "starting";
    case EndpointState::Health::kAskedDrain: return "asked_drain";
  }
  return "unknown";
}

const char* to_string(EndpointState::Outlier outlier) noexcept {
  switch (outlier) {
    case EndpointState::Outlier::kIn: return "in";
    case EndpointState::Outlier::kEjected: return "ejected";
    case EndpointState::Outlier::kHalfOpen: return "half_open";
  }
  return "unknown";
}

}  // namespace segue::health

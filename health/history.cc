// States and the words they are kept under.
#include "health/history.h"

namespace segue::health {
namespace {

using Health = EndpointState::Health;

constexpr Health kAll[] = {Health::kUnchecked, Health::kChecking, Health::kUp,
                           Health::kDown,      Health::kStarting, Health::kAskedDrain};

}  // namespace

bool is_verdict(Health state) noexcept {
  return state != Health::kUnchecked && state != Health::kChecking;
}

std::optional<Health> health_of(std::string_view word) noexcept {
  for (const Health state : kAll)
    if (word == to_string(state)) return state;
  return std::nullopt;
}

}  // namespace segue::health

// States under the words they are kept by.
#include "health/history.h"

#include <doctest/doctest.h>

namespace segue::health {

TEST_SUITE("health/history") {
  TEST_CASE("every state comes back from its word, and no other word is a state") {
    for (int i = 0; i <= static_cast<int>(EndpointState::Health::kAskedDrain); ++i) {
      const auto state = static_cast<EndpointState::Health>(i);
      CHECK((health_of(to_string(state)) == state));
    }
    CHECK_FALSE(health_of("unknown"));
    CHECK_FALSE(health_of(""));
  }

  TEST_CASE("only what checks found is worth remembering") {
    CHECK_FALSE(is_verdict(EndpointState::Health::kUnchecked));
    CHECK_FALSE(is_verdict(EndpointState::Health::kChecking));
    CHECK(is_verdict(EndpointState::Health::kUp));
    CHECK(is_verdict(EndpointState::Health::kDown));
  }
}

}  // namespace segue::health

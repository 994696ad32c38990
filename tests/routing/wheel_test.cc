// Wheels: everyone in turn, as often as his weight says.
#include "routing/wheel.h"

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include <doctest/doctest.h>

namespace segue::routing {

TEST_SUITE("routing/wheel") {
  using Wheel = std::vector<std::uint32_t>;

  TEST_CASE("everyone has the places of his weight, evenly spread") {
    CHECK(make_wheel(Wheel{3, 1}) == Wheel{0, 0, 1, 0});
    CHECK(make_wheel(Wheel{10, 20}) == Wheel{1, 0, 1});
    CHECK(make_wheel(Wheel{1, 2, 4}) == Wheel{2, 1, 2, 0, 2, 1, 2});
    CHECK(make_wheel(Wheel{5, 5, 5}).empty());
    CHECK(make_wheel(Wheel{7}).empty());
    CHECK(make_wheel(Wheel{}).empty());
  }

  TEST_CASE("no one waits longer than his weight says") {
    const Wheel weights{1, 7, 30, 2, 60};
    const Wheel wheel = make_wheel(weights);
    REQUIRE(wheel.size() == 100);
    for (std::uint32_t who = 0; who < weights.size(); ++who) {
      std::uint32_t seen = 0;
      for (std::size_t i = 0; i < wheel.size(); ++i) {
        seen += wheel[i] == who;
        const double due = static_cast<double>(weights[who]) * static_cast<double>(i + 1) / 100;
        CHECK(std::abs(seen - due) < 2.5);
      }
      CHECK(seen == weights[who]);
    }
  }

  TEST_CASE("a wheel is bounded, and nobody with a weight is left out") {
    Wheel weights(3000, 1);
    for (std::size_t i = 0; i < weights.size(); i += 2) weights[i] = 1000;
    const Wheel wheel = make_wheel(weights);
    CHECK(wheel.size() <= kWheelPlacesMax + weights.size());
    CHECK(std::set<std::uint32_t>(wheel.begin(), wheel.end()).size() == weights.size());
    const Wheel large = make_wheel(Wheel{999'983, 1});
    CHECK(large.size() <= kWheelPlacesMax + 2);
  }
}

}  // namespace segue::routing

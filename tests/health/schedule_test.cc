// Delays between checks.
#include "health/schedule.h"

#include <array>

#include <doctest/doctest.h>

namespace segue::health {
namespace {

using Health = EndpointState::Health;

constexpr std::uint64_t kSeed = 20260131;

TEST_SUITE("health/schedule") {
  TEST_CASE("the interval is that of the state, and jitter goes both ways within its bound") {
    INFO("seed ", kSeed);
    Rng rng(kSeed);
    const conf::Health check;  // 5 s ± 10 %, 1 s while changing, 5 s while down
    Verdict failing(Health::kUp);
    failing.judge(Outcome::kFail, {2, 3});
    struct Case {
      const char* name;
      Verdict verdict;
      Micros middle;
    };
    const Case cases[] = {{"up", Verdict(Health::kUp), Seconds(5)},
                          {"down", Verdict(Health::kDown), Seconds(5)},
                          {"checking", Verdict(), Seconds(1)},
                          {"starting", Verdict(Health::kStarting), Seconds(1)},
                          {"up and failing", failing, Seconds(1)}};
    for (const Case& c : cases) {
      INFO(c.name);
      int below = 0;
      for (int i = 0; i < 1000; ++i) {
        const Micros delay = delay_to_next(check, c.verdict, Spread::kNo, rng);
        CHECK(delay >= c.middle * 9 / 10);
        CHECK(delay <= c.middle * 11 / 10);
        below += delay < c.middle ? 1 : 0;
      }
      CHECK(below > 400);
      CHECK(below < 600);
    }
  }

  TEST_CASE("down has its own interval, and changing is never slower than normal") {
    Rng rng(kSeed);
    conf::Health check;
    check.jitter = 0;
    check.interval = Millis(500);
    check.interval_down = Millis(30'000);
    CHECK(delay_to_next(check, Verdict(Health::kDown), Spread::kNo, rng) == Seconds(30));
    CHECK(delay_to_next(check, Verdict(), Spread::kNo, rng) == Millis(500));
  }

  TEST_CASE("spreading fills the interval evenly") {
    INFO("seed ", kSeed);
    Rng rng(kSeed);
    std::array<int, 10> tenths{};
    for (int i = 0; i < 10'000; ++i) {
      const Micros delay = delay_to_next({}, Verdict(Health::kUp), Spread::kYes, rng);
      REQUIRE(delay >= Micros(0));
      REQUIRE(delay < Seconds(5));
      ++tenths[static_cast<std::size_t>(delay / Millis(500))];
    }
    for (const int n : tenths) {
      CHECK(n > 850);
      CHECK(n < 1150);
    }
  }
}

}  // namespace
}  // namespace segue::health

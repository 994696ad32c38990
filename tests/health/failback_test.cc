// How a pool that failed gets its cohorts back.
#include "health/failback.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "lib/base/rng.h"

namespace segue::health {
namespace {

using Sight = Failback::Sight;
using Phase = Failback::Phase;
using Hold = Failback::Hold;
using Ramp = Failback::Ramp;

/// One pool, a clock, and what was told.
struct Pool {
  conf::Failback settings;
  Failback failback;
  Instant now{1'000'000};
  Sight sight = Sight::kAway;
  std::string told;  // names without "pool.", a space between

  void take(const std::vector<Failback::News>& news) {
    for (const Failback::News& one : news) {
      if (!told.empty()) told += " ";
      told += std::string(one.name).substr(5);
      for (const auto& [key, value] : one.facts)
        if (key == "admitted") told += "(" + value + ")";
      for (const auto& [key, value] : one.facts)
        if (key == "cause") told += ":" + value;
    }
  }
  Pool& sees(Sight next) {
    sight = next;
    take(failback.observe(settings, next, "0 of 1 endpoints in rotation", now));
    return *this;
  }
  /// Time passes, a tick each second as the control thread has it.
  Pool& after(Seconds time) {
    for (const Instant end = now + time; now < end; now = now + Seconds(1), tick()) continue;
    return *this;
  }
  void tick() { take(failback.tick(settings, now)); }
  Pool& release(Ramp ramp = Ramp::kKeep) {
    take(failback.release(settings, ramp, now));
    return *this;
  }
  /// Up, down and up again at once.
  Pool& fails_and_recovers() {
    return sees(Sight::kEligible).sees(Sight::kFailed).sees(Sight::kEligible);
  }
  std::string news() { return std::exchange(told, ""); }
  std::uint32_t admitted() const { return failback.admitted(); }
  Failback::State state() const { return failback.state(settings, now); }
};

}  // namespace

TEST_SUITE("health/failback") {
  TEST_CASE("a pool that was never up since the start comes in at once") {
    Pool pool;
    pool.sees(Sight::kAway).sees(Sight::kFailed).after(Seconds(100));
    CHECK(pool.admitted() == 1000);
    pool.sees(Sight::kEligible).after(Seconds(100));
    CHECK(pool.admitted() == 1000);
    CHECK(pool.news() == "");
    CHECK((pool.state().phase == Phase::kTaking));
  }

  TEST_CASE("after a failure it comes back in steps, once it was stable for the whole time") {
    Pool pool;
    pool.sees(Sight::kEligible).sees(Sight::kFailed);
    CHECK(pool.news() == "failed_over");
    CHECK(pool.admitted() == 0);
    pool.after(Seconds(500));
    CHECK(pool.news() == "");
    pool.sees(Sight::kEligible);
    CHECK(pool.news() == "stabilising");
    pool.after(Seconds(59));
    CHECK(pool.admitted() == 0);
    CHECK(pool.news() == "");
    pool.after(Seconds(1));
    CHECK(pool.news() == "returning(20%)");
    for (const std::uint32_t admitted : {200u, 400u, 600u, 800u}) {
      CHECK(pool.admitted() == admitted);
      CHECK((pool.state().phase == Phase::kReturning));
      CHECK(pool.state().step == admitted / 200);
      CHECK(pool.state().steps == 5);
      pool.after(Seconds(9));
      CHECK(pool.admitted() == admitted);
      pool.after(Seconds(1));
    }
    CHECK(pool.admitted() == 1000);
    CHECK(pool.news() == "returning(40%) returning(60%) returning(80%) returned:stable");
    CHECK((pool.state().phase == Phase::kTaking));
  }

  TEST_CASE("a failure while it becomes stable, or while it returns, begins all over") {
    Pool pool;
    pool.settings.flap_transitions = 0;
    pool.fails_and_recovers().after(Seconds(30));
    pool.sees(Sight::kFailed).after(Seconds(5)).sees(Sight::kEligible).after(Seconds(59));
    CHECK(pool.admitted() == 0);
    pool.after(Seconds(1 + 10));
    CHECK(pool.admitted() == 400);
    pool.sees(Sight::kFailed);
    CHECK(pool.admitted() == 0);
    CHECK((pool.state().phase == Phase::kFailed));
    pool.news();
    pool.sees(Sight::kEligible).after(Seconds(60));
    CHECK(pool.news() == "stabilising returning(20%)");
  }

  TEST_CASE("what the operator takes out and gives back returns at once") {
    Pool pool;
    pool.sees(Sight::kEligible).sees(Sight::kAway).after(Seconds(100)).sees(Sight::kEligible);
    CHECK(pool.admitted() == 1000);
    CHECK(pool.news() == "");
  }

  TEST_CASE("a pool that is taken out on the way goes on where it was") {
    Pool pool;
    pool.fails_and_recovers().after(Seconds(70));
    CHECK(pool.admitted() == 400);
    pool.sees(Sight::kAway).after(Seconds(300)).sees(Sight::kEligible);
    CHECK(pool.admitted() == 400);
    pool.after(Seconds(9));
    CHECK(pool.admitted() == 400);
    pool.after(Seconds(1));
    CHECK(pool.admitted() == 600);
  }

  TEST_CASE("being taken out is not being stable") {
    Pool pool;
    pool.fails_and_recovers().after(Seconds(50)).sees(Sight::kAway).after(Seconds(50));
    pool.sees(Sight::kEligible).after(Seconds(59));
    CHECK(pool.admitted() == 0);
    pool.after(Seconds(1));
    CHECK(pool.admitted() == 200);
  }

  TEST_CASE("an operator who says ready gets the whole pool at once") {
    for (const Seconds waited : {Seconds(0), Seconds(30), Seconds(75)}) {
      Pool pool;
      pool.fails_and_recovers().after(waited).news();
      pool.sees(Sight::kForced);
      CHECK(pool.admitted() == 1000);
      CHECK(pool.news() == "returned:operator");
    }
  }

  TEST_CASE("a failure behind the operator's back counts when his word is taken away") {
    Pool pool;
    pool.sees(Sight::kEligible).sees(Sight::kAway).sees(Sight::kFailed);
    CHECK(pool.news() == "failed_over");
    CHECK(pool.admitted() == 0);
  }

  TEST_CASE("with mode = manual it waits for the operator") {
    Pool pool;
    pool.settings.mode = conf::Failback::Mode::kManual;
    pool.fails_and_recovers();
    CHECK(pool.news() == "failed_over held:manual");
    pool.after(Seconds(3600));
    CHECK(pool.admitted() == 0);
    CHECK((pool.state().hold == Hold::kManual));
    CHECK_FALSE(pool.state().until);
    pool.release();
    CHECK(pool.news() == "released:operator returning(20%)");
    pool.after(Seconds(40));
    CHECK(pool.admitted() == 1000);
  }

  TEST_CASE("a release may skip the steps") {
    for (const Seconds waited : {Seconds(1), Seconds(60)}) {
      Pool pool;
      pool.fails_and_recovers().after(waited).release(Ramp::kSkip);
      CHECK(pool.admitted() == 1000);
      CHECK((pool.state().phase == Phase::kTaking));
    }
  }

  TEST_CASE("a release where there is nothing to release says nothing") {
    Pool pool;
    pool.sees(Sight::kEligible).release().release(Ramp::kSkip);
    CHECK(pool.news() == "");
    pool.sees(Sight::kFailed).news();
    pool.release().release(Ramp::kSkip);
    CHECK(pool.news() == "");
    CHECK(pool.admitted() == 0);
    pool.sees(Sight::kEligible).after(Seconds(60)).news();
    pool.release();
    CHECK(pool.news() == "");
    CHECK(pool.admitted() == 200);
  }

  TEST_CASE("the third failure within the window holds the pool down") {
    Pool pool;
    pool.fails_and_recovers().after(Seconds(200));
    CHECK(pool.admitted() == 1000);
    pool.fails_and_recovers().after(Seconds(200));
    CHECK(pool.admitted() == 1000);
    pool.news();
    pool.sees(Sight::kFailed);
    CHECK(pool.news() == "failed_over held:flapping");
    CHECK((pool.state().hold == Hold::kFlapping));
    CHECK(pool.state().failures == 3);
    pool.sees(Sight::kEligible).after(Seconds(599));
    CHECK(pool.admitted() == 0);
    CHECK(pool.news() == "");
    pool.after(Seconds(1));
    CHECK(pool.news() == "released:stable returning(20%)");
  }

  TEST_CASE("failures that lie further apart are no flapping") {
    Pool pool;
    for (int i = 0; i < 10; ++i) {
      pool.fails_and_recovers().after(Seconds(301));
      CHECK(pool.admitted() == 1000);
    }
    CHECK(pool.state().failures == 1);
  }

  TEST_CASE("while it is held, a failure begins the window anew") {
    Pool pool;
    for (int i = 0; i < 3; ++i) pool.fails_and_recovers();
    CHECK((pool.state().hold == Hold::kFlapping));
    pool.news();
    for (int i = 0; i < 20; ++i)
      pool.after(Seconds(500)).sees(Sight::kFailed).sees(Sight::kEligible);
    CHECK(pool.news() == "");
    CHECK(pool.admitted() == 0);
    pool.after(Seconds(600));
    CHECK(pool.admitted() == 200);
  }

  TEST_CASE("the operator releases what flaps, and the next failure is the first one again") {
    Pool pool;
    for (int i = 0; i < 3; ++i) pool.fails_and_recovers();
    pool.news();
    pool.release();
    CHECK(pool.news() == "released:operator returning(20%)");
    CHECK(pool.state().failures == 0);
    pool.sees(Sight::kFailed);
    CHECK(pool.news() == "failed_over");
    CHECK((pool.state().phase == Phase::kFailed));
  }

  TEST_CASE("a release while it is down forgets the hold and no more") {
    Pool pool;
    for (int i = 0; i < 3; ++i) pool.fails_and_recovers();
    pool.sees(Sight::kFailed).news();
    pool.release(Ramp::kSkip);
    CHECK(pool.news() == "released:operator");
    CHECK(pool.admitted() == 0);
    pool.sees(Sight::kEligible).after(Seconds(60));
    CHECK(pool.news() == "stabilising returning(20%)");
  }

  TEST_CASE("a mode that changes meanwhile is obeyed") {
    Pool pool;
    pool.settings.mode = conf::Failback::Mode::kManual;
    pool.fails_and_recovers().after(Seconds(100));
    CHECK(pool.admitted() == 0);
    pool.settings.mode = conf::Failback::Mode::kAuto;
    pool.tick();
    CHECK(pool.admitted() == 200);  // it was stable all the time

    Pool other;
    other.fails_and_recovers().after(Seconds(30));
    other.settings.mode = conf::Failback::Mode::kManual;
    other.after(Seconds(300));
    CHECK((other.state().hold == Hold::kManual));
  }

  TEST_CASE("without a stable time and with one step everybody is back at once") {
    Pool pool;
    pool.settings.stable = Millis(0);
    pool.settings.steps = 1;
    pool.fails_and_recovers();
    CHECK(pool.news() == "failed_over returned:stable");
    CHECK(pool.admitted() == 1000);
  }

  TEST_CASE("it says when it goes on by itself") {
    Pool pool;
    CHECK_FALSE(pool.state().until);
    pool.fails_and_recovers().after(Seconds(20));
    CHECK(pool.state().until - pool.now == Seconds(40));
    pool.after(Seconds(45));
    CHECK(pool.state().until - pool.now == Seconds(5));
  }

  TEST_CASE("whatever happens, cohorts come back one step at a time, and none while it is down") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      CAPTURE(seed);
      Rng rng(seed);
      Pool pool;
      pool.settings.mode =
          seed % 5 == 0 ? conf::Failback::Mode::kManual : conf::Failback::Mode::kAuto;
      pool.settings.steps = static_cast<std::uint32_t>(1 + rng.below(7));
      pool.settings.flap_transitions = static_cast<std::uint32_t>(rng.below(5));
      std::uint32_t before = pool.admitted();
      bool was_up = false;
      for (int i = 0; i < 2000; ++i) {
        bool by_operator = false;
        switch (rng.below(40)) {
          case 0: pool.sees(Sight::kFailed); break;
          case 1: pool.sees(Sight::kAway); break;
          case 2: by_operator = true, pool.sees(Sight::kForced); break;
          case 3:
            by_operator = true, pool.release(rng.below(2) == 0 ? Ramp::kKeep : Ramp::kSkip);
            break;
          case 4:
          case 5:
          case 6: pool.sees(Sight::kEligible); break;
          default: pool.after(Seconds(1)); break;
        }
        was_up = was_up || pool.sight == Sight::kEligible || pool.sight == Sight::kForced;
        const std::uint32_t admitted = pool.admitted();
        const std::uint32_t step = (1000 + pool.settings.steps - 1) / pool.settings.steps;
        if (!by_operator) REQUIRE(admitted <= before + step);
        if (pool.sight == Sight::kFailed && was_up) REQUIRE(admitted == 0);
        if (pool.sight == Sight::kForced) REQUIRE(admitted == 1000);
        REQUIRE((admitted == 1000) == (pool.state().phase == Phase::kTaking));
        before = admitted;
      }
      // Left alone, it comes back; with mode = manual once it is told to.
      pool.sees(Sight::kEligible).after(Seconds(600 + 7 * 10));
      if (pool.settings.mode == conf::Failback::Mode::kManual)
        pool.release().after(Seconds(7 * 10));
      REQUIRE(pool.admitted() == 1000);
    }
  }
}

}  // namespace segue::health

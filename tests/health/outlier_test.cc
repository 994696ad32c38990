// Ejection on what workers counted, with a clock that the test turns.
#include "health/outlier.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "health/streak.h"

namespace segue::health {
namespace {

using State = Outliers::State;
using telemetry::EndpointCells;
using telemetry::WorkerCounters;

constexpr EndpointId kOne{0}, kTwo{1};

struct World {
  explicit World(conf::Passive settings = {}, std::size_t worker_count = 2) {
    for (std::size_t i = 0; i < worker_count; ++i) {
      workers.push_back(std::make_unique<WorkerCounters>());
      borrowed.push_back(workers.back().get());
    }
    outliers = std::make_unique<Outliers>(
        borrowed,
        [this](const Outliers::Change& change) {
          CAPTURE(change.cause);
          CHECK_FALSE(change.evidence.empty());
          changes.push_back(change);
        },
        [this](EndpointId endpoint) { return !alone.contains(endpoint); });
    outliers->update({{kOne, settings}, {kTwo, settings}}, now);
  }

  EndpointCells& cells(std::size_t worker, EndpointId endpoint = kOne) {
    return workers[worker]->endpoints.at(endpoint);
  }
  void fails(std::size_t worker, int times = 1, EndpointId endpoint = kOne) {
    cells(worker, endpoint).requests.add(static_cast<std::uint64_t>(times));
    cells(worker, endpoint).failures.add(static_cast<std::uint64_t>(times));
    cells(worker, endpoint).consecutive.add(static_cast<std::uint64_t>(times));
  }
  void succeeds(std::size_t worker, int times = 1, EndpointId endpoint = kOne) {
    cells(worker, endpoint).requests.add(static_cast<std::uint64_t>(times));
    if (times > 0) cells(worker, endpoint).consecutive.set(0);
  }
  State look() {
    outliers->look(kOne, now);
    return outliers->state(kOne);
  }
  State after(Micros time) {
    for (Micros passed{0}; passed < time; passed += Seconds(1)) {
      now = now + Seconds(1);
      outliers->tick(now);
    }
    return outliers->state(kOne);
  }
  void eject() {
    fails(0, 5);
    REQUIRE(look() == State::kEjected);
  }

  Instant now{1'000'000'000};
  std::vector<std::unique_ptr<WorkerCounters>> workers;
  std::vector<const WorkerCounters*> borrowed;
  std::set<EndpointId> alone;
  std::vector<Outliers::Change> changes;
  std::unique_ptr<Outliers> outliers;
};

TEST_SUITE("health/streak") {
  TEST_CASE("errors in a row are counted over workers, and a success anywhere begins anew") {
    // Per step: which worker (a, b), and what it meets: lower case fails, upper case succeeds.
    struct Case {
      const char* name;
      const char* steps;
      std::uint64_t value;
    };
    const Case cases[] = {
        {"one worker", "aaaa", 4},
        {"two workers", "abab", 4},
        {"a success ends it", "aaaA", 0},
        {"a success elsewhere ends it", "aaaB", 0},
        {"and it begins anew", "aaaBab", 2},
        {"a success between", "aaAa", 1},
        {"errors of an idle worker do not wait for others", "aaaaBBBBb", 1},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      World world;
      Streak streak;
      streak.read(world.borrowed, kOne);
      for (const char step : std::string(c.steps)) {
        const std::size_t worker = step == 'a' || step == 'A' ? 0 : 1;
        if (step >= 'a') {
          world.fails(worker);
        } else {
          world.succeeds(worker);
        }
        streak.read(world.borrowed, kOne);
      }
      CHECK(streak.value() == c.value);
    }
  }

  TEST_CASE("a request that only began is no success") {
    World world;
    Streak streak;
    world.fails(0, 3);
    streak.read(world.borrowed, kOne);
    world.cells(1).requests.add();
    world.cells(1).in_flight.add();
    streak.read(world.borrowed, kOne);
    CHECK(streak.value() == 3);
    world.cells(1).in_flight.sub();  // and now it has ended well
    streak.read(world.borrowed, kOne);
    CHECK(streak.value() == 0);
  }

  TEST_CASE("what is forgotten stays forgotten until there is more") {
    World world;
    Streak streak;
    world.fails(0, 7);
    streak.read(world.borrowed, kOne);
    streak.forget();
    CHECK(streak.value() == 0);
    streak.read(world.borrowed, kOne);
    CHECK(streak.value() == 0);
    world.fails(0, 2);
    streak.read(world.borrowed, kOne);
    CHECK(streak.value() == 2);
    world.succeeds(0);
    world.fails(0, 1);
    streak.read(world.borrowed, kOne);
    CHECK(streak.value() == 1);
  }
}

TEST_SUITE("health/outlier") {
  TEST_CASE("five gateway errors in a row eject, four do not") {
    World world;
    world.fails(0, 2);
    world.fails(1, 2);
    CHECK(world.look() == State::kIn);
    world.fails(1);
    CHECK(world.look() == State::kEjected);
    REQUIRE(world.changes.size() == 1);
    const Outliers::Change& change = world.changes[0];
    CHECK(change.endpoint == kOne);
    CHECK(change.from == State::kIn);
    CHECK(std::string(change.cause) == "consecutive");
    CHECK(change.evidence == "5 gateway errors in a row, limit 5");
    CHECK(change.ejections == 1);
    CHECK(change.lasts == Seconds(30));
    CHECK(world.outliers->state(kTwo) == State::kIn);
  }

  TEST_CASE("without a nudge the next tick finds it") {
    World world;
    world.fails(0, 5);
    CHECK(world.after(Seconds(1)) == State::kEjected);
  }

  TEST_CASE("what was counted before an endpoint was watched does not matter") {
    World world;
    world.fails(0, 100, EndpointId{7});
    world.outliers->update({{EndpointId{7}, {}}}, world.now);
    world.outliers->look(EndpointId{7}, world.now);
    CHECK(world.outliers->state(EndpointId{7}) == State::kIn);
  }

  TEST_CASE("half of the requests of a window eject, when they are enough") {
    struct Case {
      const char* name;
      int failures, successes;
      State state;
    };
    const Case cases[] = {
        {"half of twenty", 10, 10, State::kEjected},
        {"less than half", 9, 11, State::kIn},
        {"too few requests", 9, 9, State::kIn},
        {"most of many", 80, 20, State::kEjected},
        {"none", 0, 50, State::kIn},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      World world;
      // Successes last, so that nothing is in a row.
      world.fails(0, c.failures);
      world.succeeds(0, c.successes);
      CHECK(world.look() == c.state);
    }
    World world;
    world.fails(0, 15);
    world.succeeds(0, 10);
    world.look();
    CHECK(std::string(world.changes.at(0).cause) == "failure_ratio");
    CHECK(world.changes[0].evidence == "15 gateway errors on 25 requests in 30 s, limit 50 %");
  }

  TEST_CASE("the ratio is that of the window, and older failures leave it") {
    World world;
    world.alone.insert(kOne);  // so that the failures themselves do not eject
    world.fails(0, 19);
    world.succeeds(0);
    world.after(Seconds(40));
    world.alone.clear();
    world.succeeds(0, 30);
    CHECK(world.after(Seconds(1)) == State::kIn);
    for (int i = 0; i < 8; ++i) {
      world.fails(0, 2);
      world.succeeds(0, 1);
      CHECK(world.after(Seconds(1)) == State::kIn);  // 16 of 54 at last
    }
    CHECK(world.after(Seconds(25)) == State::kEjected);  // the 30 good ones have left: 16 of 24
  }

  TEST_CASE("an ejection ends half open, and a passed probe brings the endpoint back") {
    World world;
    world.eject();
    CHECK(world.after(Seconds(29)) == State::kEjected);
    CHECK(world.after(Seconds(1)) == State::kHalfOpen);
    CHECK(std::string(world.changes.back().cause) == "time_over");
    world.outliers->probe_result(kOne, true, world.now);
    CHECK(world.outliers->state(kOne) == State::kIn);
    CHECK(std::string(world.changes.back().cause) == "probe_passed");
    // Other workers still remember their errors; they are history.
    CHECK(world.look() == State::kIn);
    CHECK(world.after(Seconds(5)) == State::kIn);
    world.fails(1, 5);
    CHECK(world.look() == State::kEjected);
  }

  TEST_CASE(
      "a server that active checks saw go and come back is not held to what the old one did") {
    World world;
    world.eject();
    world.outliers->recovered(kOne, world.now);
    CHECK(world.outliers->state(kOne) == State::kIn);
    CHECK(world.changes.back().cause == std::string("recovered"));
    CHECK(world.look() == State::kIn);
    const std::size_t told = world.changes.size();
    world.outliers->recovered(kTwo, world.now);  // was never out: nothing to tell
    CHECK(world.changes.size() == told);
  }

  TEST_CASE("each ejection in a row lasts longer, up to the limit") {
    World world;
    world.eject();
    Millis expected{30'000};
    for (std::uint32_t n = 2; n < 15; ++n) {
      CAPTURE(n);
      CHECK(world.after(expected) == State::kHalfOpen);
      world.outliers->probe_result(kOne, false, world.now);
      expected = std::min(Millis(30'000) * n, Millis(300'000));
      CHECK(std::string(world.changes.back().cause) == "probe_failed");
      CHECK(world.changes.back().lasts == expected);
      CHECK(world.changes.back().ejections == n);
    }
  }

  TEST_CASE("in a row ends after a good time as long as the last ejection") {
    World world;
    world.eject();
    world.after(Seconds(30));
    world.outliers->probe_result(kOne, false, world.now);  // the second: 60 s
    world.after(Seconds(60));
    world.outliers->probe_result(kOne, true, world.now);
    world.after(Seconds(59));
    Report report;
    world.outliers->describe(kOne, world.now, report);
    CHECK(report.ejections == 2);
    world.after(Seconds(1));
    world.fails(0, 5);
    CHECK(world.look() == State::kEjected);
    CHECK(world.changes.back().ejections == 1);
  }

  TEST_CASE("an endpoint that is alone is not ejected and nothing is counted") {
    World world;
    world.alone.insert(kOne);
    world.fails(0, 50);
    CHECK(world.look() == State::kIn);
    CHECK(world.after(Seconds(5)) == State::kIn);
    CHECK(world.changes.empty());
    world.alone.clear();  // another endpoint came back; this one still fails
    CHECK(world.look() == State::kEjected);
    CHECK(world.changes[0].ejections == 1);
  }

  TEST_CASE("a probe that says nothing may be sent again, when released and when lost") {
    World world;
    world.eject();
    world.after(Seconds(30));
    world.outliers->probe_released(kOne, world.now);
    CHECK(world.outliers->state(kOne) == State::kHalfOpen);
    CHECK(std::string(world.changes.back().cause) == "probe_released");
    CHECK(world.changes.back().from == State::kHalfOpen);
    const std::size_t told = world.changes.size();
    world.after(Outliers::kProbePatience - Seconds(1));
    CHECK(world.changes.size() == told);
    world.after(Seconds(1));
    CHECK(world.changes.size() == told + 1);
    CHECK(std::string(world.changes.back().cause) == "probe_unanswered");
  }

  TEST_CASE("results that come too late or for others change nothing") {
    World world;
    world.outliers->probe_result(kOne, false, world.now);
    world.outliers->probe_released(kOne, world.now);
    world.outliers->look(EndpointId{99}, world.now);
    world.outliers->probe_result(EndpointId{99}, false, world.now);
    CHECK(world.changes.empty());
    CHECK(world.outliers->state(EndpointId{99}) == State::kIn);
    world.eject();
    world.outliers->probe_result(kOne, true, world.now);  // of a request from before the ejection
    CHECK(world.outliers->state(kOne) == State::kEjected);
  }

  TEST_CASE("a reload keeps an ejection, and disabling ends it") {
    World world;
    world.eject();
    world.outliers->update({{kOne, {}}, {kTwo, {}}}, world.now);
    CHECK(world.outliers->state(kOne) == State::kEjected);
    conf::Passive off;
    off.enabled = false;
    world.outliers->update({{kOne, off}, {kTwo, {}}}, world.now);
    CHECK(world.outliers->state(kOne) == State::kIn);
    CHECK(world.changes.size() == 1);
    world.fails(0, 50);
    CHECK(world.look() == State::kIn);
  }

  TEST_CASE("the report says until when") {
    World world;
    Report report;
    world.outliers->describe(kOne, world.now, report);
    CHECK(report.outlier == State::kIn);
    world.eject();
    const std::uint64_t before = wall_clock_ms();
    world.outliers->describe(kOne, world.now + Seconds(10), report);
    CHECK(report.outlier == State::kEjected);
    CHECK(report.ejections == 1);
    CHECK(report.ejected_until_wall_ms >= before + 20'000);
    CHECK(report.ejected_until_wall_ms <= wall_clock_ms() + 20'000);
  }

  TEST_CASE("being told may change what is watched") {
    auto workers = std::make_unique<WorkerCounters>();
    std::unique_ptr<Outliers> outliers;
    int told = 0;
    outliers = std::make_unique<Outliers>(
        std::vector<const WorkerCounters*>{workers.get()},
        [&](const Outliers::Change&) {
          ++told;
          outliers->update({}, Instant{1});
        },
        [](EndpointId) { return true; });
    outliers->update({{kOne, {}}, {kTwo, {}}}, Instant{1});
    for (const EndpointId endpoint : {kOne, kTwo}) {
      EndpointCells& cells = workers->endpoints.at(endpoint);
      cells.requests.add(5), cells.failures.add(5), cells.consecutive.add(5);
    }
    outliers->tick(Instant{1'000'001});
    CHECK(told == 2);
    CHECK(outliers->state(kOne) == State::kIn);
  }
}

}  // namespace
}  // namespace segue::health

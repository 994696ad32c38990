// What a pool looks like, and what failback makes of the snapshots that are about to be served.
#include "app/failback_desk.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "tests/routing/world.h"
#include "tests/support/run_until.h"

namespace segue::app {
namespace {

using health::Failback;
using routing::a_pool;
using routing::a_route;
using routing::Word;
using Health = routing::EndpointState::Health;
using Outlier = routing::EndpointState::Outlier;
using Sight = Failback::Sight;

/// A desk and the world it looks at; build() does what the control thread does.
struct Stage {
  explicit Stage(conf::Failback settings = {}) {
    world = routing::two_pools();
    world.config.pools[1].failback = settings;
    world.reload();
    build();
  }
  void build() {
    world.build_now();
    if (!desk.observe(*world.snapshot, now())) return;
    ++rebuilt;
    world.build_now();
    CHECK_FALSE(desk.observe(*world.snapshot, now()));
  }
  void all_of_new(Health health) {
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = health;
    build();
  }
  void all_of_new(Word word) {
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).by_operator = word;
    build();
  }
  const routing::Pool& pool() { return *world.pool("new"); }
  Sight sight() { return sight_of(world.desired, pool()); }
  Failback::State state() { return desk.state(pool().settings, now()); }
  std::string news() {
    std::string names;
    for (const telemetry::Event& event : desk.take_news())
      names += (names.empty() ? "" : " ") + event.name;
    return names;
  }

  net::Loop loop;
  routing::World world;
  int rebuilt = 0, changes = 0;
  FailbackDesk desk{loop, world.desired, [](EndpointId) { return "connection refused"; },
                    [this] { ++changes; }};
};

conf::Failback at_once() {
  conf::Failback settings;
  settings.stable = settings.step = Millis(0);
  settings.steps = 2;
  return settings;
}

}  // namespace

TEST_SUITE("app/failback_desk") {
  TEST_CASE("a pool has failed when health, passive ejection or a name took it") {
    Stage stage;
    CHECK((stage.sight() == Sight::kEligible));
    stage.all_of_new(Health::kDown);
    CHECK((stage.sight() == Sight::kFailed));
    stage.all_of_new(Health::kStarting);
    CHECK((stage.sight() == Sight::kFailed));
    stage.all_of_new(Health::kUp);
    for (std::size_t i = 0; i < 2; ++i) stage.world.state("new", i).by_operator = Word::kOut;
    stage.world.config.pools[1].healthy_min = 2;
    stage.world.reload();
    stage.build();
    CHECK((stage.sight() == Sight::kAway));  // by the operator alone
    stage.world.state("new", 1).by_operator = Word::kNone;
    stage.world.state("new", 1).outlier = Outlier::kEjected;
    stage.build();
    CHECK((stage.sight() == Sight::kFailed));
  }

  TEST_CASE("what operators do, what is being checked and what asks to be drained is no failure") {
    Stage stage;
    for (const Word word : {Word::kOut, Word::kDrain, Word::kDown}) {
      stage.all_of_new(word);
      CHECK((stage.sight() == Sight::kAway));
    }
    stage.all_of_new(Word::kNone);
    for (const Health health : {Health::kChecking, Health::kAskedDrain}) {
      stage.all_of_new(health);
      CHECK((stage.sight() == Sight::kAway));
    }
    stage.all_of_new(Health::kUp);
    CHECK(stage.news() == "");
    CHECK(stage.pool().admitted == 1000);
  }

  TEST_CASE("a failure is served without cohorts at once, and told with its evidence") {
    Stage stage;
    stage.all_of_new(Health::kDown);
    CHECK(stage.rebuilt == 1);
    CHECK(stage.pool().admitted == 0);
    const auto events = stage.desk.take_news();
    REQUIRE(events.size() == 1);
    CHECK(events[0].name == "pool.failed_over");
    CHECK((events[0].level == telemetry::Event::Level::kWarn));
    REQUIRE(events[0].facts.size() == 2);
    CHECK(events[0].facts[0].second == "new");
    CHECK(events[0].facts[1].second.starts_with("0 of 3 endpoints in rotation, 1 needed; "));
    CHECK(events[0].facts[1].second.find("unhealthy (connection refused)") != std::string::npos);

    stage.all_of_new(Health::kUp);
    CHECK(stage.pool().eligible);
    CHECK(stage.pool().admitted == 0);
    CHECK((stage.state().phase == Failback::Phase::kStabilising));
    CHECK(stage.news() == "pool.stabilising");
  }

  TEST_CASE("the operator's ready admits everybody in the same snapshot") {
    for (const Word word : {Word::kReady, Word::kUp}) {
      Stage stage;
      stage.all_of_new(Health::kDown);
      stage.all_of_new(word);
      CHECK((stage.sight() == Sight::kForced));
      CHECK(stage.pool().admitted == 1000);
      CHECK(stage.news() == "pool.failed_over pool.returned");
    }
  }

  TEST_CASE("a reload changes nothing for a pool that comes back, and forgets one that is gone") {
    Stage stage;
    stage.all_of_new(Health::kDown);
    stage.all_of_new(Health::kUp);
    stage.world.config.pools[1].connect_timeout = Millis(1);
    stage.world.reload();
    stage.build();
    CHECK(stage.pool().admitted == 0);
    const conf::Pool removed = stage.world.config.pools[1];
    stage.world.config.pools.pop_back();
    stage.world.config.routes[0].split = stage.world.config.routes[1].split = {{"old", 1, {}}};
    stage.world.reload();
    stage.build();
    CHECK_FALSE(stage.world.desired.pool_states.contains("new"));
    stage.world.config.pools.push_back(removed);
    stage.world.reload();
    stage.build();
    CHECK(stage.pool().admitted == 1000);
  }

  TEST_CASE("a release says who, and only when there is something to release") {
    Stage stage;
    CHECK_FALSE(stage.desk.release("new", Failback::Ramp::kKeep, {}, now()));
    CHECK_FALSE(stage.desk.release("none", Failback::Ramp::kKeep, {}, now()));
    stage.all_of_new(Health::kDown);
    stage.all_of_new(Health::kUp);
    stage.news();
    CHECK(stage.desk.release("new", Failback::Ramp::kKeep, {{"by", "ops"}}, now()));
    stage.build();
    CHECK(stage.pool().admitted == 200);
    const auto events = stage.desk.take_news();
    REQUIRE(events.size() == 2);
    CHECK(events[0].name == "pool.released");
    CHECK(events[0].facts.back() == std::pair<std::string, std::string>{"by", "ops"});
    CHECK(events[1].name == "pool.returning");
  }

  TEST_CASE("time is looked at every second, and asks for a snapshot when it brings something") {
    conf::Failback settings = at_once();
    settings.stable = Millis(1);
    Stage stage(settings);
    stage.all_of_new(Health::kDown);
    stage.all_of_new(Health::kUp);
    CHECK(stage.pool().admitted == 0);
    tests::run_until(stage.loop, [&] { return stage.changes > 0; });
    stage.build();
    CHECK(stage.pool().admitted == 1000);
    CHECK(stage.changes == 1);
  }
}

}  // namespace segue::app

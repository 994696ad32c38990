// What becomes of the verdicts: rotation, slow start, and what is kept for the next start.
#include "app/health_desk.h"

#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "tests/support/run_until.h"
#include "tests/support/scripted_server.h"

namespace segue::app {
namespace {

using tests::run_until;
using tests::ScriptedServer;
using Health = routing::EndpointState::Health;

/// A desk over one pool of one endpoint, which answers its checks with `status`.
struct World final : HealthEvents {
  World() {
    conf::Pool pool;
    pool.name = "new";
    pool.endpoints.resize(1);
    pool.endpoints[0].address = server.address().to_string();
    pool.health.interval = pool.health.interval_changing = pool.health.interval_down = Millis(1);
    pool.slow_start = Millis(300);
    auto config = std::make_shared<conf::Config>();
    config->pools.push_back(pool);
    desired.config = config;
    id = desired.endpoint_id("new", pool.endpoints[0].address);
    desk.emplace(loop, desired, workers, tls, *this);
  }

  void on_rotation_changed() override { ++rotations; }
  bool may_eject(EndpointId) override { return true; }
  void renew_probe(EndpointId) override {}
  void on_history_changed() override { ++histories; }

  routing::EndpointState& state() { return desired.endpoints[id]; }
  void wait_for(Health wanted) {
    run_until(loop, [&] { return state().health == wanted; });
  }

  net::Loop loop;
  net::Mailbox mailbox{loop};
  int status = 200;
  ScriptedServer server{loop,
                        [this](const std::string&) { return ScriptedServer::status(status); }};
  routing::Desired desired;
  Workers workers{1, conf::Log{}, mailbox};
  TlsDesk tls;
  EndpointId id;
  int rotations = 0, histories = 0;
  std::optional<HealthDesk> desk;
};

}  // namespace

TEST_SUITE("app/health_desk") {
  TEST_CASE("an endpoint that is new needs no slow start, one that failed does, for its time") {
    World world;
    world.desk->configure();
    world.wait_for(Health::kUp);
    CHECK_FALSE(world.state().warm_from);
    world.status = 500;
    world.wait_for(Health::kDown);
    CHECK_FALSE(world.state().warm_from);
    world.status = 200;
    world.wait_for(Health::kUp);
    CHECK(world.state().warm_from);
    const int rotations = world.rotations;
    run_until(world.loop, [&] { return !world.state().warm_from; });
    CHECK(world.rotations == rotations + 1);
  }

  TEST_CASE("what the operator has kept in rotation is not cooled down by a check that passes") {
    World world;
    world.desk->configure();
    world.wait_for(Health::kUp);
    world.state().by_operator = routing::Word::kUp;
    world.status = 500;
    world.wait_for(Health::kDown);
    world.status = 200;
    world.wait_for(Health::kUp);
    CHECK_FALSE(world.state().warm_from);
  }

  TEST_CASE("a verdict is worth keeping, and says so") {
    World world;
    world.desk->configure();
    CHECK(world.desk->history().empty());
    world.wait_for(Health::kUp);
    CHECK(world.histories == 1);
    const auto history = world.desk->history();
    REQUIRE(history.size() == 1);
    CHECK(history[0].pool == "new");
    CHECK(history[0].address == world.server.address().to_string());
    CHECK((history[0].state == Health::kUp));
    CHECK(history[0].since_ms > 1'700'000'000'000);
    CHECK(history[0].transitions == 1);
  }

  TEST_CASE("what was up before the restart takes traffic before its first check") {
    World world;
    const std::string address = world.server.address().to_string();
    const std::vector<health::History> before{{"new", address, Health::kUp, 1'700'000'000'000, 3},
                                              {"gone", address, Health::kDown, 1, 1}};
    world.desk->remember(before);
    world.desk->configure();
    CHECK((world.state().health == Health::kUp));
    CHECK(world.desk->report(world.id).checks == 0);
    REQUIRE(world.desk->history().size() == 1);
    CHECK(world.desk->history()[0] == before[0]);
    world.status = 500;
    world.wait_for(Health::kDown);
  }

  TEST_CASE("a failure from before the restart is a failure that was seen") {
    World world;
    world.desk->remember({{"new", world.server.address().to_string(), Health::kDown, 1, 1}});
    world.desk->configure();
    CHECK((world.state().health == Health::kDown));
    world.wait_for(Health::kUp);
    CHECK(world.state().warm_from);
  }
}

}  // namespace segue::app

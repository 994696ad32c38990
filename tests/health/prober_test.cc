// Checks against real sockets: what makes an endpoint flip, what a reload keeps, and how many at
// once.
#include "health/prober.h"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/run_until.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace segue::health {
namespace {

using tests::run_until;
using tests::ScriptedServer;
using Health = EndpointState::Health;
using Reply = ScriptedServer::Reply;

/// Checks that come as often as the loop's deadlines allow.
conf::Health eager() {
  conf::Health check;
  check.interval = check.interval_changing = check.interval_down = Millis(1);
  return check;
}
conf::Health lazy() {
  conf::Health check;
  check.interval = check.interval_changing = check.interval_down = Millis(3'600'000);
  return check;
}

struct World {
  explicit World(std::size_t running_max = Prober::kRunningMax)
      : prober(
            loop, [this](const Flip& flip) { on_flip(flip); }, 1, running_max) {}

  void on_flip(const Flip& flip) {
    CHECK_FALSE(updating);
    flips.push_back(flip);
  }
  void update(std::vector<CheckTarget> targets) {
    updating = true;
    prober.update(std::move(targets));
    updating = false;
  }
  void wait_for(std::uint32_t endpoint, Health state) {
    run_until(loop, [&] { return prober.state(EndpointId{endpoint}) == state; });
  }
  void wait_for_checks(std::uint32_t endpoint, std::uint64_t checks) {
    run_until(loop, [&] { return prober.report(EndpointId{endpoint}).checks >= checks; });
  }

  net::Loop loop;
  std::vector<Flip> flips;
  bool updating = false;
  Prober prober;
};

CheckTarget target(std::uint32_t id, const SocketAddress& socket, conf::Health settings = eager()) {
  return {.endpoint = EndpointId{id},
          .name = "ci.example.com:80",
          .socket = socket,
          .settings = std::move(settings),
          .tls = nullptr};
}

TEST_SUITE("health/prober") {
  TEST_CASE("a new endpoint is checked at once and up after one pass") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) { return ScriptedServer::ok(); });
    world.update({target(0, server.address(), lazy())});
    CHECK(world.prober.state(EndpointId{0}) == Health::kChecking);
    run_until(world.loop, [&] { return !world.flips.empty(); });
    const Flip& flip = world.flips[0];
    CHECK(flip.endpoint == EndpointId{0});
    CHECK(flip.from == Health::kChecking);
    CHECK(flip.to == Health::kUp);
    CHECK(std::string(flip.cause) == "check_passed");
    CHECK(flip.count == 1);
    CHECK(flip.evidence.starts_with("200 in "));
    CHECK(server.requests()[0].starts_with("GET / HTTP/1.1\r\nHost: ci.example.com:80\r\n"));

    const Report report = world.prober.report(EndpointId{0});
    CHECK(report.state == Health::kUp);
    CHECK(report.checks == 1);
    CHECK(report.passes == 1);
    CHECK(report.transitions == 1);
    CHECK(report.last_check_wall_ms > 0);
    CHECK(report.last_result == flip.evidence);
  }

  TEST_CASE("an endpoint falls after three failures in a row and rises after two passes") {
    World world;
    int status = 200;
    ScriptedServer server(world.loop,
                          [&](const std::string&) { return ScriptedServer::status(status); });
    world.update({target(0, server.address())});
    world.wait_for(0, Health::kUp);
    status = 500;
    world.wait_for(0, Health::kDown);
    status = 200;
    world.wait_for(0, Health::kUp);
    REQUIRE(world.flips.size() == 3);
    CHECK(std::string(world.flips[1].cause) == "check_failed");
    CHECK(world.flips[1].evidence == "status 500, expected 200-399");
    CHECK(world.flips[1].count == 3);
    CHECK(world.flips[2].count == 2);
    CHECK(world.prober.report(EndpointId{0}).checks_failed >= 3);
  }

  TEST_CASE("starting, drained and silent endpoints are told apart") {
    World world;
    conf::Health check = eager();
    check.starting_body = "getting ready";
    check.drain_on = {404};
    check.timeout = Millis(50);
    ScriptedServer server(world.loop, [&](const std::string&) {
      return ScriptedServer::status(503, "getting ready");
    });
    world.update({target(0, server.address(), check)});
    world.wait_for(0, Health::kStarting);
    server.script([](const std::string&) { return ScriptedServer::ok(); });
    world.wait_for(0, Health::kUp);
    server.script([](const std::string&) { return ScriptedServer::status(404); });
    world.wait_for(0, Health::kAskedDrain);
    server.script([](const std::string&) { return Reply{{}, Reply::Then::kStay}; });
    world.wait_for(0, Health::kDown);
    CHECK(world.flips.back().evidence == "no answer within 50 ms");
    REQUIRE(world.flips.size() == 4);
    CHECK(std::string(world.flips[0].cause) == "check_starting");
    CHECK(std::string(world.flips[2].cause) == "check_asked_drain");
  }

  TEST_CASE("what the check sends is what the configuration says") {
    World world;
    conf::Health check = lazy();
    check.method = "HEAD";
    check.path = "/healthz?full=1";
    check.host = "ci.internal";
    check.headers = {{"X-Probe", "1"}};
    ScriptedServer server(world.loop, [](const std::string&) { return ScriptedServer::ok(); });
    world.update({target(0, server.address(), check)});
    world.wait_for(0, Health::kUp);
    CHECK(server.requests()[0].starts_with(
        "HEAD /healthz?full=1 HTTP/1.1\r\nHost: ci.internal\r\nX-Probe: 1\r\n"));
  }

  TEST_CASE("a check may go to another port or another address") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) { return ScriptedServer::ok(); });
    const std::string port = std::to_string(server.address().port());
    std::uint32_t id = 0;
    for (const std::string& address : {":" + port, "127.0.0.1:" + port, "localhost:" + port}) {
      CAPTURE(address);
      conf::Health check = lazy();
      check.address = address;
      world.update({target(++id, tests::refusing_address(), check)});
      world.wait_for(id, Health::kUp);
    }
    conf::Health check = eager();
    check.address = std::string(300, 'a') + ":80";  // no name can be that long
    world.update({target(++id, server.address(), check)});
    world.wait_for(id, Health::kDown);
    CHECK(world.flips.back().evidence.starts_with("no address for the check"));
  }

  TEST_CASE("TCP checks pass with a connection and fail without") {
    World world;
    conf::Health check = eager();
    check.kind = conf::Health::Kind::kTcp;
    ScriptedServer server(world.loop, [](const std::string&) { return Reply{}; });
    world.update({target(0, server.address(), check), target(1, tests::refusing_address(), check)});
    world.wait_for(0, Health::kUp);
    world.wait_for(1, Health::kDown);
    CHECK(server.requests().empty());
    CHECK(world.prober.report(EndpointId{1}).last_result == "connection refused");
  }

  TEST_CASE("UNIX sockets are checked like others") {
    World world;
    const tests::TempDir dir;
    ScriptedServer server(world.loop, dir / "socket",
                          [](const std::string&) { return ScriptedServer::ok(); });
    CheckTarget unix_target = target(0, server.address(), lazy());
    unix_target.name = "unix:" + (dir / "socket");
    world.update({unix_target});
    world.wait_for(0, Health::kUp);
    CHECK(server.requests()[0].find("\r\nHost: localhost\r\n") != std::string::npos);
  }

  TEST_CASE("a reload keeps the history of unchanged checks, and their running check too") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) { return ScriptedServer::ok(); });
    const CheckTarget same = target(0, server.address(), lazy());
    world.update({same});
    world.update({same});  // while the first check runs
    world.wait_for(0, Health::kUp);
    CHECK(server.connections() == 1);
    world.update({same, target(1, server.address(), lazy())});
    CHECK(world.prober.state(EndpointId{0}) == Health::kUp);
    world.wait_for(1, Health::kUp);
    CHECK(world.prober.report(EndpointId{0}).checks == 1);
  }

  TEST_CASE(
      "with another check what was up stays up until it fails, and what was down is asked anew") {
    World world;
    int status = 200;
    ScriptedServer server(world.loop,
                          [&](const std::string&) { return ScriptedServer::status(status); });
    world.update({target(0, server.address())});
    world.wait_for(0, Health::kUp);
    conf::Health other = eager();
    other.path = "/other";
    other.expect_status = {{204, 204}};
    world.update({target(0, server.address(), other)});
    CHECK(world.prober.state(EndpointId{0}) == Health::kUp);
    world.wait_for(0, Health::kDown);
    CHECK(world.flips.back().count == 3);
    other.expect_status = {{200, 200}};
    world.update({target(0, server.address(), other)});
    CHECK(world.prober.state(EndpointId{0}) == Health::kChecking);
    world.wait_for(0, Health::kUp);
    CHECK(world.flips.back().count == 1);
  }

  TEST_CASE("without a check an endpoint is unchecked, and with one again it goes on as up") {
    World world;
    ScriptedServer server(world.loop,
                          [](const std::string&) { return ScriptedServer::status(500); });
    conf::Health none;
    none.kind = conf::Health::Kind::kNone;
    world.update({target(0, server.address(), none)});
    CHECK(world.prober.state(EndpointId{0}) == Health::kUnchecked);
    world.update({target(0, server.address())});
    CHECK(world.prober.state(EndpointId{0}) == Health::kUp);
    world.wait_for(0, Health::kDown);
  }

  TEST_CASE("a removed endpoint is forgotten, its running check included") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) {
      return Reply{{}, Reply::Then::kStay};
    });
    world.update({target(0, server.address())});
    run_until(world.loop, [&] { return server.requests().size() == 1; });
    CHECK(world.prober.running() == 1);
    world.update({});
    CHECK(world.prober.running() == 0);
    run_until(world.loop, [&] { return server.open() == 0; });
    CHECK(world.flips.empty());
    CHECK(world.prober.report(EndpointId{0}).checks == 0);
  }

  TEST_CASE("a state from before a restart holds until checks say otherwise") {
    World world;
    ScriptedServer server(world.loop,
                          [](const std::string&) { return ScriptedServer::status(500); });
    CheckTarget known = target(0, server.address());
    known.known = Health::kUp;
    known.known_since_wall_ms = 1'700'000'000'000;
    known.known_transitions = 7;
    world.update({known});
    CHECK(world.prober.state(EndpointId{0}) == Health::kUp);
    CHECK(world.prober.report(EndpointId{0}).since_wall_ms == 1'700'000'000'000);
    CHECK(world.prober.report(EndpointId{0}).transitions == 7);
    world.wait_for(0, Health::kDown);
    CHECK(world.flips.front().count == 3);
    CHECK(world.prober.report(EndpointId{0}).since_wall_ms > 1'700'000'000'000);
    CHECK(world.prober.report(EndpointId{0}).transitions == 8);
  }

  TEST_CASE("an endpoint without an address is checked once it has one") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) { return ScriptedServer::ok(); });
    CheckTarget unresolved = target(0, server.address(), lazy());
    unresolved.socket.reset();
    world.update({unresolved});
    CHECK(world.prober.report(EndpointId{0}).last_result == "the address is not resolved yet");
    CHECK(world.prober.running() == 0);
    unresolved.socket = server.address();
    world.update({unresolved});
    world.wait_for(0, Health::kUp);
  }

  TEST_CASE("no more checks run at once than the limit, and all get their turn") {
    constexpr std::size_t kLimit = 2;
    World world(kLimit);
    conf::Health check = lazy();
    check.timeout = Millis(40);
    ScriptedServer server(world.loop, [](const std::string&) {
      return Reply{{}, Reply::Then::kStay};
    });
    std::vector<CheckTarget> targets;
    for (std::uint32_t i = 0; i < 5; ++i) targets.push_back(target(i, server.address(), check));
    world.update(targets);
    CHECK(world.prober.running() == kLimit);
    run_until(world.loop, [&] {
      CHECK(world.prober.running() <= kLimit);
      std::uint64_t checks = 0;
      for (std::uint32_t i = 0; i < 5; ++i) checks += world.prober.report(EndpointId{i}).checks;
      return checks == 5;
    });
    CHECK(world.prober.running() == 0);
  }

  TEST_CASE("a flip may change what is checked") {
    net::Loop loop;
    std::unique_ptr<Prober> prober;
    bool flipped = false;
    ScriptedServer server(loop, [](const std::string&) { return ScriptedServer::ok(); });
    prober = std::make_unique<Prober>(
        loop,
        [&](const Flip&) {
          prober->update({});
          flipped = true;
        },
        1);
    prober->update({target(0, server.address())});
    run_until(loop, [&] { return flipped; });
    CHECK(prober->state(EndpointId{0}) == Health::kChecking);
  }
}

}  // namespace
}  // namespace segue::health

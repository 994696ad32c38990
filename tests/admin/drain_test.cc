// Letting go of a pool and taking it back, over the API and with segue ctl.
// labels: threads
#include <doctest/doctest.h>

#include "tests/admin/ctl_runner.h"

using namespace segue::admin;
using namespace segue::admin::test;
using segue::Millis;
using segue::PoolId;
using segue::health::Failback;
using Health = segue::routing::EndpointState::Health;

namespace {

PoolId pool_id(TestServer& server, const std::string& name) {
  return server.control.world().pools.of(name);
}

/// `count` requests run on old over route webhooks; of them some streams and tunnels.
void run_on_old(TestServer& server, std::uint64_t count, std::uint64_t streams = 0,
                std::uint64_t tunnels = 0) {
  server.control.worker(1).series.at(server.control.series("webhooks", "old")).in_flight.set(count);
  auto& cells = server.control.worker(1).pools.at(pool_id(server, "old"));
  cells.streams.set(streams);
  cells.tunnels.set(tunnels);
}

/// Nothing new for old.
void take_out(TestServer& server) {
  REQUIRE(server.put("/v1/pools/old", R"({"state":"drain"})").status == 200);
}

Failback::State returning() {
  Failback::State state;
  state.phase = Failback::Phase::kReturning;
  state.admitted = 400;
  state.step = 2;
  state.steps = 5;
  return state;
}

Ended run(TestServer& server, const std::vector<std::string>& arguments, bool terminal = false,
          const std::function<void()>& meanwhile = {}) {
  return run_beside(server, arguments, {.err = terminal, .no_colour = true}, meanwhile);
}

}  // namespace

TEST_SUITE("admin/drain threads") {
  TEST_CASE("a pool is drained when nothing runs and nothing new comes") {
    TestServer server;
    Json drained = server.get("/v1/pools/old/drained").json();
    CHECK(drained["drained"] == false);
    CHECK(drained["still_taking"] ==
          Json({"route webhooks gives it weight 90", "route ui gives it weight 100"}));
    take_out(server);
    run_on_old(server, 7, 2, 4);
    drained = server.get("/v1/pools/old/drained").json();
    CHECK(drained["drained"] == false);
    CHECK(drained["in_flight"] == 7);
    CHECK(drained["streams"] == 2);
    CHECK(drained["tunnels"] == 4);
    CHECK(drained["sessions"] == 0);
    CHECK(drained["still_taking"].empty());
    run_on_old(server, 0);
    CHECK(server.get("/v1/pools/old/drained").json()["drained"] == true);
    CHECK(server.get("/v1/pools/none/drained").status == 404);
  }

  TEST_CASE("weight 0 is enough, but not for what has no cohort key") {
    TestServer server;
    server.put("/v1/splits/ui", R"({"weights":{"old":0,"new":1}})");
    server.put("/v1/splits/webhooks", R"({"weights":{"old":0,"new":1}})");
    const Json why = server.get("/v1/pools/old/drained").json()["still_taking"];
    REQUIRE(why.size() == 2);
    CHECK(why[0] == "route webhooks sends it what has no cohort key");
    server.put("/v1/splits/webhooks", R"({"weights":{"old":1,"new":0}})");
    server.put("/v1/splits/ui", R"({"weights":{"old":1,"new":0}})");
    CHECK(server.get("/v1/pools/new/drained").json()["drained"] == true);
  }

  TEST_CASE("a pool shows what lasts on it and how it comes back") {
    TestServer server;
    run_on_old(server, 3, 1, 2);
    server.control.failbacks["old"] = returning();
    const Json pool = server.get("/v1/pools/old").json();
    CHECK(pool["lasting"] == Json({{"in_flight", 3}, {"streams", 1}, {"tunnels", 2}}));
    CHECK(pool["failback"]["state"] == "returning");
    CHECK(pool["failback"]["hold"].is_null());
    CHECK(pool["failback"]["admitted"] == 0.4);
    CHECK(pool["failback"]["step"] == 2);
    CHECK(pool["failback"]["next"].is_null());
  }

  TEST_CASE("what is held back is worth a warning") {
    TestServer server;
    Failback::State held;
    held.phase = Failback::Phase::kHeld;
    held.hold = Failback::Hold::kManual;
    held.admitted = 0;
    server.control.failbacks["new"] = held;
    Json warnings = server.get("/v1/status").json()["warnings"];
    REQUIRE(warnings.size() == 1);
    CHECK(has(warnings[0], "waits for you: `segue ctl failback new`"));
    held.hold = Failback::Hold::kFlapping;
    held.failures = 3;
    server.control.failbacks["new"] = held;
    warnings = server.get("/v1/status").json()["warnings"];
    REQUIRE(warnings.size() == 1);
    CHECK(has(warnings[0], "it failed 3 times"));
  }

  TEST_CASE("failback asks control, with or without the steps") {
    TestServer server;
    server.control.failbacks["new"] = returning();
    Json done =
        server.client().asks("POST", "/v1/pools/new/failback", R"({"reason":"fixed"})").json();
    CHECK(done["changed"] == true);
    CHECK(done["failback"]["state"] == "taking");
    CHECK(server.control.authors.back().reason == "fixed");
    done = server.client().asks("POST", "/v1/pools/new/failback", R"({"at_once":true})").json();
    CHECK(done["changed"] == false);
    REQUIRE(server.control.released.size() == 2);
    CHECK((server.control.released[0].second == Failback::Ramp::kKeep));
    CHECK((server.control.released[1].second == Failback::Ramp::kSkip));
    CHECK(server.client().asks("POST", "/v1/pools/new/failback", R"({"at_once":1})").status == 422);
    CHECK(server.client().asks("POST", "/v1/pools/no/failback", "{}").status == 404);
  }

  TEST_CASE("tunnels are closed over a time that makes sense") {
    TestServer server;
    run_on_old(server, 5, 0, 5);
    const auto ask = [&](std::string_view body) {
      return server.client().asks("POST", "/v1/pools/old/close-tunnels", body);
    };
    CHECK(ask(R"({"over":"30s"})").json()["tunnels"] == 5);
    CHECK(ask("{}").json()["over"] == "10s");
    REQUIRE(server.control.closed.size() == 2);
    CHECK(server.control.closed[0] == std::pair<std::string, Millis>{"old", Millis(30'000)});
    for (const char* wrong : {R"({"over":"2h"})", R"({"over":10})", R"({"over":"soon"})"}) {
      CAPTURE(wrong);
      CHECK(ask(wrong).status == 422);
    }
    CHECK(server.control.closed.size() == 2);
  }

  TEST_CASE("wait drained ends with 0 when it is, and with 3 when it is not in time") {
    TestServer server;
    take_out(server);
    run_on_old(server, 3, 1, 1);
    Ended ended = run(server, {"wait", "drained", "old", "--timeout", "10ms"});
    CHECK(ended.code == 3);
    CHECK(ended.err == "");
    CHECK(ended.out == "still waiting: pool old has 3 requests, of which 1 stream and 1 tunnel\n");
    int asked = 0;
    ended = run(server, {"wait", "drained", "old", "--timeout", "1m"}, true, [&] {
      if (++asked == 3) run_on_old(server, 0);
    });
    CHECK(ended.code == 0);
    CHECK(ended.out == "drained: nothing runs on pool old, nothing new comes\n");
  }

  TEST_CASE("on a terminal waiting shows what it waits for, on one line") {
    TestServer server;
    const Ended ended = run(server, {"wait", "drained", "old", "--timeout", "1500ms"}, true);
    CHECK(ended.code == 3);
    CHECK(has(ended.err,
              "\r\x1b[Kwaiting for pool old: 0 requests; it still takes new ones: route "
              "webhooks gives it weight 90"));
    CHECK(ended.err.ends_with("\r\x1b[K"));
    CHECK_FALSE(has(ended.err, "\n"));
  }

  TEST_CASE("sessions that were seen lately are waited for, when one wants to") {
    TestServer server;
    take_out(server);
    const auto see = [&](std::uint64_t hash, const char* pool, std::uint64_t minutes_ago) {
      segue::telemetry::RecentCohort cohort;
      cohort.hash = hash;
      cohort.pool = pool_id(server, pool);
      cohort.last_ms = segue::wall_clock_ms() - minutes_ago * 60'000;
      cohort.requests = 1;
      cohort.session = true;
      server.control.traffic.cohorts.push_back(cohort);
    };
    see(1, "old", 1);
    see(1, "old", 2);  // by another worker
    see(2, "old", 29);
    see(3, "old", 31);
    see(4, "new", 1);
    see(5, "old", 9);
    see(5, "new", 8);  // it has moved since
    CHECK(server.get("/v1/pools/old/drained").json()["sessions"] == 2);
    Ended ended = run(server, {"wait", "drained", "old", "--sessions", "--timeout", "1ms"});
    CHECK(ended.code == 3);
    CHECK(has(ended.out, "2 sessions seen in the last half hour"));
    CHECK(run(server, {"wait", "drained", "old"}).code == 0);
    server.control.traffic.cohorts.clear();
    CHECK(run(server, {"wait", "drained", "old", "--sessions"}).code == 0);
  }

  TEST_CASE("with --json waiting prints the last answer alone") {
    TestServer server;
    take_out(server);
    const Ended ended = run(server, {"--json", "wait", "drained", "old"}, true);
    CHECK(ended.err == "");
    CHECK(Json::parse(ended.out)["drained"] == true);
  }

  TEST_CASE("what makes no sense to wait for is refused") {
    TestServer server;
    CHECK(run(server, {"wait", "empty", "old"}).code == 2);
    CHECK(run(server, {"wait", "drained", "nobody"}).code == 2);
    CHECK(run(server, {"wait", "drained", "old", "--timeout", "soon"}).code == 2);
    CHECK(run(server, {"wait", "drained"}).code == 2);
  }

  TEST_CASE("drain may end the tunnels of a pool, and only of a pool") {
    TestServer server;
    run_on_old(server, 2, 0, 2);
    Ended ended = run(server, {"drain", "old", "--tunnels", "--over", "3s"});
    CHECK(ended.code == 0);
    CHECK(has(ended.out, "2 tunnels of pool old end within 3s\n"));
    CHECK(server.control.closed.size() == 1);
    ended = run(server, {"drain", "new/10.0.0.6:8080", "--tunnels"});
    CHECK(ended.code == 2);
    CHECK(server.control.closed.size() == 1);
    CHECK(server.get("/v1/pools/new").json()["in_rotation"] == 2);  // nothing was done
  }

  TEST_CASE("failback says where the pool is now") {
    TestServer server;
    server.control.failbacks["new"] = returning();
    Ended ended = run(server, {"failback", "new", "--reason", "disk replaced"});
    CHECK(ended.code == 0);
    CHECK(ended.out == "done: pool new is taking, with 100 % of its cohorts\n");
    ended = run(server, {"failback", "new"});
    CHECK(ended.code == 0);
    CHECK(ended.out == "nothing to release: pool new is taking, with 100 % of its cohorts\n");
    CHECK(run(server, {"failback", "nwe"}).code == 2);
  }

  TEST_CASE("pools shows what comes back and what lasts") {
    TestServer server;
    server.control.failbacks["new"] = returning();
    run_on_old(server, 3, 1, 2);
    const Ended ended = run(server, {"pools"});
    CHECK(has(ended.out, "returning 40 %"));
    CHECK(has(ended.out, "STREAMS  TUNNELS"));
  }
}

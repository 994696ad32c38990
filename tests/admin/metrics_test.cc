#include "admin/metrics.h"

#include <doctest/doctest.h>

#include "tests/admin/test_server.h"

using namespace segue;
using namespace segue::admin;
using namespace segue::admin::test;

TEST_SUITE("admin/metrics") {
  TEST_CASE("the page is filled with names, shares and states") {
    FakeControl control;
    Observed observed;
    const Instant start{1'000'000'000};
    observed.tick(control, start);
    control.count("webhooks", "old", 30);
    control.count("webhooks", "new", 10);
    control.health_of("old", "10.0.0.5:8080", routing::EndpointState::Health::kDown);
    control.reports[control.endpoint("old", "10.0.0.5:8080")].checks = 7;
    const telemetry::Exposition page = exposition(control, observed, start + Seconds(5));
    CHECK(page.version == "0.1.0");
    CHECK(page.generation == 2);
    CHECK(page.settled_generation == 2);
    CHECK(page.workers.size() == 2);
    REQUIRE(page.shares.size() == 4);
    CHECK(page.shares[1].route == "webhooks");
    CHECK(page.shares[1].pool == "new");
    CHECK(page.shares[1].weight == 10);
    CHECK(*page.shares[1].configured == doctest::Approx(0.1));
    CHECK(*page.shares[1].effective == doctest::Approx(1));  // old is down
    CHECK(*page.shares[1].observed == doctest::Approx(0.25));
    CHECK_FALSE(page.shares[2].observed);
    REQUIRE(page.endpoints.size() == 3);
    CHECK(page.endpoints[0].pool == "old");
    CHECK(page.endpoints[0].address == "10.0.0.5:8080");
    CHECK(page.endpoints[0].rotation == "out");
    CHECK(page.endpoints[0].health == "down");
    CHECK(page.endpoints[0].checks == 7);
    REQUIRE(page.pools.size() == 2);
    CHECK_FALSE(page.pools[0].eligible);
    CHECK(page.listeners.size() == 1);
    bool series = false;
    for (const auto& each : page.series) series |= each.route == "webhooks" && each.pool == "new";
    CHECK(series);
  }

  TEST_CASE("a fallback pool has a share of what was seen, and none of what was set") {
    conf::Config config = two_pools();
    config.routes[0].split = {{"new", 1, {}}};  // its fallback is "old"
    FakeControl control(config);
    Observed observed;
    const Instant start{1'000'000'000};
    observed.tick(control, start);
    control.count("webhooks", "old", 30);
    control.count("webhooks", "new", 10);
    const telemetry::Exposition page = exposition(control, observed, start + Seconds(5));
    REQUIRE(page.shares.size() == 4);
    CHECK(*page.shares[0].observed == doctest::Approx(0.25));
    CHECK(page.shares[1].pool == "old");
    CHECK_FALSE(page.shares[1].weight);
    CHECK_FALSE(page.shares[1].configured);
    CHECK(*page.shares[1].observed == doctest::Approx(0.75));
    CHECK(telemetry::metrics_text(page).find(
              "segue_split_observed_share_ratio{route=\"webhooks\",pool=\"old\"} 0.75\n") !=
          std::string::npos);
  }

  TEST_CASE("what the configuration no longer has keeps its counters") {
    FakeControl control;
    Observed observed;
    control.world().endpoint_id("gone", "10.9.9.9:80");
    control.world().series.of("gone\nold");
    const telemetry::Exposition page = exposition(control, observed, now());
    CHECK(page.endpoints.back().pool == "gone");
    CHECK_FALSE(page.endpoints.back().configured);
    CHECK(page.series.back().route == "gone");
  }

  TEST_CASE("/metrics is Prometheus text") {
    TestServer server;
    const RawResponse page = server.get("/metrics");
    CHECK(page.status == 200);
    CHECK(page.field("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(page.body.starts_with("# "));
    CHECK(page.body.find("pool=\"new\"") != std::string::npos);
  }
}

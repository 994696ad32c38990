#include "admin/api.h"

#include <doctest/doctest.h>

#include "tests/admin/test_server.h"

using namespace segue::admin;
using namespace segue::admin::test;
using Health = segue::routing::EndpointState::Health;

TEST_SUITE("admin/api") {
  TEST_CASE("every reading carries the generation that it shows") {
    TestServer server;
    for (const char* path :
         {"/v1/status", "/v1/listeners", "/v1/routes", "/v1/splits", "/v1/splits/ui", "/v1/pools",
          "/v1/pools/new", "/v1/pools/new/endpoints", "/v1/pools/new/endpoints/10.0.0.6:8080",
          "/v1/health", "/v1/workers", "/v1/events", "/v1/config"}) {
      CAPTURE(path);
      const RawResponse response = server.get(path);
      CHECK(response.status == 200);
      CHECK(response.field("ETag") == "\"1\"");
      if (response.field("Content-Type") == "application/json")
        CHECK(response.json()["generation"] == 1);
    }
  }

  TEST_CASE("status says what an operator should know") {
    TestServer server;
    Json status = server.get("/v1/status").json();
    CHECK(status["version"] == "0.1.0");
    CHECK(status["started"] == "2023-11-14T22:13:20.000Z");
    CHECK(status["ready"] == true);
    CHECK(status["pools"] == Json({{"total", 2}, {"eligible", 2}}));
    CHECK(status["endpoints"] == Json({{"total", 3}, {"in_rotation", 3}}));
    CHECK(status["warnings"].empty());

    server.control.health_of("new", "10.0.0.6:8080", Health::kDown);
    server.control.reports[server.control.endpoint("new", "10.0.0.6:8080")].last_result =
        "connection refused";
    server.control.health_of("new", "10.0.0.7:8080", Health::kStarting);
    server.put("/v1/splits/ui", R"({"weights":{"new":50}})");
    status = server.get("/v1/status").json();
    REQUIRE(status["warnings"].size() == 2);
    CHECK(status["warnings"][0] ==
          "pool new cannot take traffic: 0 of 2 endpoints in rotation, 1 needed; 10.0.0.6:8080 "
          "unhealthy (connection "
          "refused), 10.0.0.7:8080 starting");
    CHECK(status["warnings"][1] ==
          "route ui serves old=100 new=50 as set at run time; the file says old=100 new=0");

    server.control.health_of("old", "10.0.0.5:8080", Health::kDown);
    const std::string all = server.get("/v1/status").json()["warnings"].dump();
    CHECK(all.find("route webhooks has no pool that can take traffic: its requests get 503") !=
          std::string::npos);
  }

  TEST_CASE("readiness has its reason, liveness does not care") {
    TestServer server;
    server.control.is_ready = false;
    CHECK(server.get("/ready").body == "not ready: starting\n");
    server.control.info.draining = true;
    const RawResponse draining = server.get("/ready");
    CHECK(draining.status == 503);
    CHECK(draining.body == "not ready: draining\n");
    CHECK(server.get("/live").status == 200);
  }

  TEST_CASE("listeners and workers show their counters") {
    TestServer server;
    server.control.worker(0).listeners.at({0}).accepted.add(5);
    server.control.worker(1).listeners.at({0}).accepted.add(2);
    server.control.worker(1).listeners.at({0}).active.add(1);
    const Json listener = server.get("/v1/listeners").json()["listeners"][0];
    CHECK(listener == Json({{"listener", "edge"},
                            {"address", "127.0.0.1:34567"},
                            {"connections", 1},
                            {"connections_max", 10'000},
                            {"accepted", 7},
                            {"refused", 0},
                            {"certificates", Json::array()}}));
    server.control.worker(1)
        .worker.local_replies[static_cast<std::size_t>(segue::Fault::kNoRoute)]
        .add(3);
    server.control.worker(1).worker.loop_us.add(1000);
    server.control.worker(1).worker.busy_us.add(250);
    const Json workers = server.get("/v1/workers").json()["workers"];
    REQUIRE(workers.size() == 2);
    CHECK(workers[0]["busy"].is_null());
    CHECK(workers[1]["busy"] == 0.25);
    CHECK(workers[1]["local_replies"] == Json({{"no_route", 3}}));
  }

  TEST_CASE("routes come in order of precedence") {
    TestServer server;
    const Json routes = server.get("/v1/routes").json()["routes"];
    REQUIRE(routes.size() == 2);
    CHECK(routes[0] ==
          Json({{"route", "webhooks"},
                {"kind", "webhook"},
                {"match",
                 {{"host", "ci.example.com"}, {"path", "/github-webhook/"}, {"methods", {"POST"}}}},
                {"weights", {{"old", 90}, {"new", 10}}},
                {"cohort", {"header:X-Repo"}},
                {"fallback", {"old"}}}));
    CHECK(routes[1]["route"] == "ui");
  }

  TEST_CASE("a split shows shares as set, as possible and as seen") {
    TestServer server;
    server.control.count("webhooks", "old", 60);
    server.control.count("webhooks", "new", 40, 100'000, 10);
    Json split = server.get("/v1/splits/webhooks").json();
    CHECK(split["weights_from"] == "file");
    Json old_pool = split["pools"][0], new_pool = split["pools"][1];
    CHECK(old_pool["pool"] == "old");
    CHECK(old_pool["weight"] == 90);
    CHECK(old_pool["share"] == 0.9);
    CHECK(old_pool["effective_share"] == 0.9);
    CHECK(new_pool["requests"] == 40);
    CHECK(new_pool["failures"] == 10);
    CHECK(new_pool["observed"]["since_change"]["share"] == 0.4);
    CHECK(new_pool["observed"]["last_minute"]["share"] == 0.4);
    CHECK(new_pool["observed"]["since_change"]["p50_ms"].get<double>() ==
          doctest::Approx(100).epsilon(0.5));

    server.control.health_of("new", "10.0.0.6:8080", Health::kDown);
    server.control.health_of("new", "10.0.0.7:8080", Health::kDown);
    split = server.get("/v1/splits/webhooks").json();
    CHECK(split["pools"][0]["effective_share"] == 1.0);
    CHECK(split["pools"][1]["effective_share"] == 0.0);
    CHECK(split["pools"][1]["share"] == 0.1);
    CHECK(split["pools"][1]["eligible"] == false);

    server.put("/v1/splits/webhooks", R"({"weights":{"old":50,"new":50}})");
    split = server.get("/v1/splits/webhooks").json();
    CHECK(split["weights_from"] == "operator");
    CHECK(split["pools"][1]["file_weight"] == 10);
    CHECK(split["pools"][1]["weight"] == 50);
    CHECK(split["pools"][1]["observed"]["since_change"]["requests"] == 0);
    CHECK(split["pools"][1]["observed"]["since_change"]["share"].is_null());
    CHECK(split["pools"][1]["observed"]["last_minute"]["requests"] == 40);
    CHECK(split["pools"][1]["requests"] == 40);
  }

  TEST_CASE("an endpoint shows rotation, cause, the operator's word and its health") {
    TestServer server;
    const auto id = server.control.endpoint("new", "10.0.0.7:8080");
    server.control.health_of("new", "10.0.0.7:8080", Health::kDown);
    server.control.reports[id].last_result = "status 500, expected 200-399";
    server.control.reports[id].since_wall_ms = 1'700'000'000'000;
    server.control.worker(0).endpoints.at(id).requests.add(3);
    server.control.worker(1).endpoints.at(id).requests.add(4);
    const Json endpoint = server.get("/v1/pools/new/endpoints/10.0.0.7:8080").json();
    CHECK(endpoint["rotation"] == "out");
    CHECK(endpoint["cause"] == "unhealthy");
    CHECK(endpoint["state"] == "auto");
    CHECK(endpoint["resolved"] == "10.0.0.7:8080");
    CHECK(endpoint["requests"] == 7);
    CHECK(endpoint["health"]["state"] == "down");
    CHECK(endpoint["health"]["since"] == "2023-11-14T22:13:20.000Z");
    CHECK(endpoint["health"]["last_check"].is_null());
    CHECK(server.get("/v1/health").json()["endpoints"].size() == 3);
    CHECK(server.get("/v1/pools/new/endpoints/10%2E0.0.7%3A8080").status == 200);
  }

  TEST_CASE("health of one pool; probes may ask with any query") {
    TestServer server;
    const Json health = server.get("/v1/health?pool=new").json();
    REQUIRE(health["endpoints"].size() == 2);
    CHECK(health["endpoints"][0]["pool"] == "new");
    CHECK(server.get("/v1/health?p%6fol=n%65w&").json() == health);
    CHECK(server.get("/v1/health?").json()["endpoints"].size() == 3);
    CHECK(server.get("/live?now=1").status == 200);
    CHECK(server.get("/metrics?a=b").status == 200);
  }

  TEST_CASE("the configuration that runs is served as TOML") {
    TestServer server;
    const RawResponse config = server.get("/v1/config");
    CHECK(config.field("Content-Type") == "application/toml; charset=utf-8");
    CHECK(config.body.find("[pools.new]") != std::string::npos);
  }

  TEST_CASE("explain tells route, cohort and pool of a request") {
    TestServer server;
    const auto explain = [&](const char* body) {
      return server.client().asks("POST", "/v1/explain", body);
    };
    const Json hook =
        explain(
            R"({"method":"POST","url":"https://ci.example.com/github-webhook/","headers":{"X-Repo":"org/app"}})")
            .json();
    CHECK(hook["route"] == "webhooks");
    CHECK(hook["cohort"]["source"] == "header:X-Repo");
    CHECK(hook["cohort"]["key"] == "org/app");
    CHECK(hook["cohort"]["hash"].get<std::string>().size() == 16);
    CHECK(hook["branches"].size() == 2);
    CHECK((hook["pool"] == "old" || hook["pool"] == "new"));
    // By Host field, in other case, the same cohort lands in the same place.
    const Json again =
        explain(
            R"({"method":"POST","url":"/github-webhook/","headers":{"Host":"CI.example.com:8080","x-repo":["ORG/app"]}})")
            .json();
    CHECK(again["route"] == "webhooks");
    CHECK(again["pool"] == hook["pool"]);
    CHECK(again["cohort"]["hash"] == hook["cohort"]["hash"]);
    CHECK(explain(R"({"url":"/anything?x=1","client":"192.0.2.1"})").json()["route"] == "ui");
  }
}

// The metrics page: what it says, and that Prometheus' own checker has nothing to say about it.
#include "telemetry/exposition.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "telemetry/prometheus.h"
#include "tests/support/temp_dir.h"

namespace segue::telemetry {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// Two workers, a route over two pools, one endpoint each, and one endpoint that is gone.
struct World {
  World() : one(std::make_unique<WorkerCounters>()), two(std::make_unique<WorkerCounters>()) {
    from.version = "1.2.3";
    from.commit = "abc\"def\\";
    from.started_wall_ms = 1'769'903'999'001;
    from.ready = true;
    from.memory_resident = 12'345'678;
    from.memory_max = 1 << 30;
    from.generation = 118;
    from.settled_generation = 117;
    from.workers = {one.get(), two.get()};
    from.series = {{SeriesId{0}, "webhooks", "old"}, {SeriesId{1}, "webhooks", "new"}};
    from.shares = {{"webhooks", "old", 90, 0.9, 1.0, 0.875}, {"webhooks", "new", 10, 0.1, 0.0, {}}};
    from.pools = {{PoolId{0}, "old", true, 1, "taking"},
                  {PoolId{1}, "new", false, 0.4, "returning"}};
    from.endpoints = {{.id = EndpointId{0},
                       .pool = "old",
                       .address = "10.0.0.5:8080",
                       .rotation = "in",
                       .health = "up",
                       .checks = 10,
                       .checks_failed = 1,
                       .transitions = 1},
                      {.id = EndpointId{1},
                       .pool = "new",
                       .address = "10.0.0.6:8080",
                       .rotation = "out",
                       .health = "down"},
                      {.id = EndpointId{2},
                       .pool = "new",
                       .address = "10.0.0.7:8080",
                       .configured = false,
                       .rotation = "",
                       .health = ""}};
    from.listeners = {{ListenerId{0}, "edge"}};

    for (WorkerCounters* worker : {one.get(), two.get()}) {
      SeriesCells& series = worker->series.at(SeriesId{0});
      series.by_class[2].add(3);
      series.by_class[5].add(1);
      series.retries[static_cast<std::size_t>(Proof::kReusedConnection)].add(2);
      series.sessions[static_cast<std::size_t>(SessionState::kKept)].add(5);
      series.total.record(1500);
      series.total.record(400'000'000);
      series.first_byte.record(100);
      worker->endpoints.at(EndpointId{2}).requests.add(5);
      worker->pools.at(PoolId{0}).streams.add(2);
      worker->listeners.at(ListenerId{0}).accepted.add(7);
      worker->worker.requests.add(4);
      worker->worker.busy_us.add(1'250'000);
      worker->worker.local_replies[static_cast<std::size_t>(Fault::kNoEndpoint)].add(2);
    }
  }
  std::unique_ptr<WorkerCounters> one, two;
  Exposition from;
};

TEST_SUITE("telemetry/exposition") {
  TEST_CASE("workers are summed under the names of routes, pools, endpoints and listeners") {
    const World world;
    const std::string text = metrics_text(world.from);
    for (const char* line : {
             R"(segue_build_info{version="1.2.3",commit="abc\"def\\"} 1)",
             R"(segue_start_time_seconds 1769903999.001)",
             R"(segue_requests_total{route="webhooks",pool="old",class="2xx"} 6)",
             R"(segue_requests_total{route="webhooks",pool="new",class="2xx"} 0)",
             R"(segue_retries_total{route="webhooks",pool="old",proof="reused_connection"} 4)",
             R"(segue_sessions_total{route="webhooks",pool="old",session="kept"} 10)",
             R"(segue_sessions_total{route="webhooks",pool="old",session="away"} 0)",
             R"(segue_split_weight{route="webhooks",pool="old"} 90)",
             R"(segue_split_configured_share_ratio{route="webhooks",pool="new"} 0.1)",
             R"(segue_split_effective_share_ratio{route="webhooks",pool="old"} 1)",
             R"(segue_split_observed_share_ratio{route="webhooks",pool="old"} 0.875)",
             R"(segue_pool_eligible{pool="new"} 0)",
             R"(segue_pool_admitted_ratio{pool="new"} 0.4)",
             R"(segue_pool_failback{pool="new",state="returning"} 1)",
             R"(segue_pool_failback{pool="old",state="returning"} 0)",
             R"(segue_pool_streams{pool="old"} 4)",
             R"(segue_pool_tunnels{pool="old"} 0)",
             R"(segue_endpoint_rotation{pool="old",endpoint="10.0.0.5:8080",rotation="in"} 1)",
             R"(segue_endpoint_rotation{pool="new",endpoint="10.0.0.6:8080",rotation="in"} 0)",
             R"(segue_endpoint_health{pool="new",endpoint="10.0.0.6:8080",health="down"} 1)",
             R"(segue_endpoint_checks_failed_total{pool="old",endpoint="10.0.0.5:8080"} 1)",
             R"(segue_connections_accepted_total{listener="edge"} 14)",
             R"(segue_worker_requests_total{worker="1"} 4)",
             R"(segue_worker_busy_seconds_total{worker="0"} 1.25)",
             R"(segue_local_replies_total{fault="no_endpoint"} 4)",
             R"(segue_generation 118)",
         }) {
      INFO(line);
      CHECK(has_line(text, line));
    }
    CHECK(text.find("segue_split_observed_share_ratio{route=\"webhooks\",pool=\"new\"}") ==
          std::string::npos);
  }

  TEST_CASE("an endpoint that is gone keeps its counters and has no state") {
    const World world;
    const std::string text = metrics_text(world.from);
    CHECK(
        has_line(text, R"(segue_endpoint_requests_total{pool="new",endpoint="10.0.0.7:8080"} 10)"));
    CHECK(text.find(R"(endpoint="10.0.0.7:8080",rotation)") == std::string::npos);
  }

  TEST_CASE("a histogram is cumulative, in seconds, and its ends agree") {
    const World world;
    const std::string text = metrics_text(world.from);
    const std::string name =
        R"(segue_request_duration_seconds_bucket{route="webhooks",pool="old",le=")";
    CHECK(has_line(text, name + R"(0.001024"} 0)"));
    CHECK(has_line(text, name + R"(0.002048"} 2)"));
    CHECK(has_line(text, name + R"(134.217728"} 2)"));
    CHECK(has_line(text, name + R"(+Inf"} 4)"));
    CHECK(has_line(text, R"(segue_request_duration_seconds_count{route="webhooks",pool="old"} 4)"));
    CHECK(has_line(text,
                   R"(segue_request_duration_seconds_sum{route="webhooks",pool="old"} 800.003)"));
  }

  TEST_CASE("every family has its HELP and TYPE once, and no sample stands twice") {
    const World world;
    std::istringstream in(metrics_text(world.from));
    std::set<std::string> seen;
    for (std::string line; std::getline(in, line);) {
      INFO(line);
      const std::string key =
          line[0] == '#' ? line.substr(0, line.find(' ', 7)) : line.substr(0, line.rfind(' '));
      CHECK(seen.insert(key).second);
    }
    CHECK(seen.size() > 150);
  }

  // NOLINTBEGIN(concurrency-mt-unsafe): no other thread runs here
  TEST_CASE("promtool finds nothing to complain about") {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
      MESSAGE("promtool is not installed; not checked");
      return;
    }
    const tests::TempDir dir;
    const World world;
    for (const Exposition& from : {world.from, Exposition{}}) {
      std::ofstream(dir / "metrics") << metrics_text(from);
      const std::string command =
          "promtool check metrics <" + (dir / "metrics") + " >" + (dir / "said") + " 2>&1";
      const int status = std::system(command.c_str());
      INFO(tests::read_file(dir / "said"));
      CHECK(status == 0);
      CHECK(tests::read_file(dir / "said").empty());
    }
  }
  // NOLINTEND(concurrency-mt-unsafe)
}

}  // namespace
}  // namespace segue::telemetry

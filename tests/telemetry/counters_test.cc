// Cells by id, and the one definition of failure.
#include "telemetry/counters.h"

#include <atomic>
#include <memory>
#include <thread>

#include <doctest/doctest.h>

#include "telemetry/classify.h"
#include "telemetry/record.h"

namespace segue::telemetry {
namespace {

TEST_SUITE("telemetry/counters") {
  TEST_CASE("a reader sees null until the writer was there") {
    const auto counters = std::make_unique<WorkerCounters>();
    const EndpointId far{64 * 100 + 3};
    CHECK(counters->endpoints.find(far) == nullptr);
    counters->endpoints.at(far).requests.add(2);
    REQUIRE(counters->endpoints.find(far) != nullptr);
    CHECK(counters->endpoints.find(far)->requests.get() == 2);
    CHECK(counters->endpoints.find(EndpointId{}) == nullptr);  // no id at all
  }

  TEST_CASE("cells stay where they are when others come") {
    const auto counters = std::make_unique<WorkerCounters>();
    const SeriesCells* first = &counters->series.at(SeriesId{0});
    for (std::uint32_t i = 1; i < 1000; ++i) counters->series.at(SeriesId{i}).failures.add();
    CHECK(first == &counters->series.at(SeriesId{0}));
  }

  TEST_CASE("counts since a change are of the newest weights only") {
    SinceChange cells;
    CHECK(cells.is_of(0));
    cells.count(3, false, 100);
    cells.count(3, true, std::nullopt);
    CHECK(cells.is_of(3));
    CHECK(cells.requests.get() == 2);
    CHECK(cells.failures.get() == 1);
    cells.count(2, true, 100);  // it began before the change
    CHECK(cells.requests.get() == 2);
    cells.count(7, false, 100);
    CHECK(cells.is_of(7));
    CHECK_FALSE(cells.is_of(3));
    CHECK(cells.requests.get() == 1);
    CHECK(cells.failures.get() == 0);
    CHECK(cells.total.sum_us.get() == 100);
  }

  TEST_CASE("words are the same everywhere") {
    CHECK(std::string(to_string(Proof::kReusedConnection)) == "reused_connection");
    CHECK(std::string(to_string(Phase::kRelay)) == "relay");
  }
}

TEST_SUITE("telemetry/classify") {
  TEST_CASE("only the upstream's fault and final statuses from 500 on are failures") {
    struct Case {
      const char* name;
      std::uint16_t status;
      Error error;
      bool failure;
    };
    const Case cases[] = {
        {"fine", 200, {}, false},
        {"the client's mistake", 404, {}, false},
        {"the application broke", 500, {}, true},
        {"not implemented", 501, {}, true},
        {"refused", 502, {Fault::kConnectFailed, Side::kUpstream}, true},
        {"cut short after a good head", 200, {Fault::kClosedEarly, Side::kUpstream}, true},
        {"the client hung up", 0, {Fault::kClosedEarly, Side::kClient}, false},
        {"the client hung up on a 500", 500, {Fault::kReset, Side::kClient}, false},
        {"we were overloaded", 503, {Fault::kOverloaded, Side::kSelf}, false},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      CHECK(is_failure(c.status, c.error) == c.failure);
    }
  }

  TEST_CASE("gateway errors are 502, 503 and 504") {
    for (std::uint16_t status = 100; status < 600; ++status) {
      CHECK(is_gateway_error(status) == (status >= 502 && status <= 504));
    }
  }
}

TEST_SUITE("threads/telemetry/counters") {
  TEST_CASE("one thread counts while another reads, and the sum is never ahead or torn") {
    const auto counters = std::make_unique<WorkerCounters>();
    std::atomic<bool> stop{false};
    std::thread writer([&] {
      for (std::uint32_t i = 0; i < 200'000; ++i) {
        counters->endpoints.at(EndpointId{i % 1000}).requests.add();
      }
      stop = true;
    });
    std::uint64_t before = 0;
    bool last = false;
    while (!last) {
      last = stop.load();
      std::uint64_t sum = 0;
      for (std::uint32_t i = 0; i < 1000; ++i) {
        if (const EndpointCells* cells = counters->endpoints.find(EndpointId{i})) {
          sum += cells->requests.get();
        }
      }
      CHECK(sum >= before);
      before = sum;
    }
    writer.join();
    CHECK(before == 200'000);
  }
}

}  // namespace
}  // namespace segue::telemetry

#include "admin/observed.h"

#include <doctest/doctest.h>

#include "tests/admin/fake_control.h"

using namespace segue;
using namespace segue::admin;
using namespace segue::admin::test;

namespace {

constexpr Instant kStart{1'000'000'000};

Window since_weights(const FakeControl& control, const Observed& observed, const std::string& name,
                     const std::string& pool, Instant at) {
  FakeControl& names = const_cast<FakeControl&>(control);
  const RouteId route = *control.desired().routes.find(name);
  return observed.since_weights(control, *control.snapshot()->routes[route.index()],
                                names.series(name, pool), at);
}

Window last_minute(const FakeControl& control, const Observed& observed, SeriesId series,
                   Instant at) {
  return observed.last_minute(sum(control.workers(), series), series, at);
}

}  // namespace

TEST_SUITE("admin/observed") {
  TEST_CASE("the last minute forgets what is older") {
    FakeControl control;
    Observed observed;
    const SeriesId series = control.series("ui", "old");
    Instant at = kStart;
    observed.tick(control, at);
    control.count("ui", "old", 100, 1000, 5);
    CHECK(last_minute(control, observed, series, at + Seconds(1)).requests == 100);
    CHECK(last_minute(control, observed, series, at + Seconds(1)).failures == 5);
    for (int second = 1; second <= 60; ++second) {
      at = kStart + Seconds(second);
      observed.tick(control, at);
    }
    CHECK(last_minute(control, observed, series, at).requests == 100);
    CHECK(last_minute(control, observed, series, at).seconds == doctest::Approx(60));
    observed.tick(control, at + Seconds(1));
    CHECK(last_minute(control, observed, series, at + Seconds(1)).requests == 0);
    control.count("ui", "old", 3, 50'000);
    const Window window = last_minute(control, observed, series, at + Seconds(1));
    CHECK(window.requests == 3);
    CHECK(window.latency.count() == 3);
    CHECK(window.latency.quantile(0.5).count() == doctest::Approx(50'000).epsilon(0.5));
  }

  TEST_CASE("a request counts for the weights that decided it, whenever it ends") {
    FakeControl control;
    Observed observed;
    observed.tick(control, kStart);
    const auto since = [&](const char* pool, int seconds) {
      return since_weights(control, observed, "ui", pool, kStart + Seconds(seconds));
    };
    control.count("ui", "old", 10, 1000, 2);
    CHECK(since("old", 2).requests == 10);
    CHECK(since("old", 2).failures == 2);
    CHECK(since("old", 2).seconds == doctest::Approx(2));

    control.settle_at_once = false;
    control.change({{routing::SetWeights{"ui", {{"old", 0}, {"new", 50}}, 0}}, {}, {}, false},
                   [](auto) {});
    const routing::Generation before = control.snapshot()->generation - 1;
    CHECK(since("old", 3).requests == 0);
    control.count_by(before, "ui", "old", 5, 1000, 5);  // a worker that does not know yet
    control.count("ui", "new", 3);                      // one that does
    control.settle();
    observed.mark_weights(control, kStart + Seconds(4));
    control.count_by(before, "ui", "old", 1, 60'000'000, 1);  // a long one that began before
    CHECK(since("old", 9).requests == 0);
    CHECK(since("old", 9).failures == 0);
    CHECK(since("old", 9).latency.count() == 0);
    CHECK(since("new", 9).requests == 3);
    CHECK(since("new", 9).latency.count() == 3);
    CHECK(since("new", 9).seconds == doctest::Approx(5));
    CHECK(
        last_minute(control, observed, control.series("ui", "old"), kStart + Seconds(9)).requests ==
        16);
  }

  TEST_CASE("what a route counted before it was first looked at is its own") {
    FakeControl control;
    Observed observed;
    control.count("ui", "old", 10);
    CHECK(since_weights(control, observed, "ui", "old", kStart).requests == 10);
    observed.tick(control, kStart);
    CHECK(since_weights(control, observed, "ui", "old", kStart).requests == 10);
  }

  TEST_CASE("a health flip is no change of weights") {
    FakeControl control;
    Observed observed;
    observed.tick(control, kStart);
    control.count("ui", "old", 10);
    control.health_of("new", "10.0.0.6:8080", routing::EndpointState::Health::kDown);
    observed.tick(control, kStart + Seconds(1));
    const Window window = since_weights(control, observed, "ui", "old", kStart + Seconds(1));
    CHECK(window.requests == 10);
    CHECK(window.seconds == doctest::Approx(1));
  }

  TEST_CASE("sums are over all workers") {
    FakeControl control;
    const SeriesId series = control.series("ui", "old");
    control.worker(0).series.at(series).by_class[2].add(3);
    control.worker(1).series.at(series).by_class[0].add(1);
    control.worker(1).series.at(series).retries[1].add(4);
    const SeriesSum total = sum(control.workers(), series);
    CHECK(total.requests == 4);
    CHECK(total.retries == 4);
    CHECK(total.by_class[0] == 1);
    CHECK(sum(control.workers(), SeriesId{1'000'000'000}).requests == 0);
  }

  TEST_CASE("rates and load need a reading to compare with") {
    FakeControl control;
    Observed observed;
    CHECK(observed.requests_per_second(control, kStart) == 0);
    CHECK_FALSE(observed.busy(control.worker(0), 0));
    observed.tick(control, kStart);
    control.worker(0).worker.requests.add(50);
    control.worker(0).worker.loop_us.add(1000);
    control.worker(0).worker.busy_us.add(100);
    CHECK(observed.requests_per_second(control, kStart + Seconds(10)) == doctest::Approx(5));
    CHECK(*observed.busy(control.worker(0), 0) == doctest::Approx(0.1));
  }
}

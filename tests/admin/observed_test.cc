#include "admin/observed.h"

#include <doctest/doctest.h>

#include "tests/admin/fake_control.h"

using namespace segue;
using namespace segue::admin;
using namespace segue::admin::test;

namespace {

constexpr Instant kStart{1'000'000'000};

RouteId route(const FakeControl& control, const std::string& name) {
  return *control.desired().routes.find(name);
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

  TEST_CASE("counts since a change begin when every worker serves it") {
    FakeControl control;
    Observed observed;
    observed.tick(control, kStart);
    const SeriesId series = control.series("ui", "old");
    const auto since = [&](Instant at) {
      return observed.since_weights(sum(control.workers(), series), route(control, "ui"), series,
                                    at);
    };
    control.count("ui", "old", 10);
    CHECK(since(kStart + Seconds(2)).requests == 10);
    CHECK(since(kStart + Seconds(2)).seconds == doctest::Approx(2));

    control.settle_at_once = false;
    control.set_weights({{"ui", {{"new", 50}}}}, {}, {}, [](auto) {});
    control.count("ui", "old", 5);  // some worker still decides by the old weights
    observed.tick(control, kStart + Seconds(3));
    CHECK(since(kStart + Seconds(3)).requests == 15);
    control.settle();
    observed.mark_weights(control, kStart + Seconds(4));
    CHECK(since(kStart + Seconds(4)).requests == 0);
    control.count("ui", "old", 2);
    CHECK(since(kStart + Seconds(9)).requests == 2);
    CHECK(since(kStart + Seconds(9)).seconds == doctest::Approx(5));
  }

  TEST_CASE("what a route counted before it was first looked at is its own") {
    FakeControl control;
    Observed observed;
    const SeriesId series = control.series("ui", "old");
    control.count("ui", "old", 10);
    const auto requests = [&] {
      const SeriesSum current = sum(control.workers(), series);
      return observed.since_weights(current, route(control, "ui"), series, kStart).requests;
    };
    CHECK(requests() == 10);
    observed.tick(control, kStart);
    CHECK(requests() == 10);
  }

  TEST_CASE("a health flip is no change of weights") {
    FakeControl control;
    Observed observed;
    observed.tick(control, kStart);
    const SeriesId series = control.series("ui", "old");
    control.count("ui", "old", 10);
    control.health_of("new", "10.0.0.6:8080", routing::EndpointState::Health::kDown);
    observed.tick(control, kStart + Seconds(1));
    CHECK(observed
              .since_weights(sum(control.workers(), series), route(control, "ui"), series,
                             kStart + Seconds(1))
              .requests == 10);
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

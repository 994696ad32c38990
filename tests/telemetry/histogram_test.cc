// Buckets, quantiles and windows.
#include "telemetry/histogram.h"

#include <memory>

#include <doctest/doctest.h>

namespace segue::telemetry {
namespace {

TEST_SUITE("telemetry/histogram") {
  TEST_CASE("every time falls into the bucket whose bounds hold it") {
    for (std::size_t i = 0; i + 1 < Latency::kBuckets; ++i) {
      CAPTURE(i);
      const std::uint64_t upper = Latency::upper_us(i);
      CHECK(Latency::bucket_of(upper - 1) == i);
      CHECK(Latency::bucket_of(upper) == i + 1);
    }
    CHECK(Latency::bucket_of(0) == 0);
    CHECK(Latency::bucket_of(UINT64_MAX) == Latency::kBuckets - 1);
    CHECK(Latency::upper_us(Latency::kBuckets - 2) == 268'435'456);
  }

  TEST_CASE("quantiles of an even spread are right within half a power of two") {
    const auto cells = std::make_unique<Latency>();
    for (std::uint64_t us = 1; us <= 100'000; ++us) cells->record(us);
    Histogram reading;
    reading.add(*cells);
    CHECK(reading.count() == 100'000);
    for (const double q : {0.5, 0.9, 0.99}) {
      CAPTURE(q);
      const double exact = q * 100'000;
      CHECK(static_cast<double>(reading.quantile(q).count()) ==
            doctest::Approx(exact).epsilon(0.32));
    }
    CHECK(reading.quantile(0.5) < reading.quantile(0.9));
    CHECK(reading.quantile(0.9) < reading.quantile(0.99));
    CHECK(reading.mean() == Micros(50'000));
  }

  TEST_CASE("within a bucket the quantile is interpolated") {
    const auto cells = std::make_unique<Latency>();
    for (int i = 0; i < 10; ++i) cells->record(70);  // the bucket 64…96
    Histogram reading;
    reading.add(*cells);
    CHECK(reading.quantile(0.0) == Micros(64));
    CHECK(reading.quantile(0.5) == Micros(80));
    CHECK(reading.quantile(1.0) == Micros(96));
  }

  TEST_CASE("no records give zero, and the open end gives its beginning") {
    CHECK(Histogram{}.quantile(0.99) == Micros(0));
    CHECK(Histogram{}.mean() == Micros(0));
    const auto cells = std::make_unique<Latency>();
    cells->record(UINT64_MAX / 2);
    Histogram reading;
    reading.add(*cells);
    CHECK(reading.quantile(0.5) == Micros(268'435'456));
  }

  TEST_CASE("workers add up and a window holds only what happened in it") {
    const auto one = std::make_unique<Latency>(), two = std::make_unique<Latency>();
    for (int i = 0; i < 100; ++i) one->record(100'000);
    Histogram before;
    before.add(*one);
    before.add(*two);
    for (int i = 0; i < 50; ++i) one->record(1000), two->record(1000);
    Histogram after;
    after.add(*one);
    after.add(*two);
    const Histogram window = after - before;
    CHECK(after.count() == 200);
    CHECK(window.count() == 100);
    CHECK(window.mean() == Micros(1000));
    CHECK(window.quantile(0.99) < Micros(1025));
    Histogram sum = before;
    sum += window;
    CHECK(sum.count() == after.count());
    CHECK(sum.sum_us == after.sum_us);
  }
}

}  // namespace
}  // namespace segue::telemetry

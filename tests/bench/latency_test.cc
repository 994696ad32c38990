#include "bench/latency.h"

#include <doctest/doctest.h>

using segue::bench::Latency;

TEST_SUITE("bench/latency") {
  TEST_CASE("percentiles are within one percent of the truth over seven orders of magnitude") {
    for (std::uint64_t scale = 1; scale <= 10'000'000; scale *= 10) {
      CAPTURE(scale);
      Latency latency;
      for (std::uint64_t i = 1; i <= 1000; ++i) latency.record(i * scale);
      const double unit = static_cast<double>(scale) / 1000.0;
      CHECK(latency.percentile(0.50) == doctest::Approx(501 * unit).epsilon(0.01));
      CHECK(latency.percentile(0.99) == doctest::Approx(991 * unit).epsilon(0.01));
      CHECK(latency.max() == doctest::Approx(1000 * unit));
    }
  }

  TEST_CASE("without a value there is nothing to report") {
    CHECK(Latency{}.percentile(0.99) == 0);
    CHECK(Latency{}.max() == 0);
  }
}

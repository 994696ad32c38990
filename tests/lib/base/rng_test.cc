// Random numbers: the published sequence, bounds, and nothing lopsided.
#include "lib/base/rng.h"

#include <array>

#include <doctest/doctest.h>

namespace segue {

TEST_SUITE("lib/base/rng") {
  TEST_CASE("the sequence is xoshiro256** seeded by SplitMix64") {
    Rng rng(0);
    for (const std::uint64_t expected :
         {0x99ec5f36cb75f2b4u, 0xbf6e1f784956452au, 0x1a5f849d4933e6e0u, 0x6aa594f1262d2d2cu})
      CHECK(rng.next() == expected);
  }

  TEST_CASE("a number below a bound is below it, also for the extreme bounds") {
    Rng rng(1);
    for (int i = 0; i < 1000; ++i) {
      CHECK(rng.below(1) == 0);
      CHECK(rng.below(2) < 2);
      CHECK(rng.below(UINT64_MAX) < UINT64_MAX);
    }
  }

  TEST_CASE("every number below a bound comes about equally often") {
    Rng rng(20'250'101);
    constexpr int kDraws = 70'000;
    std::array<int, 7> counts{};
    for (int i = 0; i < kDraws; ++i) ++counts[rng.below(7)];
    double chi = 0;
    for (const int count : counts) chi += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
    CHECK(chi < 22.46);  // chi-square, 6 degrees of freedom, p = 0.001
  }

  TEST_CASE("a unit number is in [0, 1)") {
    Rng rng(2);
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
      const double unit = rng.unit();
      REQUIRE(unit >= 0.0);
      REQUIRE(unit < 1.0);
      sum += unit;
    }
    CHECK(sum == doctest::Approx(5000).epsilon(0.03));
  }

  TEST_CASE("equal seeds agree and neighbouring seeds do not") {
    Rng a(7), same(7), other(8);
    const std::uint64_t first = a.next();
    CHECK(same.next() == first);
    CHECK(other.next() != first);
  }
}

}  // namespace segue

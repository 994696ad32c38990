// The integer logarithm against the mathematical one.
#include "routing/fixed_log.h"

#include <cmath>

#include <doctest/doctest.h>

#include "lib/base/rng.h"

namespace segue::routing {
namespace {

constexpr double kUnit = 1.0 / static_cast<double>(std::uint64_t{1} << kLogBits);

/// Exact to some 60 bits, also where the hash is nearly 2^64.
double exact(std::uint64_t hash) {
  const long double below = std::ldexp(static_cast<long double>(0 - hash), -64);  // 1 - hash / 2^64
  return static_cast<double>(-std::log1p(-below) / std::log(2.0L));
}

}  // namespace

TEST_SUITE("routing/fixed_log") {
  TEST_CASE("powers of two have whole logarithms") {
    for (int bit = 0; bit < 64; ++bit) {
      CAPTURE(bit);
      CHECK(neg_log2(std::uint64_t{1} << bit) == static_cast<std::uint64_t>(64 - bit) << kLogBits);
    }
  }

  TEST_CASE("the ends of the range stay within it") {
    CHECK(neg_log2(0) == std::uint64_t{64} << kLogBits);
    CHECK(neg_log2(1) == std::uint64_t{64} << kLogBits);
    CHECK(neg_log2(UINT64_MAX) == 1);
  }

  TEST_CASE("the error is below one unit and a half everywhere") {
    Rng rng(38);
    for (int i = 0; i < 400'000; ++i) {
      std::uint64_t hash = rng.next();
      if (i % 4 == 1) hash >>= rng.below(63);           // small hashes: large logarithms
      if (i % 4 == 2) hash = ~(hash >> rng.below(63));  // nearly 2^64: tiny logarithms
      if (i % 4 == 3) {
        hash = (hash & 0xff00'0000'0000'0000u) + rng.below(3) - 1;  // where the table steps
      }
      if (hash == 0 || hash > UINT64_MAX - 100) continue;
      CAPTURE(hash);
      REQUIRE(std::abs(static_cast<double>(neg_log2(hash)) * kUnit - exact(hash)) <
              1.5 * kUnit + 1e-15);
    }
  }

  TEST_CASE("these logarithms are the same on every machine") {
    CHECK(neg_log2(0x0123'4567'89ab'cdefu) == 2'147'835'819'161u);
    CHECK(neg_log2(0xfedc'ba98'7654'3210u) == 1'766'439'417u);
    CHECK(neg_log2(0x9e37'79b9'7f4a'7c15u) == 190'831'764'132u);
  }
}

}  // namespace segue::routing

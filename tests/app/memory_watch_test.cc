// When memory is short, less is given, in steps.
#include "app/memory_watch.h"

#include <doctest/doctest.h>

namespace segue::app {
namespace {

using proxy::MemoryPressure;

TEST_SUITE("app/memory_watch") {
  TEST_CASE("the nearer to memory_max, the less is given") {
    constexpr std::uint64_t kMax = 1'000'000'000;
    CHECK(pressure_at(0, kMax) == MemoryPressure::kNone);
    CHECK(pressure_at(919'999'999, kMax) == MemoryPressure::kNone);
    CHECK(pressure_at(920'000'000, kMax) == MemoryPressure::kNoKeepAlive);
    CHECK(pressure_at(950'000'000, kMax) == MemoryPressure::kNoAccept);
    CHECK(pressure_at(980'000'000, kMax) == MemoryPressure::kRefuse);
    CHECK(pressure_at(2 * kMax, kMax) == MemoryPressure::kRefuse);
  }

  TEST_CASE("without memory_max there is no pressure") {
    CHECK(pressure_at(std::uint64_t{1} << 60, 0) == MemoryPressure::kNone);
  }

  TEST_CASE("the process knows how large it is") {
    CHECK(resident_bytes() > 100'000);
  }
}

}  // namespace
}  // namespace segue::app

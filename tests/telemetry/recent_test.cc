// What is remembered of recent traffic, and what makes room.
#include "telemetry/recent.h"

#include <string>

#include <doctest/doctest.h>

namespace segue::telemetry {
namespace {

Sighting sighting(std::uint64_t hash, std::uint32_t pool) {
  return {RouteId{1}, PoolId{pool}, hash, 0, "org/app", "", false};
}

}  // namespace

TEST_SUITE("telemetry/recent") {
  TEST_CASE("a cohort is one entry, and its last move is told") {
    Recent recent;
    recent.saw(sighting(7, 0), 100);
    recent.saw(sighting(7, 0), 200);
    recent.saw(sighting(7, 1), 300);
    recent.saw(sighting(7, 1), 400);
    const RecentTraffic seen = recent.copy();
    REQUIRE(seen.cohorts.size() == 1);
    const RecentCohort& cohort = seen.cohorts[0];
    CHECK(cohort.key.view() == "org/app");
    CHECK(cohort.requests == 4);
    CHECK(cohort.pool == PoolId{1});
    CHECK(cohort.before == PoolId{0});
    CHECK(cohort.first_ms == 100);
    CHECK(cohort.moved_ms == 300);
    CHECK(cohort.last_ms == 400);
  }

  TEST_CASE("routes have their cohorts apart") {
    Recent recent;
    recent.saw(sighting(7, 0), 100);
    Sighting other = sighting(7, 1);
    other.route = RouteId{2};
    recent.saw(other, 100);
    CHECK(recent.copy().cohorts.size() == 2);
  }

  TEST_CASE("more than there is room for leaves the newest") {
    Recent recent;
    constexpr std::uint64_t kMany = 10 * Recent::kCohorts;
    for (std::uint64_t i = 1; i <= kMany; ++i) recent.saw(sighting(i * 0x9e3779b97f4a7c15u, 0), i);
    const RecentTraffic seen = recent.copy();
    CHECK(seen.cohorts.size() == Recent::kCohorts);
    std::size_t young = 0;
    for (const RecentCohort& cohort : seen.cohorts)
      if (cohort.last_ms > kMany - 3 * Recent::kCohorts) ++young;
    CHECK(young > Recent::kCohorts * 9 / 10);
    for (std::size_t i = 1; i <= Recent::kDeliveries + 5; ++i) recent.next_delivery().wall_ms = i;
    CHECK(recent.copy().deliveries.size() == Recent::kDeliveries);
  }

  TEST_CASE("long keys keep their beginning") {
    Recent recent;
    Sighting long_one = sighting(9, 0);
    const std::string key(1000, 'k');
    long_one.key = key;
    recent.saw(long_one, 1);
    CHECK(recent.copy().cohorts[0].key.view() == std::string(96, 'k'));
  }
}

}  // namespace segue::telemetry

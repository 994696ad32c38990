// Where cohorts go, and where next when that pool cannot take them.
#include "routing/place.h"

#include <vector>

#include <doctest/doctest.h>

#include "tests/routing/world.h"

namespace segue::routing {
namespace {

using Health = EndpointState::Health;
using Operator = EndpointState::Operator;

}  // namespace

TEST_SUITE("routing/place") {
  TEST_CASE("a cohort goes to its pool, and over the others while that is dead") {
    World world = two_pools();
    const auto at = [&](CohortHash hash) {
      const Placement placement =
          place(*world.snapshot, *world.route("hooks"), {CohortKeys::Found::kKey, hash, "x", 0});
      CHECK(placement.why == Placement::Why::kSplit);
      return placement.destination;
    };
    std::vector<CohortHash> fresh;
    for (CohortHash hash = 0; fresh.size() < 20; ++hash) {
      if (at(hash) == 1) fresh.push_back(hash);
    }
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = Health::kDown;
    world.build_now();
    for (const CohortHash hash : fresh) CHECK(at(hash) == 0);
  }

  TEST_CASE("a fallback takes over whatever its weight, in the operator's order") {
    World world = two_pools();
    world.config.pools.push_back(a_pool("spare"));
    world.config.routes[1].split = {{"old", 0, {}}, {"new", 100, {}}};
    world.config.routes[1].fallback = {"spare", "old"};
    world.reload();
    world.everybody_up();
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = Health::kDown;
    world.build_now();
    const CohortKeys::Cohort cohort{CohortKeys::Found::kKey, 42, "x", 0};
    auto placement = place(*world.snapshot, *world.route("ui"), cohort);
    CHECK(placement.why == Placement::Why::kFallback);
    CHECK(placement.destination == 2);
    CHECK(next_place(*world.snapshot, *world.route("ui"), 42, 0b100).destination == 0);
    CHECK(next_place(*world.snapshot, *world.route("ui"), 42, 0b101).why ==
          Placement::Why::kNobody);
    world.state("spare").by_operator = Operator::kOut;
    world.build_now();
    CHECK(place(*world.snapshot, *world.route("ui"), cohort).destination == 0);
    world.config.routes[1].fallback.clear();
    world.reload();
    world.build_now();
    placement = place(*world.snapshot, *world.route("ui"), cohort);
    CHECK(placement.why == Placement::Why::kNobody);
    CHECK(placement.destination == Placement::kNone);
  }

  TEST_CASE("without fallback a request that failed may go to what else the split has") {
    World world = two_pools();
    CHECK(next_place(*world.snapshot, *world.route("hooks"), 1, 0b01).destination == 1);
    CHECK(next_place(*world.snapshot, *world.route("hooks"), 1, 0b10).destination == 0);
    CHECK(next_place(*world.snapshot, *world.route("ui"), 1, 0b01).why == Placement::Why::kNobody);
  }

  TEST_CASE("a request without a key goes to the unknown pool while that is eligible") {
    World world = two_pools();
    world.config.routes[0].unknown = "new";
    world.reload();
    world.build_now();
    const CohortKeys::Cohort unknown{CohortKeys::Found::kUnknown, 3, "", 0};
    auto placement = place(*world.snapshot, *world.route("hooks"), unknown);
    CHECK(placement.why == Placement::Why::kUnknown);
    CHECK(placement.destination == 1);
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = Health::kDown;
    world.build_now();
    placement = place(*world.snapshot, *world.route("hooks"), unknown);
    CHECK(placement.why == Placement::Why::kSplit);
    CHECK(placement.destination == 0);
  }
}

}  // namespace segue::routing

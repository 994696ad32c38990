// What pools get while some of them come back.
#include "admin/shares.h"

#include <doctest/doctest.h>

#include "tests/routing/world.h"

namespace segue::admin {
namespace {

using Health = routing::EndpointState::Health;

/// Pools a, b, c with weights 1:1:8 and no fallback.
routing::World three_pools() {
  routing::World world;
  world.config.pools = {routing::a_pool("a"), routing::a_pool("b"), routing::a_pool("c")};
  world.config.routes = {routing::a_route("all", "/", {{"a", 1}, {"b", 1}, {"c", 8}})};
  world.everybody_up();
  world.build_now();
  return world;
}

double share(routing::World& world, std::size_t branch) {
  return effective_share(*world.snapshot, *world.route("all"), branch);
}

}  // namespace

TEST_SUITE("admin/shares") {
  TEST_CASE("a pool that is down has nothing, one that comes back a part of what it will have") {
    routing::World world = three_pools();
    CHECK(share(world, 0) == doctest::Approx(0.1));
    CHECK(share(world, 2) == doctest::Approx(0.8));
    world.state("c").health = Health::kDown;
    world.build_now();
    CHECK(share(world, 0) == doctest::Approx(0.5));
    CHECK(share(world, 2) == 0);
    world.state("c").health = Health::kUp;
    world.desired.pool_states["c"].admitted = 200;
    world.build_now();
    CHECK(share(world, 0) == doctest::Approx(0.8 * 0.5 + 0.2 * 0.1));
    CHECK(share(world, 2) == doctest::Approx(0.16));
  }

  TEST_CASE("what no pool of the split has back yet is at the fallback, or at whoever can") {
    routing::World world = three_pools();
    world.config.routes[0].split = {{"a", 0, {}}, {"c", 100, {}}};
    world.reload();
    world.desired.pool_states["c"].admitted = 400;
    world.build_now();
    CHECK(share(world, 1) == doctest::Approx(1));  // nobody else may take them
    world.config.routes[0].fallback = {"b"};
    world.reload();
    world.build_now();
    CHECK(share(world, 1) == doctest::Approx(0.4));
    world.state("b").health = Health::kDown;
    world.build_now();
    CHECK(share(world, 1) == doctest::Approx(1));
  }

  TEST_CASE("of two that come back at their own pace each has its part") {
    routing::World world = three_pools();
    world.desired.pool_states["a"].admitted = 500;
    world.desired.pool_states["c"].admitted = 200;
    world.build_now();
    // Up to 200 all three, up to 500 a and b, then b alone.
    CHECK(share(world, 0) == doctest::Approx(0.2 * 0.1 + 0.3 * 0.5));
    CHECK(share(world, 1) == doctest::Approx(0.2 * 0.1 + 0.3 * 0.5 + 0.5));
    CHECK(share(world, 2) == doctest::Approx(0.2 * 0.8));
  }
}

}  // namespace segue::admin

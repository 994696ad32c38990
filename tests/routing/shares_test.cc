// What operators are promised of a split, over a hundred thousand cohorts: shares as the weights
// say, and nobody moves who need not.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "routing/place.h"
#include "tests/routing/world.h"

namespace segue::routing {
namespace {

constexpr std::size_t kCohorts = 100'000;

std::vector<CohortHash> repositories() {
  std::vector<CohortHash> out;
  for (std::size_t i = 0; i < kCohorts; ++i)
    out.push_back(cohort_hash("org" + std::to_string(i % 977) + "/app" + std::to_string(i)));
  return out;
}

std::vector<std::size_t> places(World& world, const std::vector<CohortHash>& cohorts) {
  std::vector<std::size_t> out;
  for (const CohortHash hash : cohorts)
    out.push_back(
        place(*world.snapshot, *world.route("hooks"), {{CohortKeys::Found::kKey, hash, "x", 0}})
            .destination);
  return out;
}

World world_of(const std::vector<std::string>& pools) {
  World world;
  std::vector<std::pair<std::string, std::uint32_t>> split;
  for (const std::string& pool : pools) {
    world.config.pools.push_back(a_pool(pool));
    split.emplace_back(pool, 1);
  }
  world.config.routes = {a_route("hooks", "/", split)};
  world.everybody_up();
  world.build_now();
  return world;
}

void set(World& world, const std::vector<std::uint32_t>& weights) {
  const conf::Route& route = world.config.routes[0];
  for (std::size_t i = 0; i < weights.size(); ++i)
    world.desired.runtime.weights["hooks"][route.split[i].pool] = weights[i];
  world.build_now();
}

/// Four standard deviations of a binomial: one false alarm in 16 000.
bool within_noise(std::size_t count, double share) {
  const double expected = share * kCohorts;
  return std::abs(static_cast<double>(count) - expected) <=
         4 * std::sqrt(kCohorts * share * (1 - share)) + 1;
}

double share_of(const std::vector<std::uint32_t>& weights, std::size_t i) {
  double sum = 0;
  for (const std::uint32_t weight : weights) sum += weight;
  return weights[i] / sum;
}

}  // namespace

TEST_SUITE("routing/shares") {
  TEST_CASE("over random changes of weights shares are exact and only who must moves") {
    const std::vector<CohortHash> cohorts = repositories();
    World world = world_of({"old", "new", "canary"});
    Rng rng(20'260'131);
    std::vector<std::uint32_t> before{1, 1, 1};
    set(world, before);
    std::vector<std::size_t> at = places(world, cohorts);
    for (int change = 0; change < 25; ++change) {
      std::vector<std::uint32_t> after;
      for (std::size_t i = 0; i < before.size(); ++i)
        after.push_back(static_cast<std::uint32_t>(rng.below(4) == 0 ? 0 : rng.below(1000)));
      if (std::ranges::all_of(after, [](std::uint32_t weight) { return weight == 0; })) continue;
      CAPTURE(change);
      set(world, after);
      const std::vector<std::size_t> now = places(world, cohorts);
      std::size_t moved = 0;
      for (std::size_t i = 0; i < kCohorts; ++i)
        if (now[i] != at[i]) ++moved;
      double least = 0;  // of the shares that grew, what grew: nobody else has to move
      for (std::size_t i = 0; i < after.size(); ++i) {
        CAPTURE(i);
        const auto count = static_cast<std::size_t>(std::ranges::count(now, i));
        CHECK(within_noise(count, share_of(after, i)));
        least += std::max(0.0, share_of(after, i) - share_of(before, i));
      }
      // With three pools a change may have to swap a little more than the shares differ by.
      CHECK(moved <= static_cast<std::size_t>(least * kCohorts * 1.35 + 1000));
      at = now;
      before = after;
    }
  }

  TEST_CASE("between two pools a growing weight moves cohorts one way only, and back again") {
    const std::vector<CohortHash> cohorts = repositories();
    World world = world_of({"old", "new"});
    set(world, {100, 0});
    std::vector<std::size_t> at = places(world, cohorts);
    std::vector<std::vector<std::size_t>> up;
    for (const std::uint32_t percent : {0u, 1u, 5u, 10u, 25u, 50u, 75u, 100u}) {
      CAPTURE(percent);
      set(world, {100 - percent, percent});
      const std::vector<std::size_t> now = places(world, cohorts);
      for (std::size_t i = 0; i < kCohorts; ++i)
        if (at[i] == 1) REQUIRE(now[i] == 1);
      CHECK(within_noise(static_cast<std::size_t>(std::ranges::count(now, 1u)), percent / 100.0));
      at = now;
      up.push_back(now);
    }
    set(world, {50, 50});
    CHECK(places(world, cohorts) == up[5]);
    set(world, {100, 0});
    CHECK(places(world, cohorts) == up[0]);
  }

  TEST_CASE("1:1:8 with the 8 down gives 50:50, and who was elsewhere stays") {
    const std::vector<CohortHash> cohorts = repositories();
    World world = world_of({"a", "b", "big"});
    set(world, {1, 1, 8});
    const std::vector<std::size_t> before = places(world, cohorts);
    world.state("big").health = EndpointState::Health::kDown;
    world.build_now();
    const std::vector<std::size_t> now = places(world, cohorts);
    CHECK(within_noise(static_cast<std::size_t>(std::ranges::count(now, 0u)), 0.5));
    CHECK(within_noise(static_cast<std::size_t>(std::ranges::count(now, 1u)), 0.5));
    for (std::size_t i = 0; i < kCohorts; ++i)
      if (before[i] != 2) REQUIRE(now[i] == before[i]);
  }
}

}  // namespace segue::routing

// Explanations say what traffic would do.
#include "routing/explain.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "routing/place.h"
#include "routing/route_table.h"
#include "tests/routing/world.h"

namespace segue::routing {
namespace {

using Kind = conf::CohortKey::Kind;
using Health = EndpointState::Health;

World a_world() {
  World world;
  world.config.pools = {a_pool("old", 2), a_pool("new", 2), a_pool("spare")};
  world.config.routes = {a_route("hooks", "/hooks", {{"old", 90}, {"new", 10}}),
                         a_route("ui", "/", {{"old", 100}, {"new", 0}})};
  world.config.routes[0].cohort = {{Kind::kHeader, "X-Repo"}, {Kind::kQuery, "repo"}};
  world.config.routes[0].fallback = {"spare"};
  world.config.routes[1].cohort = {{Kind::kRequest, ""}};
  world.everybody_up();
  world.build_now();
  return world;
}

Explanation explain(World& world, Request request, std::uint64_t random = 1) {
  return explain(*world.snapshot, request.head(), "10.0.0.9", random);
}

void take_down(World& world, const std::string& pool) {
  for (const conf::Pool& candidate : world.config.pools) {
    if (candidate.name == pool) {
      for (std::size_t i = 0; i < candidate.endpoints.size(); ++i) {
        world.state(pool, i).health = Health::kDown;
      }
    }
  }
  world.build_now();
}

}  // namespace

TEST_SUITE("routing/explain") {
  TEST_CASE("an explanation names route, cohort, branches and pool") {
    World world = a_world();
    const Explanation out =
        explain(world, {"GET", "ci.example.com", "/hooks/x", {{"X-Repo", "org/App"}}});
    CHECK(out.route == "hooks");
    CHECK(out.match == "path prefix /hooks");
    CHECK_FALSE(out.ambiguous);
    CHECK(out.cohort_source == "header:X-Repo");
    CHECK(out.cohort_key == "org/App");
    CHECK(out.cohort_hash == cohort_hash("org/app"));
    REQUIRE(out.branches.size() == 2);
    CHECK(out.branches[0].pool == "old");
    CHECK(out.branches[0].weight == 90);
    CHECK(out.branches[0].share == 0.9);
    CHECK(out.branches[0].eligible);
    CHECK(out.branches[0].score > out.branches[1].score);
    CHECK(out.fallback == std::vector<std::string>{"spare"});
    CHECK(out.pool == "old");
    CHECK(out.reason == "cohort 'org/App' (header:X-Repo) scores highest in old, which has 90 %");
  }

  TEST_CASE("every way to a pool, or to none, has its sentence") {
    World world = a_world();
    const Request hook{"GET", "x", "/hooks", {{"X-Repo", "org/app"}}};
    CHECK(explain(world, {"GET", "x", "/", {}}).reason ==
          "old is the only eligible pool of the split with a weight");
    CHECK(explain(world, {"GET", "x", "/hooks", {}}).reason ==
          "the request has none of the route's cohort keys: the unknown pool old takes it");
    CHECK(explain(world, {"GET", "x", "/hooks", {}}).cohort_source == "unknown");
    const Explanation twisted = explain(world, {"GET", "x", "/x/../hooks", {}});
    CHECK(twisted.ambiguous);
    CHECK(twisted.pool.empty());
    CHECK(
        twisted.reason ==
        "the path as received and its normalised form lead to different routes: refused with 400");
    take_down(world, "old");
    CHECK(explain(world, hook).reason ==
          "new is the only eligible pool of the split with a weight");
    CHECK(explain(world, {"GET", "x", "/", {}}).reason ==
          "no pool of the split and no fallback is eligible: 503 with Retry-After");
    CHECK(explain(world, {"GET", "x", "/", {}}).pool.empty());
    take_down(world, "new");
    CHECK(explain(world, hook).reason ==
          "no pool of the split with a weight is eligible: fallback to spare");
    CHECK(explain(world, hook).pool == "spare");
    world.state("old").health = world.state("old", 1).health = Health::kChecking;
    world.build_now();
    CHECK(explain(world, {"GET", "x", "/", {}}).reason ==
          "no pool is eligible, and the first checks have not passed yet: 503 with Retry-After");
    world.config.routes.pop_back();
    world.reload();
    world.build_now();
    CHECK(explain(world, {"GET", "x", "/", {}}).reason == "no route matches: 404");
    CHECK(explain(world, {"GET", "x", "/", {}}).route.empty());
  }

  TEST_CASE("shares read as per cent") {
    World world = a_world();
    world.config.routes[1].split = {{"old", 2, {}}, {"new", 1, {}}};
    world.reload();
    world.build_now();
    const Explanation out = explain(world, {"GET", "x", "/", {}});
    CHECK(out.reason == "a request without a cohort, drawn at random, scores highest in " +
                            out.pool + ", which has " + (out.pool == "old" ? "66.7 %" : "33.3 %"));
  }

  TEST_CASE("an explanation names the pool that traffic goes to, whatever the state of the world") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      CAPTURE(seed);
      Rng rng(seed);
      World world;
      const std::vector<std::string> names = {"a", "b", "c", "d"};
      for (const std::string& name : names) {
        world.config.pools.push_back(a_pool(name, 1 + rng.below(2)));
      }
      for (const char* prefix : {"/", "/job", "/job/x"}) {
        conf::Route route = a_route(std::string("r") + prefix, prefix, {});
        for (const std::string& name : names) {
          if (rng.below(2) == 0) {
            route.split.push_back({name, static_cast<std::uint32_t>(rng.below(3)), {}});
          }
        }
        route.split.push_back({"e", 1, {}});
        if (rng.below(2) == 0) route.fallback = {names[rng.below(4)], names[rng.below(4)]};
        if (rng.below(2) == 0) route.unknown = names[rng.below(4)];
        route.cohort = {{Kind::kHeader, "X-Repo"}};
        if (rng.below(2) == 0) route.cohort.push_back({Kind::kPath, "/job/{*}/"});
        if (rng.below(3) == 0) route.cohort.push_back({Kind::kClient, ""});
        if (rng.below(3) == 0) route.cohort = {{Kind::kRequest, ""}};
        world.config.routes.push_back(route);
      }
      world.config.pools.push_back(a_pool("e"));
      world.everybody_up();
      for (auto& [id, state] : world.desired.endpoints) {
        if (rng.below(2) == 0) state.health = Health::kDown;
      }
      world.build_now();
      for (int i = 0; i < 20; ++i) {
        const std::vector<std::string> targets = {"/",        "/job",      "/job/x",
                                                  "/job/x/1", "/a/../job", "/jobs"};
        Request request;
        request.target = targets[rng.below(targets.size())];
        const std::string repository = "org/app" + std::to_string(rng.below(50));
        if (rng.below(2) == 0) request.fields.push_back({"X-Repo", repository});
        const http::Head head = request.head();
        const std::uint64_t random = rng.next();
        const Explanation out = explain(*world.snapshot, head, "10.0.0.9", random);

        // What the data path does, with its own calls.
        const auto match = world.snapshot->table->find(head);
        REQUIRE(out.ambiguous == match.ambiguous);
        if (match.ambiguous) {
          REQUIRE(out.pool.empty());
          continue;
        }
        const Route& route = world.snapshot->route(match.route);
        REQUIRE(out.route == route.settings.name);
        const auto cohort = route.cohort.find(head, "10.0.0.9", random);
        REQUIRE(out.cohort_hash == cohort.hash);
        const Placement placement = place(*world.snapshot, route, {cohort});
        if (placement.destination == Placement::kNone) {
          REQUIRE(out.pool.empty());
          continue;
        }
        const Pool& pool = world.snapshot->pool(route.destinations[placement.destination].pool);
        REQUIRE(out.pool == pool.name);
        REQUIRE(pool.eligible);
        if (placement.why != Placement::Why::kSplit) continue;
        REQUIRE(static_cast<int>(placement.destination) ==
                route.split.pick(cohort.hash, eligible_branches(*world.snapshot, route)));
        for (const Explanation::Branch& branch : out.branches) {
          if (!branch.eligible) REQUIRE(branch.share == 0);
          if (branch.eligible) REQUIRE(branch.score <= out.branches[placement.destination].score);
        }
      }
    }
  }
}

TEST_SUITE("routing/snapshot") {
  TEST_CASE("a snapshot lives as long as any hold on it") {
    auto snapshot = std::make_shared<const Snapshot>();
    const std::weak_ptr<const Snapshot> watch = snapshot;
    SnapshotRef first(std::move(snapshot));
    {
      SnapshotRef second = first;
      SnapshotRef third = std::move(first);
      CHECK_FALSE(static_cast<bool>(first));  // NOLINT(bugprone-use-after-move)
      second = third;
      third = SnapshotRef();
      CHECK(second->generation == 0);
      CHECK_FALSE(watch.expired());
    }
    CHECK(watch.expired());
  }
}

}  // namespace segue::routing

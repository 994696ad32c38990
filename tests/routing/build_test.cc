// From what is desired to what requests read.
#include "routing/build.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "routing/rotation.h"
#include "routing/route_table.h"
#include "tests/routing/world.h"

namespace segue::routing {
namespace {

using Health = EndpointState::Health;
using Operator = Word;
using Outlier = EndpointState::Outlier;

std::vector<std::string> words(World& world, const std::string& pool) {
  std::vector<std::string> out;
  for (const Endpoint& endpoint : world.pool(pool)->endpoints) {
    out.push_back(std::string(to_string(endpoint.rotation)) + "/" + to_string(endpoint.cause));
  }
  return out;
}

}  // namespace

TEST_SUITE("routing/build") {
  TEST_CASE("the first generation is 1 and each build is the next") {
    World world = two_pools();
    CHECK(world.snapshot->generation == 1);
    CHECK(world.build_now().generation == 2);
  }

  TEST_CASE("what did not change is shared") {
    World world = two_pools();
    const auto before = world.snapshot;
    SUBCASE("by a build without a change") {}
    SUBCASE("by a reload of the same file") {
      world.config.pools[0].at = {7, 1};
      world.reload();
    }
    world.build_now();
    CHECK(world.snapshot->pools == before->pools);
    CHECK(world.snapshot->routes == before->routes);
    CHECK(world.snapshot->table == before->table);
  }

  TEST_CASE("a change of weights makes one new route and nothing else") {
    World world = two_pools();
    const auto before = world.snapshot;
    const auto ui = world.route("ui"), hooks = world.route("hooks");
    world.desired.runtime.weights["hooks"] = {{"new", 50}};
    world.build_now();
    CHECK(world.route("ui") == ui);
    CHECK(world.route("hooks") != hooks);
    CHECK(world.route("hooks")->split.branches()[0].weight == 90);
    CHECK(world.route("hooks")->split.branches()[1].weight == 50);
    CHECK(world.route("hooks")->weights_generation == 2);
    CHECK_FALSE(world.route("hooks")->weights_from_file);
    CHECK(world.route("ui")->weights_generation == 1);
    CHECK(world.route("ui")->weights_from_file);
    CHECK(world.snapshot->table == before->table);
    CHECK(world.snapshot->pools == before->pools);
    CHECK(world.route("hooks")->id == hooks->id);
  }

  TEST_CASE("a flip of health makes one new pool and nothing else") {
    World world = two_pools();
    const auto before = world.snapshot;
    const auto old_pool = world.pool("old");
    world.state("new", 1).health = Health::kDown;
    world.build_now();
    CHECK(world.pool("old") == old_pool);
    CHECK(world.pool("new")->in_rotation == std::vector<std::uint32_t>{0, 2});
    CHECK(world.snapshot->routes == before->routes);
    CHECK(world.snapshot->table == before->table);
  }

  TEST_CASE("the table is new when a rule or the order of rules is") {
    World world = two_pools();
    const auto table = world.snapshot->table;
    SUBCASE("a rule") {
      world.config.routes[0].match.methods = {"POST"};
    }
    SUBCASE("the order") {
      std::swap(world.config.routes[0], world.config.routes[1]);
    }
    SUBCASE("a name") {
      world.config.routes[0].name = "webhooks";
    }
    world.reload();
    world.build_now();
    CHECK(world.snapshot->table != table);
  }

  TEST_CASE("ids stay with their names for ever") {
    World world = two_pools();
    const PoolId old_pool = world.pool("old")->id, new_pool = world.pool("new")->id;
    const EndpointId second = world.pool("new")->endpoints[1].id;
    const SeriesId series = world.route("ui")->destinations[1].series;
    const auto removed = world.config;
    world.config.pools = {a_pool("another"), a_pool("new", 3)};
    std::swap(world.config.pools[1].endpoints[0], world.config.pools[1].endpoints[1]);
    world.config.routes = {a_route("ui", "/", {{"new", 1}, {"another", 1}})};
    world.reload();
    world.build_now();
    CHECK(world.pool("new")->id == new_pool);
    CHECK(world.pool("new")->endpoints[0].id == second);
    CHECK(world.route("ui")->destinations[0].series == series);
    CHECK(world.pool("another")->id != old_pool);
    CHECK(world.snapshot->pools[old_pool.index()] == nullptr);
    CHECK(world.snapshot->routes[world.desired.routes.find("hooks")->index()] == nullptr);
    world.config = removed;
    world.reload();
    world.build_now();
    CHECK(world.pool("old")->id == old_pool);
  }

  TEST_CASE("an operator's word wins over everything but a missing address") {
    struct Case {
      Operator word;
      bool resolved;
      Health health;
      Outlier outlier;
      Standing expected;
    };
    const Case cases[] = {
        {Operator::kNone, true, Health::kUp, Outlier::kIn, {Rotation::kIn, Cause::kNone}},
        {Operator::kNone, true, Health::kUnchecked, Outlier::kIn, {Rotation::kIn, Cause::kNone}},
        {Operator::kNone,
         true,
         Health::kChecking,
         Outlier::kIn,
         {Rotation::kOut, Cause::kChecking}},
        {Operator::kNone,
         true,
         Health::kDown,
         Outlier::kEjected,
         {Rotation::kOut, Cause::kUnhealthy}},
        {Operator::kNone,
         true,
         Health::kStarting,
         Outlier::kIn,
         {Rotation::kOut, Cause::kStarting}},
        {Operator::kNone,
         true,
         Health::kAskedDrain,
         Outlier::kIn,
         {Rotation::kDrain, Cause::kAskedDrain}},
        {Operator::kNone, true, Health::kUp, Outlier::kEjected, {Rotation::kOut, Cause::kEjected}},
        {Operator::kNone,
         true,
         Health::kUp,
         Outlier::kHalfOpen,
         {Rotation::kHalfOpen, Cause::kEjected}},
        {Operator::kNone, false, Health::kUp, Outlier::kIn, {Rotation::kOut, Cause::kUnresolved}},
        {Operator::kReady, true, Health::kDown, Outlier::kEjected, {Rotation::kIn, Cause::kNone}},
        {Operator::kReady, false, Health::kUp, Outlier::kIn, {Rotation::kOut, Cause::kUnresolved}},
        {Operator::kDrain, true, Health::kUp, Outlier::kIn, {Rotation::kDrain, Cause::kOperator}},
        {Operator::kDrain,
         false,
         Health::kDown,
         Outlier::kEjected,
         {Rotation::kDrain, Cause::kOperator}},
        {Operator::kOut, true, Health::kUp, Outlier::kIn, {Rotation::kOut, Cause::kOperator}},
        {Operator::kOut,
         false,
         Health::kAskedDrain,
         Outlier::kHalfOpen,
         {Rotation::kOut, Cause::kOperator}},
    };
    for (const Case& c : cases) {
      EndpointState state;
      state.by_operator = c.word;
      state.health = c.health;
      state.outlier = c.outlier;
      CAPTURE(&c - cases);
      CHECK(standing_of(state, c.resolved, true) == c.expected);
    }
    EndpointState never_checked;
    CHECK(standing_of(never_checked, true, false) == Standing{Rotation::kIn, Cause::kNone});
  }

  TEST_CASE("causes and rotations have the words of logs and metrics") {
    World world = two_pools();
    world.state("new", 0).by_operator = Operator::kDrain;
    world.state("new", 1).health = Health::kDown;
    world.state("old", 0).outlier = Outlier::kHalfOpen;
    world.build_now();
    CHECK(words(world, "new") ==
          std::vector<std::string>{"drain/operator", "out/unhealthy", "in/none"});
    CHECK(words(world, "old") == std::vector<std::string>{"half_open/ejected", "in/none"});
  }

  TEST_CASE("a name has no address until the resolver says so, a number has") {
    World world;
    world.config.pools = {a_pool("old")};
    world.config.pools[0].endpoints.push_back({"ci.internal:8080", 1, {}});
    world.config.routes = {a_route("ui", "/", {{"old", 1}})};
    world.everybody_up();
    world.build_now();
    CHECK(words(world, "old") == std::vector<std::string>{"in/none", "out/unresolved"});
    CHECK(world.pool("old")->endpoints[0].socket == *SocketAddress::parse("127.0.0.1:15001"));
    world.state("old", 1).socket = *SocketAddress::parse("10.9.8.7:8080");
    const auto before = world.pool("old");
    world.build_now();
    CHECK(words(world, "old")[1] == "in/none");
    world.state("old", 1).socket = *SocketAddress::parse("10.9.8.6:8080");
    world.build_now();
    CHECK(world.pool("old")->endpoints[1].socket.to_string() == "10.9.8.6:8080");
    CHECK(world.pool("old")->endpoints[1].id == before->endpoints[1].id);
  }

  TEST_CASE("outliers never take the last endpoint that is otherwise in rotation") {
    World world = two_pools();
    for (std::size_t i = 0; i < 2; ++i) world.state("new", i).outlier = Outlier::kEjected;
    world.build_now();
    CHECK(words(world, "new") == std::vector<std::string>{"out/ejected", "out/ejected", "in/none"});
    world.state("new", 2).outlier = Outlier::kEjected;
    world.build_now();
    CHECK(words(world, "new")[2] == "in/none");  // it was the last one in, so it stays
    world.state("new", 0).outlier = Outlier::kHalfOpen;
    world.build_now();
    CHECK(words(world, "new") ==
          std::vector<std::string>{"half_open/ejected", "out/ejected", "in/none"});
    world.state("new", 2).health = Health::kDown;
    world.build_now();
    CHECK(words(world, "new") ==
          std::vector<std::string>{"in/none", "out/ejected", "out/unhealthy"});
    world.state("new", 0).by_operator = Operator::kOut;
    world.state("new", 1).health = Health::kDown;
    world.build_now();
    CHECK(world.pool("new")->in_rotation.empty());
  }

  TEST_CASE("a half-open endpoint keeps its token over builds and gets a new one the next time") {
    World world = two_pools();
    world.state("new", 1).outlier = Outlier::kHalfOpen;
    world.build_now();
    const auto token = world.pool("new")->endpoints[1].probe_taken;
    REQUIRE(token != nullptr);
    CHECK(world.pool("new")->in_rotation == std::vector<std::uint32_t>{0, 1, 2});
    token->store(true);
    world.state("new", 0).health = Health::kDown;
    std::swap(world.config.pools[1].endpoints[0], world.config.pools[1].endpoints[1]);
    world.reload();
    world.build_now();
    CHECK(world.pool("new")->endpoints[0].probe_taken == token);
    world.desired.endpoints[world.pool("new")->endpoints[0].id].outlier = Outlier::kEjected;
    world.build_now();
    CHECK(world.pool("new")->endpoints[0].probe_taken == nullptr);
    world.desired.endpoints[world.pool("new")->endpoints[0].id].outlier = Outlier::kHalfOpen;
    world.build_now();
    REQUIRE(world.pool("new")->endpoints[0].probe_taken != nullptr);
    CHECK_FALSE(world.pool("new")->endpoints[0].probe_taken->load());
  }

  TEST_CASE("a pool is eligible with enough endpoints in rotation") {
    World world = two_pools();
    world.config.pools[1].healthy_min = 2;
    world.reload();
    world.build_now();
    CHECK(world.pool("new")->eligible);
    world.state("new", 0).health = Health::kDown;
    world.build_now();
    CHECK(world.pool("new")->eligible);
    world.state("new", 1).by_operator = Operator::kDrain;
    world.build_now();
    CHECK_FALSE(world.pool("new")->eligible);
    CHECK(world.pool("new")->in_rotation == std::vector<std::uint32_t>{2});
  }

  TEST_CASE("an endpoint of weight 0 takes nothing and makes nobody eligible") {
    World world = two_pools();
    for (conf::Endpoint& endpoint : world.config.pools[0].endpoints) endpoint.weight = 0;
    world.reload();
    world.build_now();
    CHECK(world.pool("old")->endpoints[0].rotation == Rotation::kIn);
    CHECK(world.pool("old")->in_rotation.empty());
    CHECK_FALSE(world.pool("old")->eligible);
  }

  TEST_CASE("a pool is known once anybody has said anything about an endpoint of it") {
    World world;
    world.config.pools = {a_pool("old", 2), a_pool("new"), a_pool("blind")};
    world.config.pools[2].health.kind = conf::Health::Kind::kNone;
    world.config.routes = {a_route("ui", "/", {{"old", 1}, {"new", 1}})};
    world.build_now();
    CHECK_FALSE(world.pool("old")->known);
    CHECK_FALSE(world.pool("old")->eligible);
    CHECK(world.pool("blind")->known);
    CHECK(world.pool("blind")->eligible);
    world.state("old", 1).health = Health::kDown;
    world.state("new").by_operator = Operator::kOut;
    world.build_now();
    CHECK(world.pool("old")->known);
    CHECK(world.pool("new")->known);
  }

  TEST_CASE("destinations are the split's pools, then the fallback pools, each once") {
    World world;
    world.config.pools = {a_pool("old"), a_pool("new"), a_pool("spare"), a_pool("tests")};
    world.config.routes = {a_route("ui", "/", {{"old", 0}, {"new", 1}})};
    world.config.routes[0].fallback = {"spare", "old"};
    world.config.routes[0].unknown = "new";
    world.everybody_up();
    world.build_now();
    const auto route = world.route("ui");
    REQUIRE(route->destinations.size() == 3);
    CHECK(route->destinations[0].pool == world.pool("old")->id);
    CHECK(route->destinations[1].pool == world.pool("new")->id);
    CHECK(route->destinations[2].pool == world.pool("spare")->id);
    CHECK(route->fallback == std::vector<std::size_t>{2, 0});
    CHECK(route->unknown == 1);
    world.config.routes[0].unknown = "tests";
    world.reload();
    world.build_now();
    CHECK(world.route("ui")->unknown == 3);
    CHECK(world.route("ui")->destinations[3].pool == world.pool("tests")->id);
    world.config.routes[0].unknown = "";
    world.reload();
    world.build_now();
    CHECK(world.route("ui")->unknown == 0);
  }

  TEST_CASE("weights set at run time outlive a reload as far as the pools' names do") {
    World world = two_pools();
    world.desired.runtime.weights["hooks"] = {{"old", 20}, {"new", 80}};
    world.build_now();
    world.config.pools.push_back(a_pool("third"));
    world.config.routes[0].split = {{"third", 5, {}}, {"new", 1, {}}};
    world.reload();
    world.build_now();
    CHECK(world.route("hooks")->split.branches()[0].weight == 5);
    CHECK(world.route("hooks")->split.branches()[1].weight == 80);
    CHECK_FALSE(world.route("hooks")->weights_from_file);
    world.config.routes[0].split = {{"new", 1, {}}, {"old", 1, {}}};
    world.reload();
    world.build_now();
    CHECK(world.route("hooks")->split.branches()[0].weight == 80);
    CHECK(world.route("hooks")->split.branches()[1].weight == 20);
    CHECK(world.route("hooks")->weights_generation == 4);
    std::swap(world.config.routes[0].split[0], world.config.routes[0].split[1]);
    world.reload();
    world.build_now();
    CHECK(world.route("hooks")->weights_generation == 4);  // another order is no change of weights
    world.desired.runtime.weights.clear();
    world.build_now();
    CHECK(world.route("hooks")->weights_from_file);
    CHECK(world.route("hooks")->weights_generation == 6);
  }

  TEST_CASE("routes of one cohort group place a cohort alike") {
    World world = two_pools();
    world.config.routes[1].split = world.config.routes[0].split;
    for (conf::Route& route : world.config.routes) route.cohort_group = "jenkins";
    world.reload();
    world.build_now();
    for (int i = 0; i < 1000; ++i) {
      const CohortHash cohort = cohort_hash("org/app" + std::to_string(i));
      REQUIRE(world.route("hooks")->split.pick(cohort, 3) ==
              world.route("ui")->split.pick(cohort, 3));
    }
  }

  TEST_CASE("everything wrong is said at once, with its place, and nothing changes") {
    World world = two_pools();
    const auto before = world.snapshot;
    world.config.routes[0].at = {10, 1};
    world.config.routes[0].split.push_back({"newer", 1, {12, 30}});
    world.config.routes[0].match.path_prefix = "hook";
    world.config.routes[1].at = {20, 1};
    world.config.routes[1].match.path_prefix = "";
    world.config.routes[1].match.path_regex = "(";
    world.config.routes[1].fallback = {"gone"};
    world.desired.runtime.weights["ui"] = {{"old", 0}};
    world.reload();
    const Problems problems = world.try_build();
    std::vector<std::string> texts;
    for (const Problem& problem : problems) texts.push_back(problem.to_string().substr(0, 90));
    REQUIRE(texts.size() == 5);
    CHECK(texts[0] == "segue.toml:12:30: routes[0].split.newer: there is no pool 'newer'");
    CHECK(texts[1] ==
          "segue.toml:10:1: routes[0].match.path_prefix: 'hook' does not begin with '/'");
    CHECK(texts[2] == "segue.toml:20:1: routes[1].fallback: there is no pool 'gone'");
    CHECK(texts[3].starts_with(
        "segue.toml:20:1: routes[1].match.path_regex: '(' is no regular expression: "));
    CHECK(texts[4].starts_with(
        "segue.toml:20:1: routes[1].split: all weights are 0; give at least one pool"));
    CHECK(problems[4].text.ends_with("(with the weights that were set at run time)"));
    CHECK(world.snapshot == before);
  }

  TEST_CASE("a pool that a route still names cannot go, even where the route is unchanged") {
    World world = two_pools();
    world.config.pools.pop_back();
    world.reload();
    const Problems problems = world.try_build();
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].text == "there is no pool 'new'");
  }

  TEST_CASE("names and addresses are unique") {
    World world = two_pools();
    world.config.pools[0].endpoints.push_back(world.config.pools[0].endpoints[0]);
    world.config.pools.push_back(a_pool("new"));
    world.config.routes.push_back(a_route("ui", "/x", {{"old", 1}}));
    world.reload();
    const Problems problems = world.try_build();
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].to_string() == "segue.toml: routes[2].name: there are two routes named 'ui'");
    CHECK(problems[1].path == "pools.old.endpoints");
    CHECK(problems[2].path == "pools.new");
  }

  TEST_CASE("a snapshot's table leads to its routes") {
    World world = two_pools();
    Request request;
    request.target = "/github-webhook/x";
    const auto match = world.snapshot->table->find(request.head());
    CHECK(world.snapshot->route(match.route).settings.name == "hooks");
    CHECK(world.snapshot->config == world.desired.config);
  }
}

}  // namespace segue::routing

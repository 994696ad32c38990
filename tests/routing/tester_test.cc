// Testers and sessions in the decision about a pool, for traffic and explanations alike.
#include "routing/tester.h"

#include <string>

#include <doctest/doctest.h>

#include "routing/explain.h"
#include "routing/place.h"
#include "routing/session.h"
#include "tests/routing/world.h"

namespace segue::routing {
namespace {

/// Pools old, new and spare; route ui with sessions over old and new, and spare as fallback.
World with_sessions(std::uint32_t old_weight = 100, std::uint32_t new_weight = 0) {
  World world = two_pools();
  world.config.pools.push_back(a_pool("spare"));
  conf::Route& ui = world.config.routes[1];
  ui.split = {{"old", old_weight, {}}, {"new", new_weight, {}}};
  ui.fallback = {"spare"};
  ui.cohort = {{conf::CohortKey::Kind::kSession, ""}};
  ui.tester_override = {"X-Pool", "pool", ""};
  world.config.sessions.secret = "s";
  world.reload();
  world.everybody_up();
  world.build_now();
  return world;
}

/// What a cookie of route ui says that was set at `pool`.
std::string cookie(World& world, const std::string& pool, std::uint32_t epoch = 0) {
  const Session session{world.route("ui")->group_tag, world.pool(pool)->tag, epoch, 42};
  return "segue_s=" +
         std::string(SessionValue(session, {}, "segue_s", world.snapshot->session_key).text());
}

std::string goes_to(World& world, Request request) {
  const Explanation explained = explain(*world.snapshot, request.head(), "10.0.0.1", 4711);
  INFO(explained.reason);
  return explained.pool;
}

std::size_t chosen(World& world, Request request) {
  const TesterWord word = tester_word(*world.snapshot, *world.route("ui"), request.head());
  CHECK(word.said);
  return word.destination;
}

}  // namespace

TEST_SUITE("routing/tester") {
  TEST_CASE("a field or a parameter names the pool; the field goes first") {
    World world = with_sessions();
    CHECK(chosen(world, {"GET", "ci", "/", {{"x-pool", "new"}}}) == 1);
    CHECK(chosen(world, {"GET", "ci", "/?a=b&pool=n%65w", {}}) == 1);
    CHECK(chosen(world, {"GET", "ci", "/?pool=old", {{"X-Pool", "spare"}}}) == 2);
    CHECK(chosen(world, {"GET", "ci", "/", {{"X-Pool", "nobody"}}}) == SIZE_MAX);
    CHECK(chosen(world, {"GET", "ci", "/", {{"X-Pool", ""}}}) == SIZE_MAX);
    CHECK(chosen(world, {"GET", "ci", "/?pool", {}}) == SIZE_MAX);
    Request nothing;
    CHECK_FALSE(tester_word(*world.snapshot, *world.route("ui"), nothing.head()).said);
    Request other{"GET", "ci", "/", {{"X-Pool", "new"}}};
    CHECK_FALSE(tester_word(*world.snapshot, *world.route("hooks"), other.head()).said);
  }

  TEST_CASE("with a secret, only with the secret") {
    World world = with_sessions();
    world.config.routes[1].tester_override.secret = "a:b";
    world.reload();
    world.build_now();
    CHECK(chosen(world, {"GET", "ci", "/", {{"X-Pool", "new:a:b"}}}) == 1);
    CHECK(chosen(world, {"GET", "ci", "/?pool=new:a%3Ab", {}}) == 1);
    for (const char* word :
         {"new", "new:", "new:a", "new:a:c", "new:a:bb", "new:A:B", ":a:b", "a:b", "gone:a:b"}) {
      CAPTURE(word);
      CHECK(chosen(world, {"GET", "ci", "/", {{"X-Pool", word}}}) == SIZE_MAX);
    }
    const std::string longest = "new:" + std::string(5000, 'x');
    CHECK(chosen(world, {"GET", "ci", "/", {{"X-Pool", longest}}}) == SIZE_MAX);
  }

  TEST_CASE("a tester's pool that is not eligible is fallen back from") {
    World world = with_sessions();
    CHECK(goes_to(world, {"GET", "ci", "/", {{"X-Pool", "new"}}}) == "new");
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = EndpointState::Health::kDown;
    world.build_now();
    CHECK(goes_to(world, {"GET", "ci", "/", {{"X-Pool", "new"}}}) == "old");
  }

  TEST_CASE("a session stays at weight 0, and goes elsewhere only while its pool cannot") {
    World world = with_sessions();
    const std::string mine = cookie(world, "new");
    CHECK(goes_to(world, {"GET", "ci", "/", {{"Cookie", mine}}}) == "new");
    CHECK(goes_to(world, {}) == "old");
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = EndpointState::Health::kDown;
    world.build_now();
    CHECK(goes_to(world, {"GET", "ci", "/", {{"Cookie", mine}}}) == "old");
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = EndpointState::Health::kUp;
    world.build_now();
    CHECK(goes_to(world, {"GET", "ci", "/", {{"Cookie", mine}}}) == "new");
  }

  TEST_CASE("a session of another epoch, key or pool is placed by the weights") {
    World world = with_sessions();
    const auto placed = [&](const std::string& value) {
      return goes_to(world, {"GET", "ci", "/", {{"Cookie", value}}});
    };
    CHECK(placed(cookie(world, "new")) == "new");
    CHECK(placed(cookie(world, "new", 1)) == "old");
    CHECK(placed(cookie(world, "spare")) == "old");  // a fallback keeps nobody
    const std::string before = cookie(world, "new");
    world.desired.runtime.epochs["ui"] = 1;
    world.build_now();
    CHECK(placed(before) == "old");
    CHECK(placed(cookie(world, "new", 1)) == "new");
    world.config.sessions.secret = "another";
    world.reload();
    world.build_now();
    CHECK(placed(before) == "old");
  }

  TEST_CASE("a key behind the session draws who has none; a key before it decides alone") {
    World world = with_sessions(50, 50);
    using Kind = conf::CohortKey::Kind;
    const auto find = [&](std::vector<conf::CohortKey> keys, Request request, CohortHash session) {
      return CohortKeys(std::move(keys)).find(request.head(), "10.0.0.1", 4711, session);
    };
    const std::vector<conf::CohortKey> then_client = {{Kind::kSession, ""}, {Kind::kClient, ""}};
    CHECK(find(then_client, {}, 0).hash == cohort_hash("10.0.0.1"));
    CHECK(find(then_client, {}, 42).hash == 42);
    const std::vector<conf::CohortKey> after_header = {{Kind::kHeader, "X-Repo"},
                                                       {Kind::kSession, ""}};
    CHECK(find(after_header, {"GET", "ci", "/", {{"X-Repo", "a"}}}, 42).hash == cohort_hash("a"));
    CHECK(find(after_header, {}, 42).hash == 42);
    const CohortKeys::Cohort fresh = find(after_header, {}, 0);
    CHECK(fresh.found == CohortKeys::Found::kRandom);
    CHECK(fresh.hash == 4711);
    CHECK(fresh.index == 1);
  }
}

}  // namespace segue::routing

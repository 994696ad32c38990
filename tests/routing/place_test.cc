// Where cohorts go, and where next when that pool cannot take them.
#include "routing/place.h"

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/routing/world.h"

namespace segue::routing {
namespace {

using Health = EndpointState::Health;
using Operator = Word;

Selection at(CohortHash hash) {
  return {{CohortKeys::Found::kKey, hash, "x", 0}};
}

}  // namespace

TEST_SUITE("routing/place") {
  TEST_CASE("a cohort goes to its pool, and over the others while that is dead") {
    World world = two_pools();
    const auto goes_to = [&](CohortHash hash) {
      const Placement placement = place(*world.snapshot, *world.route("hooks"), at(hash));
      CHECK(placement.why == Placement::Why::kSplit);
      return placement.destination;
    };
    std::vector<CohortHash> fresh;
    for (CohortHash hash = 0; fresh.size() < 20; ++hash) {
      if (goes_to(hash) == 1) fresh.push_back(hash);
    }
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = Health::kDown;
    world.build_now();
    for (const CohortHash hash : fresh) CHECK(goes_to(hash) == 0);
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
    auto placement = place(*world.snapshot, *world.route("ui"), {cohort});
    CHECK(placement.why == Placement::Why::kFallback);
    CHECK(placement.destination == 2);
    CHECK(next_place(*world.snapshot, *world.route("ui"), at(42), 0b100).destination == 0);
    CHECK(next_place(*world.snapshot, *world.route("ui"), at(42), 0b101).why ==
          Placement::Why::kNobody);
    world.state("spare").by_operator = Operator::kOut;
    world.build_now();
    CHECK(place(*world.snapshot, *world.route("ui"), {cohort}).destination == 0);
    world.config.routes[1].fallback.clear();
    world.reload();
    world.build_now();
    placement = place(*world.snapshot, *world.route("ui"), {cohort});
    CHECK(placement.why == Placement::Why::kNobody);
    CHECK(placement.destination == Placement::kNone);
  }

  TEST_CASE("without fallback a request that failed may go to what else the split has") {
    World world = two_pools();
    CHECK(next_place(*world.snapshot, *world.route("hooks"), at(1), 0b01).destination == 1);
    CHECK(next_place(*world.snapshot, *world.route("hooks"), at(1), 0b10).destination == 0);
    CHECK(next_place(*world.snapshot, *world.route("ui"), at(1), 0b01).why ==
          Placement::Why::kNobody);
  }

  TEST_CASE("a request without a key goes to the unknown pool while that is eligible") {
    World world = two_pools();
    world.config.routes[0].unknown = "new";
    world.reload();
    world.build_now();
    const CohortKeys::Cohort unknown{CohortKeys::Found::kUnknown, 3, "", 0};
    auto placement = place(*world.snapshot, *world.route("hooks"), {unknown});
    CHECK(placement.why == Placement::Why::kUnknown);
    CHECK(placement.destination == 1);
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = Health::kDown;
    world.build_now();
    placement = place(*world.snapshot, *world.route("hooks"), {unknown});
    CHECK(placement.why == Placement::Why::kSplit);
    CHECK(placement.destination == 0);
  }

  TEST_CASE("a pin beats the weights; only a hard one goes to a pool that is not eligible") {
    World world = two_pools();
    const auto pinned = [&](bool hard) {
      world.desired.runtime.pins["hooks"]["org/app"] = {"new", hard, "", "", 0, 0};
      world.build_now();
      return place(*world.snapshot, *world.route("hooks"), at(cohort_hash("Org/App")));
    };
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = Health::kDown;
    CHECK(pinned(false).why == Placement::Why::kSplit);
    CHECK(pinned(false).destination == 0);
    CHECK(pinned(true).why == Placement::Why::kPinned);
    CHECK(pinned(true).destination == 1);
    CHECK(
        next_place(*world.snapshot, *world.route("hooks"), at(cohort_hash("org/app")), 0b10).why ==
        Placement::Why::kNobody);
    world.everybody_up();
    CHECK(pinned(false).destination == 1);
    // By its other name too.
    Selection by_id = at(4711);
    by_id.alias = cohort_hash("org/app");
    CHECK(place(*world.snapshot, *world.route("hooks"), by_id).why == Placement::Why::kPinned);
    // The other route has a group of its own.
    CHECK(place(*world.snapshot, *world.route("ui"), at(cohort_hash("org/app"))).destination == 0);
  }

  TEST_CASE("unchanged pins are the same table in the next generation") {
    World world = two_pools();
    world.desired.runtime.pins["hooks"]["org/app"].pool = "new";
    world.build_now();
    const auto before = world.route("hooks");
    world.state("old").health = Health::kDown;
    world.build_now();
    CHECK(world.route("hooks") == before);
  }

  TEST_CASE("a session stays at its pool, also at weight 0, while that is eligible") {
    World world = two_pools();
    Selection session = at(42);
    session.session_pool = tag_of("new");
    CHECK(place(*world.snapshot, *world.route("ui"), session).why == Placement::Why::kSession);
    CHECK(place(*world.snapshot, *world.route("ui"), session).destination == 1);
    for (std::size_t i = 0; i < 3; ++i) world.state("new", i).health = Health::kDown;
    world.build_now();
    CHECK(place(*world.snapshot, *world.route("ui"), session).destination == 0);
    session.chosen = 1;  // nor does a tester reach a dead pool
    CHECK(place(*world.snapshot, *world.route("ui"), session).destination == 0);
    world.everybody_up();
    world.build_now();
    CHECK(place(*world.snapshot, *world.route("ui"), session).why == Placement::Why::kChosen);
  }

  TEST_CASE("a pool that comes back takes its cohorts back a part at a time, and none twice") {
    World world = two_pools();
    world.config.routes[0].split = {{"old", 0, {}}, {"new", 100, {}}};
    world.config.routes[0].fallback = {"old"};
    world.reload();
    std::vector<CohortHash> there;  // of the step before
    for (const auto admitted : std::initializer_list<std::uint16_t>{0, 200, 400, 600, 800, 1000}) {
      CAPTURE(admitted);
      world.desired.pool_states["new"].admitted = admitted;
      world.build_now();
      std::vector<CohortHash> now;
      for (CohortHash hash = 1; hash <= 10'000; ++hash) {
        const CohortHash spread = cohort_hash(std::to_string(hash));
        if (place(*world.snapshot, *world.route("hooks"), at(spread)).destination == 1)
          now.push_back(spread);
      }
      CHECK(now.size() == doctest::Approx(admitted * 10).epsilon(0.1));
      for (const CohortHash hash : there)
        REQUIRE(place(*world.snapshot, *world.route("hooks"), at(hash)).destination == 1);
      there = now;
    }
  }

  TEST_CASE("pins and requests without a key come back like everybody else") {
    World world = two_pools();
    world.config.routes[0].unknown = "new";
    world.reload();
    world.desired.runtime.pins["hooks"]["app"].pool = "new";
    world.desired.pool_states["new"].admitted = 400;
    world.build_now();
    const Route& hooks = *world.route("hooks");
    REQUIRE(hooks.pins != nullptr);
    int unknown = 0;
    for (CohortHash hash = 0; hash < 2000; ++hash) {
      Selection keyless = at(hash);
      keyless.cohort.found = CohortKeys::Found::kUnknown;
      unknown += place(*world.snapshot, hooks, keyless).why == Placement::Why::kUnknown;
    }
    CHECK(std::abs(unknown - 800) < 100);
    // Whatever a pinned cohort's place in the order is, with the last step it is back.
    const Selection pinned = at(cohort_hash("app"));
    bool before = false;
    for (std::uint16_t admitted = 0; admitted <= 1000; admitted += 200) {
      world.desired.pool_states["new"].admitted = admitted;
      world.build_now();
      const Placement placement = place(*world.snapshot, *world.route("hooks"), pinned);
      const bool there = placement.why == Placement::Why::kPinned;
      CHECK((there || placement.destination == 0));
      CHECK(there >= before);
      if (admitted == 0) CHECK_FALSE(there);
      before = there;
    }
    CHECK(before);
    world.desired.runtime.pins["hooks"]["app"].hard = true;
    world.desired.pool_states["new"].admitted = 0;
    world.build_now();
    CHECK(place(*world.snapshot, *world.route("hooks"), pinned).destination == 1);
  }

  TEST_CASE("weights 1:1:8 with the 8 down, or not yet back, leave the others at 50/50") {
    World world = two_pools();
    world.config.pools = {a_pool("a"), a_pool("b"), a_pool("c")};
    world.config.routes = {a_route("all", "/", {{"a", 1}, {"b", 1}, {"c", 8}})};
    world.reload();
    world.everybody_up();
    world.build_now();
    constexpr int kCohorts = 20'000;
    const auto count = [&] {
      std::vector<int> seen(3);
      for (CohortHash hash = 0; hash < kCohorts; ++hash)
        ++seen[place(*world.snapshot, *world.route("all"), at(cohort_hash(std::to_string(hash))))
                   .destination];
      return seen;
    };
    const auto near = [](int seen, double share) {
      return std::abs(seen - kCohorts * share) < 4.5 * std::sqrt(kCohorts * share + 1);
    };
    const auto whole = count();
    CHECK((near(whole[0], 0.1) && near(whole[1], 0.1) && near(whole[2], 0.8)));
    world.state("c").health = Health::kDown;
    world.build_now();
    const auto down = count();
    CHECK((near(down[0], 0.5) && near(down[1], 0.5) && down[2] == 0));
    world.state("c").health = Health::kUp;
    for (const double back : {0.0, 0.2, 0.6, 1.0}) {
      world.desired.pool_states["c"].admitted = static_cast<std::uint16_t>(1000 * back);
      world.build_now();
      const auto seen = count();
      CAPTURE(back);
      CHECK(near(seen[2], 0.8 * back));
      CHECK((near(seen[0], 0.5 - 0.4 * back) && near(seen[1], 0.5 - 0.4 * back)));
    }
  }

  TEST_CASE("with nobody else a pool takes everybody, admitted or not") {
    World world = two_pools();
    world.desired.pool_states["old"].admitted = 0;
    world.desired.pool_states["new"].admitted = 0;
    world.build_now();
    CHECK(place(*world.snapshot, *world.route("hooks"), at(7)).destination != Placement::kNone);
  }
}

}  // namespace segue::routing

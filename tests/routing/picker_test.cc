// Who of a pool is picked.
#include "routing/picker.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/routing/world.h"

namespace segue::routing {
namespace {

constexpr std::uint32_t kMax = 1024;

/// One pool, its picker and the loads of its endpoints.
struct Bench {
  World world;
  Rng rng{99};
  Picker picker{rng};
  std::vector<EndpointLoad> loads;
  Instant now{1'000'000'000};

  Bench(conf::Balance balance, const std::vector<std::uint32_t>& weights) {
    conf::Pool pool = a_pool("new", weights.size());
    pool.balance = balance;
    for (std::size_t i = 0; i < weights.size(); ++i) pool.endpoints[i].weight = weights[i];
    world.config.pools = {pool};
    world.config.routes = {a_route("ui", "/", {{"new", 1}})};
    world.everybody_up();
    world.build_now();
    loads.resize(world.desired.endpoint_names.size());
  }
  const Pool& pool() { return *world.pool("new"); }
  Picker::Choice pick(std::vector<EndpointId> tried = {}, std::uint32_t max = kMax) {
    return picker.pick(pool(), loads, max, tried, now);
  }
  /// The place of the choice in the pool; -1 for none.
  std::ptrdiff_t place(std::vector<EndpointId> tried = {}, std::uint32_t max = kMax) {
    const Picker::Choice choice = pick(std::move(tried), max);
    return choice.endpoint == nullptr ? -1 : choice.endpoint - pool().endpoints.data();
  }
  EndpointId id(std::size_t i) { return pool().endpoints[i].id; }
  /// The endpoint comes back after a failure, now.
  void recovers(std::size_t i) {
    world.state("new", i).warm_from = now;
    world.build_now();
  }
};

std::map<std::ptrdiff_t, int> tally(Bench& bench, int picks) {
  std::map<std::ptrdiff_t, int> out;
  for (int i = 0; i < picks; ++i) ++out[bench.place()];
  return out;
}

}  // namespace

TEST_SUITE("routing/picker") {
  TEST_CASE("round robin takes everyone in turn") {
    Bench bench(conf::Balance::kRoundRobin, {1, 1, 1});
    const auto first = bench.place();
    for (int i = 1; i < 30; ++i) CHECK(bench.place() == (first + i) % 3);
  }

  TEST_CASE("weighted round robin is exact over a turn") {
    Bench bench(conf::Balance::kRoundRobin, {5, 1, 0, 4});
    CHECK(tally(bench, 1000) == std::map<std::ptrdiff_t, int>{{0, 500}, {1, 100}, {3, 400}});
  }

  TEST_CASE("workers begin their turns at different endpoints") {
    Bench bench(conf::Balance::kRoundRobin, std::vector<std::uint32_t>(16, 1));
    std::set<std::ptrdiff_t> firsts;
    for (std::uint64_t seed = 0; seed < 16; ++seed) {
      Rng rng(seed);
      Picker picker(rng);
      firsts.insert(picker.pick(bench.pool(), bench.loads, kMax, {}, bench.now).endpoint -
                    bench.pool().endpoints.data());
    }
    CHECK(firsts.size() > 4);
  }

  TEST_CASE("idle endpoints are drawn by weight") {
    for (const std::vector<std::uint32_t>& weights :
         {std::vector<std::uint32_t>{1, 1}, {3, 1}, {1, 1, 1, 1, 1}, {10, 20, 30, 40}}) {
      Bench bench(conf::Balance::kLeastLoaded, weights);
      const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
      constexpr int kPicks = 40'000;
      auto seen = tally(bench, kPicks);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double share = weights[i] / sum;
        CAPTURE(i);
        CHECK(std::abs(seen[static_cast<std::ptrdiff_t>(i)] - kPicks * share) <
              4.5 * std::sqrt(kPicks * share));
      }
    }
  }

  TEST_CASE("of two endpoints the less loaded one takes it, by weight") {
    Bench bench(conf::Balance::kLeastLoaded, {1, 3});
    bench.loads[bench.id(0).index()].in_flight = 2;
    bench.loads[bench.id(1).index()].in_flight = 5;
    CHECK(tally(bench, 200) == std::map<std::ptrdiff_t, int>{{1, 200}});
    bench.loads[bench.id(1).index()].in_flight = 7;
    CHECK(tally(bench, 200) == std::map<std::ptrdiff_t, int>{{0, 200}});
  }

  TEST_CASE("the most loaded of many is never taken, the load stays even") {
    Bench bench(conf::Balance::kLeastLoaded, std::vector<std::uint32_t>(20, 1));
    bench.loads[bench.id(7).index()].in_flight = 1000;
    for (int i = 0; i < 2000; ++i) {
      const Picker::Choice choice = bench.pick();
      REQUIRE(choice.endpoint != nullptr);
      REQUIRE(choice.endpoint->id != bench.id(7));
      ++bench.loads[choice.endpoint->id.index()].in_flight;
    }
    for (std::size_t i = 0; i < 20; ++i) {
      if (i == 7) continue;
      CAPTURE(i);
      CHECK(bench.loads[bench.id(i).index()].in_flight > 95);
      CHECK(bench.loads[bench.id(i).index()].in_flight < 115);
    }
  }

  TEST_CASE("an endpoint that was tried is taken only when no other is in rotation") {
    for (const auto balance : {conf::Balance::kLeastLoaded, conf::Balance::kRoundRobin}) {
      Bench bench(balance, {100, 1, 1});
      for (int i = 0; i < 200; ++i) REQUIRE(bench.place({bench.id(0), bench.id(2)}) == 1);
      CHECK(bench.place({bench.id(0), bench.id(1), bench.id(2)}) >= 0);
      bench.loads[bench.id(1).index()].in_flight = kMax;
      const Picker::Choice choice = bench.pick({bench.id(0), bench.id(2)});
      CHECK(choice.endpoint == nullptr);
      CHECK(choice.full);
    }
  }

  TEST_CASE("the only endpoint is taken again") {
    Bench bench(conf::Balance::kLeastLoaded, {1});
    CHECK(bench.place({bench.id(0)}) == 0);
  }

  TEST_CASE("full means that endpoints are in rotation and all at the limit") {
    for (const auto balance : {conf::Balance::kLeastLoaded, conf::Balance::kRoundRobin}) {
      for (const std::size_t size : {1u, 2u, 3u, 50u}) {
        CAPTURE(size);
        Bench bench(balance, std::vector<std::uint32_t>(size, 1));
        for (EndpointLoad& load : bench.loads) load.in_flight = 4;
        Picker::Choice choice = bench.pick({}, 4);
        CHECK(choice.endpoint == nullptr);
        CHECK(choice.full);
        choice = bench.pick({bench.id(0)}, 4);
        CHECK(choice.full);
        --bench.loads[bench.id(size - 1).index()].in_flight;
        CHECK(bench.place({}, 4) == static_cast<std::ptrdiff_t>(size - 1));
        for (std::size_t i = 0; i < size; ++i) {
          bench.world.state("new", i).by_operator = Word::kOut;
        }
        bench.world.build_now();
        choice = bench.pick({}, 4);
        CHECK(choice.endpoint == nullptr);
        CHECK_FALSE(choice.full);
      }
    }
  }

  TEST_CASE("an endpoint behind the end of the loads carries nothing") {
    Bench bench(conf::Balance::kLeastLoaded, {1, 1});
    bench.loads.resize(1);
    bench.loads[0].in_flight = 3;
    CHECK(bench.place() == 1);
  }

  TEST_CASE("a half-open endpoint takes one request, whoever asks first") {
    for (const auto balance : {conf::Balance::kLeastLoaded, conf::Balance::kRoundRobin}) {
      Bench bench(balance, {1, 1, 1});
      bench.world.state("new", 2).outlier = EndpointState::Outlier::kHalfOpen;
      bench.world.build_now();
      Rng other_rng(5);
      Picker other(other_rng);
      int probes = 0;
      for (int i = 0; i < 200; ++i) {
        const Picker::Choice choice =
            i % 2 == 0 ? bench.pick() : other.pick(bench.pool(), bench.loads, kMax, {}, bench.now);
        REQUIRE(choice.endpoint != nullptr);
        CHECK(choice.probe == (choice.endpoint->id == bench.id(2)));
        probes += choice.probe;
      }
      CHECK(probes == 1);
      bench.pool().endpoints[2].probe_taken->store(false);  // it ended without a verdict
      for (int i = 0; i < 200; ++i) probes += bench.pick().probe;
      CHECK(probes == 2);
    }
  }

  TEST_CASE("what was tried is taken again while the others only wait for a probe's outcome") {
    Bench bench(conf::Balance::kLeastLoaded, {1, 1});
    bench.world.state("new", 1).outlier = EndpointState::Outlier::kHalfOpen;
    bench.world.build_now();
    bench.pool().endpoints[1].probe_taken->store(true);
    CHECK(bench.place({bench.id(0)}) == 0);
    bench.loads[bench.id(0).index()].in_flight = kMax;
    CHECK(bench.pick({bench.id(0)}).full);
  }

  TEST_CASE("slow start: the share of an endpoint that comes back grows linearly") {
    for (const auto balance : {conf::Balance::kLeastLoaded, conf::Balance::kRoundRobin}) {
      for (const std::vector<std::uint32_t>& weights :
           {std::vector<std::uint32_t>{1, 1}, {1, 1, 1}, {2, 1, 3, 0, 4}}) {
        Bench bench(balance, weights);
        bench.recovers(0);
        const double others = std::accumulate(weights.begin() + 1, weights.end(), 0.0);
        for (int second = 0; second <= 60; second += 6) {
          constexpr int kPicks = 20'000;
          auto seen = tally(bench, kPicks);
          const double weight = weights[0] * (0.1 + 0.9 * second / 60);
          const double share = weight / (weight + others);
          CAPTURE(second);
          CHECK(std::abs(seen[0] - kPicks * share) < 4.5 * std::sqrt(kPicks * share));
          for (std::size_t i = 1; i < weights.size(); ++i) {  // and the others divide the rest
            const double rest = (1 - share) * weights[i] / others;
            CAPTURE(i);
            CHECK(std::abs(seen[static_cast<std::ptrdiff_t>(i)] - kPicks * rest) <=
                  4.5 * std::sqrt(kPicks * rest));
          }
          bench.now = bench.now + Seconds(6);
        }
        CHECK(Picker::warmth(bench.pool().settings, bench.pool().endpoints[0], bench.now) == 1);
      }
    }
  }

  TEST_CASE("slow start: having nothing to do does not make a cold endpoint the favourite") {
    for (const std::size_t size : {2u, 3u, 8u}) {
      CAPTURE(size);
      Bench bench(conf::Balance::kLeastLoaded, std::vector<std::uint32_t>(size, 1));
      for (std::size_t i = 1; i < size; ++i) bench.loads[bench.id(i).index()].in_flight = 20;
      bench.recovers(0);
      constexpr int kPicks = 20'000;
      const double share = 0.1 / (0.1 + static_cast<double>(size - 1));
      CHECK(tally(bench, kPicks)[0] < kPicks * share + 4.5 * std::sqrt(kPicks * share));
    }
  }

  TEST_CASE("slow start: a cold endpoint is not given more than its part of what runs") {
    Bench bench(conf::Balance::kLeastLoaded, {1, 1});
    bench.recovers(0);
    bench.loads[bench.id(0).index()].in_flight = 2;
    bench.loads[bench.id(1).index()].in_flight = 10;
    CHECK(tally(bench, 1000)[0] == 0);
  }

  TEST_CASE("slow start: a pool that comes back as a whole is balanced as ever") {
    for (const std::size_t size : {1u, 2u, 5u}) {
      CAPTURE(size);
      Bench bench(conf::Balance::kLeastLoaded, std::vector<std::uint32_t>(size, 1));
      for (std::size_t i = 0; i < size; ++i) bench.recovers(i);
      bench.now = bench.now + Seconds(3);
      for (std::size_t i = 0; i < 200 * size; ++i) {
        const Picker::Choice choice = bench.pick();
        REQUIRE(choice.endpoint != nullptr);
        ++bench.loads[choice.endpoint->id.index()].in_flight;
      }
      for (std::size_t i = 0; i < size; ++i) {
        CHECK(bench.loads[bench.id(i).index()].in_flight > 190);
        CHECK(bench.loads[bench.id(i).index()].in_flight < 210);
      }
    }
  }

  TEST_CASE("slow start: nobody is left without an endpoint because one is cold") {
    Bench bench(conf::Balance::kLeastLoaded, {1, 1});
    bench.recovers(0);
    for (int i = 0; i < 200; ++i) REQUIRE(bench.place({bench.id(1)}) == 0);
    bench.loads[bench.id(1).index()].in_flight = kMax;
    for (int i = 0; i < 200; ++i) REQUIRE(bench.place() == 0);
    bench.loads[bench.id(0).index()].in_flight = kMax;
    CHECK(bench.pick().full);
  }

  TEST_CASE("slow start: 0 turns it off") {
    Bench bench(conf::Balance::kLeastLoaded, {1, 1});
    bench.world.config.pools[0].slow_start = Millis(0);
    bench.world.reload();
    bench.recovers(0);
    CHECK(tally(bench, 10'000)[0] > 4700);
  }

  TEST_CASE("any picks of any pool obey the rules") {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
      CAPTURE(seed);
      Rng rng(seed);
      std::vector<std::uint32_t> weights;
      for (std::size_t n = 1 + rng.below(12); n > 0; --n) {
        weights.push_back(static_cast<std::uint32_t>(rng.below(4)));
      }
      Bench bench(rng.below(2) == 0 ? conf::Balance::kLeastLoaded : conf::Balance::kRoundRobin,
                  weights);
      for (std::size_t i = 0; i < weights.size(); ++i) {
        EndpointState& state = bench.world.state("new", i);
        if (rng.below(4) == 0) state.health = EndpointState::Health::kDown;
        if (rng.below(4) == 0) state.outlier = EndpointState::Outlier::kHalfOpen;
        if (rng.below(4) == 0) state.warm_from = {bench.now.us - rng.below(80'000'000)};
      }
      bench.world.build_now();
      for (int i = 0; i < 30; ++i) {
        for (EndpointLoad& load : bench.loads) {
          load.in_flight = static_cast<std::uint32_t>(rng.below(3));
        }
        std::vector<EndpointId> tried;
        for (std::size_t n = rng.below(3); n > 0; --n) {
          tried.push_back(bench.id(rng.below(weights.size())));
        }
        bool fresh_room = false, fresh_full = false, tried_room = false, tried_full = false;
        for (const std::uint32_t at : bench.pool().in_rotation) {
          const Endpoint& endpoint = bench.pool().endpoints[at];
          if (endpoint.rotation == Rotation::kHalfOpen && endpoint.probe_taken->load()) continue;
          const bool room = bench.loads[endpoint.id.index()].in_flight < 2;
          const bool again = std::find(tried.begin(), tried.end(), endpoint.id) != tried.end();
          (again ? (room ? tried_room : tried_full) : (room ? fresh_room : fresh_full)) = true;
        }
        const Picker::Choice choice = bench.pick(tried, 2);
        const bool expects = fresh_room || (!fresh_full && tried_room);
        REQUIRE((choice.endpoint != nullptr) == expects);
        REQUIRE(choice.full == (!expects && (fresh_full || tried_full)));
        if (choice.endpoint == nullptr) continue;
        REQUIRE(bench.loads[choice.endpoint->id.index()].in_flight < 2);
        REQUIRE((std::find(tried.begin(), tried.end(), choice.endpoint->id) != tried.end()) ==
                !fresh_room);
        REQUIRE(choice.endpoint->weight > 0);
        REQUIRE(choice.probe == (choice.endpoint->rotation == Rotation::kHalfOpen));
      }
    }
  }
}

}  // namespace segue::routing

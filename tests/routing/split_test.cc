// Shares, movement and agreement of weighted rendezvous hashing.
#include "routing/split.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "routing/cohort.h"

namespace segue::routing {
namespace {

constexpr std::uint32_t kAll = 0xff;

struct Named {
  std::string_view pool;
  std::uint32_t weight;
};

Split split_of(std::initializer_list<Named> pools, std::string_view group = "ui") {
  std::vector<Split::Branch> branches;
  for (const Named& pool : pools) branches.push_back({pool.weight, salt_of(group, pool.pool)});
  auto split = Split::make(branches);
  REQUIRE(split.ok());
  return *split;
}

/// Cohorts as they come: hashes of names.
std::vector<CohortHash> cohorts(int count) {
  std::vector<CohortHash> out;
  for (int i = 0; i < count; ++i) out.push_back(cohort_hash("org/repository-" + std::to_string(i)));
  return out;
}

std::array<int, Split::kBranchesMax> tally(const Split& split, std::uint32_t eligible, int count) {
  std::array<int, Split::kBranchesMax> out{};
  for (const CohortHash cohort : cohorts(count)) {
    ++out[static_cast<std::size_t>(split.pick(cohort, eligible))];
  }
  return out;
}

/// Pearson's statistic of the observed counts against the shares that `split` states.
double chi_square(const Split& split, std::uint32_t eligible, int count) {
  const auto seen = tally(split, eligible, count);
  double sum = 0;
  for (std::size_t i = 0; i < split.branches().size(); ++i) {
    const double expected = split.share(i, eligible) * count;
    if (expected == 0) {
      CHECK(seen[i] == 0);
    } else {
      sum += (seen[i] - expected) * (seen[i] - expected) / expected;
    }
  }
  return sum;
}

}  // namespace

TEST_SUITE("routing/split") {
  TEST_CASE("shares are exact") {
    // Limits: the statistic's 99.9 % quantile for 1, 2, 3 and 7 degrees of freedom. The cohorts are
    // fixed, so this passes always or never.
    CHECK(chi_square(split_of({{"old", 90}, {"new", 10}}), kAll, 100'000) < 10.83);
    CHECK(chi_square(split_of({{"old", 999}, {"new", 1}}), kAll, 100'000) < 10.83);
    CHECK(chi_square(split_of({{"old", 1}, {"new", 1}}), kAll, 100'000) < 10.83);
    CHECK(chi_square(split_of({{"a", 50}, {"b", 30}, {"c", 20}}), kAll, 100'000) < 13.82);
    CHECK(chi_square(split_of({{"a", 5}, {"b", 0}, {"c", 20}, {"d", 1}}), kAll, 100'000) < 13.82);
    CHECK(chi_square(split_of({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}}), 0b1101, 100'000) < 13.82);
    CHECK(chi_square(split_of({{"a", 1},
                               {"b", 2},
                               {"c", 4},
                               {"d", 8},
                               {"e", 16},
                               {"f", 32},
                               {"g", 64},
                               {"h", 128}}),
                     kAll, 100'000) < 24.32);
  }

  TEST_CASE("shares are exact for random hashes, also at a thousandth of a per cent") {
    const Split split = split_of({{"old", 99'999}, {"new", 1}});
    Rng rng(11);
    int fresh = 0;
    constexpr int kCount = 5'000'000;
    for (int i = 0; i < kCount; ++i) fresh += split.pick(rng.next(), kAll) == 1;
    CHECK(std::abs(fresh - kCount / 100'000) < 4 * std::sqrt(kCount / 100'000.0));
  }

  TEST_CASE("with two pools no cohort moves needlessly, at any weight and in either direction") {
    const auto sample = cohorts(2'000);
    for (const bool up : {true, false}) {
      std::vector<int> last(sample.size(), -2);
      for (std::uint32_t step = 0; step <= 100; ++step) {
        const std::uint32_t weight = up ? step : 100 - step;
        CAPTURE(weight);
        const Split split = split_of({{"old", 100 - weight}, {"new", weight}});
        for (std::size_t i = 0; i < sample.size(); ++i) {
          const int now = split.pick(sample[i], kAll);
          if (last[i] != -2 && now != last[i]) REQUIRE(now == (up ? 1 : 0));
          last[i] = now;
        }
      }
    }
  }

  TEST_CASE("raising a weight moves cohorts into that pool only, and no more than its share grew") {
    Rng rng(2);
    const auto sample = cohorts(20'000);
    for (int round = 0; round < 30; ++round) {
      const std::size_t count = 2 + rng.below(Split::kBranchesMax - 1);
      std::vector<Split::Branch> branches;
      for (std::size_t i = 0; i < count; ++i) {
        branches.push_back({static_cast<std::uint32_t>(1 + rng.below(1000)), rng.next()});
      }
      const Split before = *Split::make(branches);
      const std::size_t grown = rng.below(count);
      branches[grown].weight += static_cast<std::uint32_t>(1 + rng.below(1000));
      const Split after = *Split::make(branches);
      int moved = 0;
      for (const CohortHash cohort : sample) {
        const int was = before.pick(cohort, kAll), is = after.pick(cohort, kAll);
        if (was == is) continue;
        ++moved;
        REQUIRE(is == static_cast<int>(grown));
      }
      const double change = after.share(grown, kAll) - before.share(grown, kAll);
      const auto size = static_cast<double>(sample.size());
      CHECK(moved <= change * size + 4.5 * std::sqrt(change * size));
    }
  }

  TEST_CASE("an ineligible pool's cohorts spread in proportion and nobody else moves") {
    const Split split = split_of({{"a", 10}, {"b", 30}, {"c", 60}});
    std::array<int, 3> from_c{};
    for (const CohortHash cohort : cohorts(100'000)) {
      const int whole = split.pick(cohort, kAll), without = split.pick(cohort, 0b011);
      if (whole == 2) {
        ++from_c[static_cast<std::size_t>(without)];
      } else {
        REQUIRE(whole == without);
      }
    }
    const double spread = from_c[0] + from_c[1];
    CHECK(from_c[2] == 0);
    CHECK(std::abs(from_c[0] / spread - 0.25) < 0.01);
  }

  TEST_CASE("weights 1:1:8 with the 8 down leave the others at 50/50") {
    const Split split = split_of({{"a", 1}, {"b", 1}, {"big", 8}});
    CHECK(split.share(0, 0b011) == 0.5);
    CHECK(split.share(1, 0b011) == 0.5);
    CHECK(split.share(2, 0b011) == 0.0);
    CHECK(split.share(2, kAll) == 0.8);
    const auto seen = tally(split, 0b011, 100'000);
    CHECK(std::abs(seen[0] - 50'000) < 4 * std::sqrt(25'000.0));
    CHECK(seen[2] == 0);
  }

  TEST_CASE("the order in the file does not matter") {
    std::vector<Named> pools = {{"a", 7}, {"b", 1}, {"c", 12}, {"d", 0}, {"e", 3}};
    const auto sample = cohorts(2'000);
    std::vector<std::string_view> first;
    for (int turn = 0; turn < 24; ++turn) {
      std::vector<Split::Branch> branches;
      for (const Named& pool : pools) branches.push_back({pool.weight, salt_of("ui", pool.pool)});
      const Split split = *Split::make(branches);
      for (std::size_t i = 0; i < sample.size(); ++i) {
        const std::string_view pool =
            pools[static_cast<std::size_t>(split.pick(sample[i], kAll))].pool;
        if (turn == 0) first.push_back(pool);
        REQUIRE(pool == first[i]);
      }
      std::next_permutation(pools.begin(), pools.end(),
                            [](const Named& a, const Named& b) { return a.pool < b.pool; });
    }
  }

  TEST_CASE("only proportions count") {
    const Split small = split_of({{"old", 9}, {"new", 1}}),
                large = split_of({{"old", 900'000}, {"new", 100'000}});
    for (const CohortHash cohort : cohorts(20'000)) {
      REQUIRE(small.pick(cohort, kAll) == large.pick(cohort, kAll));
    }
  }

  TEST_CASE("another group places cohorts independently") {
    const Split a = split_of({{"old", 50}, {"new", 50}}, "ui"),
                b = split_of({{"old", 50}, {"new", 50}}, "hooks");
    int same = 0;
    for (const CohortHash cohort : cohorts(100'000)) {
      same += a.pick(cohort, kAll) == b.pick(cohort, kAll);
    }
    CHECK(std::abs(same - 50'000) < 4 * std::sqrt(25'000.0));
  }

  TEST_CASE("weight 0 takes nothing, and nobody eligible is nobody") {
    const Split split = split_of({{"old", 100}, {"new", 0}});
    CHECK(split.pick(42, kAll) == 0);
    CHECK(split.pick(42, 0b10) == Split::kNone);
    CHECK(split.pick(42, 0) == Split::kNone);
    CHECK(split.score(1, 42) == 0);
    CHECK(split.share(1, 0b10) == 0);
    CHECK(Split().pick(42, kAll) == Split::kNone);
  }

  TEST_CASE("the highest score is the one picked") {
    const Split split = split_of({{"a", 3}, {"b", 5}, {"c", 1}});
    for (const CohortHash cohort : cohorts(5'000)) {
      const int picked = split.pick(cohort, kAll);
      for (std::size_t i = 0; i < 3; ++i) {
        REQUIRE(split.score(i, cohort) <= split.score(static_cast<std::size_t>(picked), cohort));
      }
    }
  }

  TEST_CASE("another process and another machine decide alike") {
    // The same numbers come from a second implementation in Python, with an arbitrary-precision
    // logarithm.
    CHECK(cohort_hash("org/app") == 10303299169425499384u);
    CHECK(salt_of("ui", "old") == 15851215176231465636u);
    CHECK(salt_of("ui", "new") == 16504281121834773662u);
    const Split two = split_of({{"old", 70}, {"new", 30}});
    const Split five = split_of({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"e", 5}});
    std::string by_two, by_five;
    for (const CohortHash cohort : cohorts(48)) {
      by_two += static_cast<char>('0' + two.pick(cohort, kAll));
      by_five += static_cast<char>('0' + five.pick(cohort, kAll));
    }
    CHECK(by_two == "000011011001001100000000000011000001000100010000");
    CHECK(by_five == "404242410442224222144422422332404433344342143213");
  }

  TEST_CASE("a split that makes no sense is refused with a sentence") {
    using Branch = Split::Branch;
    CHECK(Split::make({}).error() == "a split needs at least one pool");
    std::vector<Branch> nine;
    for (std::uint64_t i = 0; i < 9; ++i) nine.push_back({1, i});
    CHECK(Split::make(nine).error() == "a split has 9 pools, expected at most 8");
    CHECK(Split::make(std::array{Branch{1'000'001, 1}}).error() ==
          "weight 1000001, expected 0…1000000");
    CHECK(Split::make(std::array{Branch{0, 1}, Branch{0, 2}}).error() ==
          "all weights are 0; give at least one pool a weight above 0");
    CHECK(Split::make(std::array{Branch{1, 1}, Branch{1, 1}}).error() ==
          "a pool is twice in a split");
    CHECK(Split::make(std::array{Branch{1'000'000, 1}, Branch{0, 2}}).ok());
  }
}

}  // namespace segue::routing

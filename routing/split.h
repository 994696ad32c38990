// How a route's traffic is divided among pools: weighted rendezvous hashing (ADR 0008, ADR 0012).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace segue::routing {

/// Where a cohort stands, from a keyed 64-bit hash of its key. Requests without a key get a random
/// one.
using CohortHash = std::uint64_t;

inline constexpr std::uint32_t kWeightMax = 1'000'000;

/// Divides cohorts among branches: branch i scores weight_i / -ln(u_i), where u_i in (0,1) comes
/// from hash(cohort, salt_i), and the highest score wins. Shares are exact; raising a weight only
/// moves cohorts *into* that branch; an ineligible branch's cohorts spread over the others in
/// proportion and nobody else moves. Stateless and in integers, so every worker and every replica
/// decides alike, on whatever machine.
class Split {
 public:
  static constexpr std::size_t kBranchesMax = 8;
  static constexpr int kNone = -1;
  struct Branch {
    std::uint32_t weight = 0;  ///< 0…kWeightMax; 0 takes no new cohorts
    std::uint64_t salt = 0;    ///< salt_of(group, pool), so order in the file does not matter
    bool operator==(const Branch&) const = default;
  };

  Split() = default;

  /// Errors (a sentence): no branch, more than kBranchesMax, a weight over kWeightMax, all weights
  /// zero, a salt twice (a pool twice).
  static Result<Split, std::string> make(std::span<const Branch> branches);

  /// The index of the branch for `cohort`; bit i of `eligible` says that branch i may take traffic
  /// now. kNone when no branch with a weight is eligible. No allocation; a logarithm per branch
  /// with a weight when there are two or more, none when there is one.
  int pick(CohortHash cohort, std::uint32_t eligible) const noexcept;

  /// What branch i gets of the traffic when `eligible` are: weight over the sum of eligible
  /// weights.
  double share(std::size_t branch, std::uint32_t eligible) const noexcept;

  /// The score by which pick() decides, for explanations. 0 for weight 0.
  double score(std::size_t branch, CohortHash cohort) const noexcept;

  std::span<const Branch> branches() const noexcept { return {branches_.data(), count_}; }

 private:
  std::array<Branch, kBranchesMax> branches_{};
  std::uint8_t count_ = 0;
  std::uint8_t weighted_ = 0;  // bit i: branch i has a weight
};

/// The salt of a pool within a cohort group: the same in every process.
std::uint64_t salt_of(std::string_view group, std::string_view pool) noexcept;

}  // namespace segue::routing

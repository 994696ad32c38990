// Scores as fractions of integers, compared by cross-multiplication.
#include "routing/split.h"

#include "lib/base/hash.h"
#include "routing/fixed_log.h"

namespace segue::routing {
namespace {

static_assert(kWeightMax <= UINT64_MAX / (std::uint64_t{64} << kLogBits),
              "a comparison fits 64 bits");

std::uint64_t log_of(CohortHash cohort, std::uint64_t salt) noexcept {
  return neg_log2(mix(cohort, salt));
}

}  // namespace

Result<Split, std::string> Split::make(std::span<const Branch> branches) {
  if (branches.empty()) return fail<std::string>("a split needs at least one pool");
  if (branches.size() > kBranchesMax) {
    return fail("a split has " + std::to_string(branches.size()) + " pools, expected at most " +
                std::to_string(kBranchesMax));
  }
  Split split;
  for (const Branch& branch : branches) {
    if (branch.weight > kWeightMax) {
      return fail("weight " + std::to_string(branch.weight) + ", expected 0…" +
                  std::to_string(kWeightMax));
    }
    for (const Branch& other : split.branches()) {
      if (other.salt == branch.salt) return fail<std::string>("a pool is twice in a split");
    }
    if (branch.weight > 0) split.weighted_ |= static_cast<std::uint8_t>(1u << split.count_);
    split.branches_[split.count_++] = branch;
  }
  if (split.weighted_ == 0) {
    return fail<std::string>("all weights are 0; give at least one pool a weight above 0");
  }
  return split;
}

int Split::pick(CohortHash cohort, std::uint32_t eligible) const noexcept {
  std::uint32_t left = eligible & weighted_;
  if (left == 0) return kNone;
  int best = std::countr_zero(left);
  left &= left - 1;
  if (left == 0) return best;  // nothing to compare
  const Branch* champion = &branches_[static_cast<std::size_t>(best)];
  std::uint64_t champion_log = log_of(cohort, champion->salt);
  for (; left != 0; left &= left - 1) {
    const int i = std::countr_zero(left);
    const Branch& branch = branches_[static_cast<std::size_t>(i)];
    const std::uint64_t log = log_of(cohort, branch.salt);
    const std::uint64_t ours = branch.weight * champion_log, theirs = champion->weight * log;
    // A tie goes by salt, for the order in the file must not matter.
    if (ours < theirs || (ours == theirs && branch.salt < champion->salt)) continue;
    best = i;
    champion = &branch;
    champion_log = log;
  }
  return best;
}

double Split::share(std::size_t branch, std::uint32_t eligible) const noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if ((eligible >> i & 1) != 0) sum += branches_[i].weight;
  }
  if (branch >= count_ || sum == 0 || (eligible >> branch & 1) == 0) return 0;
  return static_cast<double>(branches_[branch].weight) / static_cast<double>(sum);
}

double Split::score(std::size_t branch, CohortHash cohort) const noexcept {
  if (branch >= count_ || branches_[branch].weight == 0) return 0;
  constexpr double kLn2 = 0.6931471805599453;
  const double log = static_cast<double>(log_of(cohort, branches_[branch].salt)) /
                     static_cast<double>(std::uint64_t{1} << kLogBits);
  return branches_[branch].weight / (kLn2 * log);
}

std::uint64_t salt_of(std::string_view group, std::string_view pool) noexcept {
  return mix(siphash(group), siphash(pool));
}

}  // namespace segue::routing

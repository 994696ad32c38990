// Counting first, then one decision per outcome.
#include "health/verdict.h"

namespace segue::health {

bool Verdict::judge(Outcome outcome, Thresholds thresholds) noexcept {
  switch (outcome) {
    case Outcome::kPass:
      failures_ = 0;
      ++passes_;
      break;
    case Outcome::kFail:
    case Outcome::kStarting:
      passes_ = 0;
      ++failures_;
      break;
    case Outcome::kAskedDrain: passes_ = failures_ = 0; break;
  }
  const Health to = next(outcome, thresholds);
  if (to != Health::kChecking && to != Health::kStarting) fresh_ = false;
  const bool changed = to != state_;
  state_ = to;
  return changed;
}

Verdict::Health Verdict::next(Outcome outcome, Thresholds thresholds) const noexcept {
  switch (outcome) {
    case Outcome::kPass: {
      const std::uint32_t needed = fresh_ ? 1 : thresholds.rise;
      return state_ == Health::kUp || passes_ >= needed ? Health::kUp : state_;
    }
    case Outcome::kFail: return failures_ >= thresholds.fall ? Health::kDown : state_;
    case Outcome::kStarting:
      // What has no traffic anyway may be called by its right name at once.
      return state_ != Health::kUp || failures_ >= thresholds.fall ? Health::kStarting : state_;
    case Outcome::kAskedDrain: break;
  }
  return Health::kAskedDrain;
}

bool Verdict::changing() const noexcept {
  switch (state_) {
    case Health::kUnchecked: return false;
    case Health::kChecking:
    case Health::kStarting: return true;
    case Health::kUp: return failures_ > 0;
    case Health::kDown:
    case Health::kAskedDrain: break;
  }
  return passes_ > 0;
}

}  // namespace segue::health

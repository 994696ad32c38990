// How a pool that failed gets its cohorts back: not at the first sign of life, not all at once, and
// not over and over.
//
//             failure            eligible              stable            every `step`
//   taking ────────────▶ failed ──────────▶ stabilising ──────▶ returning 1…n ──────▶ taking
//                          ▲                   │ failure           │ failure
//                          └───────────────────┴───────────────────┘
//   held (flapping): flap_transitions failures within flap_window; until it was eligible for a
//                    whole flap_window, or released
//   held (manual):   where `stabilising` would begin when mode = "manual"; until released
//
// What the operator does himself (drain, out, ready) and what a reload brings is no failure, and a
// pool that was never eligible since the start has nothing to fall back from. Pure: time is the
// caller's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "routing/desired.h"

namespace segue::health {

class Failback {
 public:
  enum class Phase : std::uint8_t { kTaking, kFailed, kStabilising, kReturning, kHeld };
  enum class Hold : std::uint8_t { kNone, kManual, kFlapping };

  /// What a pool looks like now.
  enum class Sight : std::uint8_t {
    kEligible,
    kForced,  ///< eligible, and would be by the operator's word alone
    kFailed,  ///< not eligible, and would be but for health, passive ejection or resolving
    kAway,    ///< not eligible for another reason: the operator, a reload, no verdict yet
  };

  /// Something to be told: an event's name ("pool.returning") and its facts but for the pool.
  struct News {
    const char* name;
    std::vector<std::pair<std::string, std::string>> facts;
    bool warning = false;
  };

  /// Whether a release goes through the steps or skips them.
  enum class Ramp : bool { kSkip, kKeep };

  /// Failures remembered; conf keeps flap_transitions within.
  static constexpr std::size_t kFailuresMax = 1000;
  static constexpr std::uint32_t kEverybody = 1000;  ///< of 1000 cohorts

  /// To be told at every change and whenever in doubt; `evidence` says why it is not eligible.
  std::vector<News> observe(const conf::Failback& settings, Sight sight,
                            const std::string& evidence, Instant now);
  /// To be called every second; also takes over new settings.
  std::vector<News> tick(const conf::Failback& settings, Instant now);
  /// The operator wants it back: ends a hold or the time to become stable. Nothing while it takes
  /// everybody; forgets a hold and no more while it is not eligible.
  std::vector<News> release(const conf::Failback& settings, Ramp ramp, Instant now);

  /// How many of 1000 cohorts may go there.
  std::uint32_t admitted() const noexcept { return admitted_; }

  struct State {
    Phase phase = Phase::kTaking;
    Hold hold = Hold::kNone;
    std::uint32_t admitted = kEverybody;  ///< of 1000 cohorts
    std::uint32_t step = 0, steps = 0;    ///< while kReturning; else 0
    std::uint32_t failures = 0;           ///< within flap_window
    Instant since;                        ///< of the phase (of the step); unset before the first
    Instant until;  ///< when the next phase or step begins by itself; unset when it does not
  };
  State state(const conf::Failback& settings, Instant now) const;

 private:
  using Facts = std::vector<std::pair<std::string, std::string>>;
  void tell(const char* name, Facts facts, bool warning = false);
  std::vector<News> told() { return std::exchange(news_, {}); }
  void enter(Phase phase, std::uint32_t admitted, Instant now);
  void failed(const conf::Failback& settings, const std::string& evidence, Instant now);
  void begin_stable(const conf::Failback& settings, Instant now);
  void advance(const conf::Failback& settings, Instant now);
  void begin_step(const conf::Failback& settings, std::uint32_t step, Instant now);
  void hold(Hold why, Facts facts, Instant now);
  std::uint32_t failures_within(const conf::Failback& settings, Instant now) const;
  Instant due(const conf::Failback& settings) const;

  Phase phase_ = Phase::kTaking;
  Hold hold_ = Hold::kNone;
  Sight sight_ = Sight::kAway;
  std::uint32_t admitted_ = kEverybody;
  std::uint32_t step_ = 0;        // of kReturning
  Instant since_;                 // of the phase or step
  Instant stable_since_;          // eligible without a break; unset while it is not
  std::deque<Instant> failures_;  // oldest first
  std::vector<News> news_;
  bool was_eligible_ = false;  // ever
};

const char* to_string(Failback::Phase phase) noexcept;  ///< "taking", "failed", "stabilising", …
const char* to_string(Failback::Hold hold) noexcept;    ///< "none", "manual", "flapping"

}  // namespace segue::health

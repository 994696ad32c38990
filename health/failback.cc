// What is seen decides the phase at once, time decides it later: every arrow is in one of the two.
#include "health/failback.h"

#include <algorithm>

namespace segue::health {
namespace {

std::string in_words(Millis time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

/// 200 of 1000 as "20%".
std::string percent(std::uint32_t permille) {
  return std::to_string((permille + 5) / 10) + "%";
}

}  // namespace

void Failback::tell(const char* name, Facts facts, bool warning) {
  news_.push_back({name, std::move(facts), warning});
}

void Failback::enter(Phase phase, std::uint32_t admitted, Instant now) {
  phase_ = phase;
  if (phase != Phase::kHeld) hold_ = Hold::kNone;
  if (phase != Phase::kReturning) step_ = 0;
  admitted_ = admitted;
  since_ = now;
}

std::vector<Failback::News> Failback::observe(const conf::Failback& settings, Sight sight,
                                              const std::string& evidence, Instant now) {
  const Sight before = std::exchange(sight_, sight);
  const bool eligible = sight == Sight::kEligible || sight == Sight::kForced;
  if (!eligible) {
    stable_since_ = {};
  } else {
    was_eligible_ = true;
    if (!stable_since_) stable_since_ = now;
  }
  switch (sight) {
    case Sight::kEligible:
      if (phase_ == Phase::kFailed) begin_stable(settings, now);
      // A pool that was taken out on the way goes on where it was, and waits the whole step again.
      if (phase_ == Phase::kReturning && before == Sight::kAway) since_ = now;
      break;
    case Sight::kForced:
      if (phase_ == Phase::kTaking) break;
      failures_.clear();
      enter(Phase::kTaking, kEverybody, now);
      tell("pool.returned", {{"cause", "operator"}});
      break;
    case Sight::kFailed: {
      const bool known =
          phase_ == Phase::kFailed || (hold_ == Hold::kFlapping && before != Sight::kEligible);
      if (was_eligible_ && !known) failed(settings, evidence, now);
      break;
    }
    case Sight::kAway:
      if (phase_ == Phase::kStabilising) enter(Phase::kFailed, 0, now);
      break;
  }
  advance(settings, now);
  return told();
}

void Failback::failed(const conf::Failback& settings, const std::string& evidence, Instant now) {
  failures_.push_back(now);
  if (failures_.size() > kFailuresMax) failures_.pop_front();
  if (hold_ == Hold::kFlapping) return;  // its time begins anew with the next sign of life
  tell("pool.failed_over", {{"evidence", evidence}}, true);
  const std::uint32_t count = failures_within(settings, now);
  if (settings.flap_transitions == 0 || count < settings.flap_transitions) {
    enter(Phase::kFailed, 0, now);
    return;
  }
  hold(Hold::kFlapping,
       {{"cause", "flapping"},
        {"transitions", std::to_string(count)},
        {"window", in_words(settings.flap_window)}},
       now);
}

/// It is eligible again after a failure.
void Failback::begin_stable(const conf::Failback& settings, Instant now) {
  if (settings.mode == conf::Failback::Mode::kManual)
    return hold(Hold::kManual, {{"cause", "manual"}}, now);
  enter(Phase::kStabilising, 0, now);
  if (settings.stable.count() > 0) tell("pool.stabilising", {{"for", in_words(settings.stable)}});
}

void Failback::begin_step(const conf::Failback& settings, std::uint32_t step, Instant now) {
  if (step >= settings.steps) {
    enter(Phase::kTaking, kEverybody, now);
    tell("pool.returned", {{"cause", "stable"}});
    return;
  }
  enter(Phase::kReturning, kEverybody * step / settings.steps, now);
  step_ = step;
  tell("pool.returning", {{"step", std::to_string(step)},
                          {"of", std::to_string(settings.steps)},
                          {"admitted", percent(admitted_)}});
}

void Failback::hold(Hold why, Facts facts, Instant now) {
  enter(Phase::kHeld, 0, now);
  hold_ = why;
  tell("pool.held", std::move(facts), why == Hold::kFlapping);
}

std::vector<Failback::News> Failback::tick(const conf::Failback& settings, Instant now) {
  if (hold_ == Hold::kManual && settings.mode == conf::Failback::Mode::kAuto) {
    // Somebody changed the configuration. The time it was eligible counts.
    enter(stable_since_ ? Phase::kStabilising : Phase::kFailed, 0, now);
  }
  advance(settings, now);
  return told();
}

/// Goes on as far as time allows; more than one arrow only where a duration is 0.
void Failback::advance(const conf::Failback& settings, Instant now) {
  for (Instant at = due(settings); at && at <= now; at = due(settings)) {
    if (phase_ == Phase::kReturning) {
      begin_step(settings, step_ + 1, now);
      continue;
    }
    if (phase_ == Phase::kHeld) {
      failures_.clear();
      tell("pool.released",
           {{"cause", "stable"}, {"evidence", "eligible for " + in_words(settings.flap_window)}});
    }
    if (settings.mode == conf::Failback::Mode::kManual) {
      hold(Hold::kManual, {{"cause", "manual"}}, now);
    } else {
      begin_step(settings, 1, now);
    }
  }
}

/// When the next arrow is due; unset when time alone brings none.
Instant Failback::due(const conf::Failback& settings) const {
  if (!stable_since_) return {};
  switch (phase_) {
    case Phase::kStabilising: return stable_since_ + settings.stable;
    case Phase::kReturning: return since_ + settings.step;
    case Phase::kHeld:
      return hold_ == Hold::kFlapping ? stable_since_ + settings.flap_window : Instant{};
    case Phase::kTaking:
    case Phase::kFailed: break;
  }
  return {};
}

std::vector<Failback::News> Failback::release(const conf::Failback& settings, Ramp ramp,
                                              Instant now) {
  const bool held = phase_ == Phase::kHeld;
  const bool waiting = held || phase_ == Phase::kStabilising;
  if (!stable_since_) {
    if (held) {
      failures_.clear();
      enter(Phase::kFailed, 0, now);
      tell("pool.released", {{"cause", "operator"}});
    }
    return told();
  }
  if (waiting) {
    failures_.clear();
    tell("pool.released", {{"cause", "operator"}});
  }
  if (ramp == Ramp::kSkip && phase_ != Phase::kTaking) {
    enter(Phase::kTaking, kEverybody, now);
    tell("pool.returned", {{"cause", "operator"}});
  } else if (waiting) {
    begin_step(settings, 1, now);
  }
  return told();
}

std::uint32_t Failback::failures_within(const conf::Failback& settings, Instant now) const {
  const auto recent = std::count_if(failures_.begin(), failures_.end(),
                                    [&](Instant at) { return now - at <= settings.flap_window; });
  return static_cast<std::uint32_t>(recent);
}

Failback::State Failback::state(const conf::Failback& settings, Instant now) const {
  const std::uint32_t steps = phase_ == Phase::kReturning ? settings.steps : 0;
  return {phase_, hold_,        admitted_, step_, steps, failures_within(settings, now),
          since_, due(settings)};
}

const char* to_string(Failback::Phase phase) noexcept {
  switch (phase) {
    case Failback::Phase::kTaking: return "taking";
    case Failback::Phase::kFailed: return "failed";
    case Failback::Phase::kStabilising: return "stabilising";
    case Failback::Phase::kReturning: return "returning";
    case Failback::Phase::kHeld: return "held";
  }
  return "unknown";
}

const char* to_string(Failback::Hold hold) noexcept {
  switch (hold) {
    case Failback::Hold::kNone: return "none";
    case Failback::Hold::kManual: return "manual";
    case Failback::Hold::kFlapping: return "flapping";
  }
  return "unknown";
}

}  // namespace segue::health

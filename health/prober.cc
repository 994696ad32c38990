// A check is either in due_, or running, or (without an interval to keep) neither.
#include "health/prober.h"

#include <algorithm>
#include <unordered_set>

#include "health/schedule.h"

namespace segue::health {
namespace {

using Health = EndpointState::Health;

const char* cause_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass: return "check_passed";
    case Outcome::kFail: return "check_failed";
    case Outcome::kStarting: return "check_starting";
    case Outcome::kAskedDrain: break;
  }
  return "check_asked_drain";
}

/// What an endpoint begins with that the prober has not met.
Verdict first_verdict(const CheckTarget& target) {
  if (target.settings.kind == conf::Health::Kind::kNone) return Verdict(Health::kUnchecked);
  return Verdict(target.known == Health::kUnchecked ? Health::kUp : target.known);
}

/// The state an endpoint begins its (new) check with, when it was in `before`.
Verdict beginning(const conf::Health& settings, Health before) {
  if (settings.kind == conf::Health::Kind::kNone) return Verdict(Health::kUnchecked);
  const bool was_up = before == Health::kUp || before == Health::kUnchecked;
  return Verdict(was_up ? Health::kUp : Health::kChecking);
}

}  // namespace

struct Prober::Check {
  CheckTarget target;
  Verdict verdict;
  Instant due;  // zero: not in due_
  bool spread = false;
  std::unique_ptr<Probe> probe;  // null unless running

  std::uint64_t since_wall_ms = wall_clock_ms(), last_check_wall_ms = 0;
  std::uint64_t checks = 0, checks_failed = 0, transitions = 0;
  std::string last_result;
};

Prober::Prober(net::Loop& loop, OnFlip on_flip, std::uint64_t seed, std::size_t running_max)
    : loop_(loop), on_flip_(std::move(on_flip)), running_max_(running_max), rng_(seed) {}

Prober::~Prober() = default;

void Prober::update(std::vector<CheckTarget> targets) {
  std::unordered_set<EndpointId> wanted;
  for (const CheckTarget& target : targets) wanted.insert(target.endpoint);
  for (auto at = checks_.begin(); at != checks_.end();) {
    if (wanted.contains(at->first)) {
      ++at;
    } else {
      stop(*at->second);
      at = checks_.erase(at);
    }
  }
  for (CheckTarget& target : targets) {
    const auto found = checks_.find(target.endpoint);
    if (found == checks_.end()) {
      add(std::move(target));
    } else {
      replace(*found->second, std::move(target));
    }
  }
  start_due();
}

void Prober::add(CheckTarget target) {
  auto owned = std::make_unique<Check>();
  Check& check = *owned;
  check.verdict = first_verdict(target);
  if (check.verdict.state() == target.known && target.known_since_wall_ms > 0)
    check.since_wall_ms = target.known_since_wall_ms;
  check.transitions = target.known_transitions;
  check.target = std::move(target);
  checks_.emplace(check.target.endpoint, std::move(owned));
  // A state from before a restart is good enough to wait for; an open question is not.
  if (check.verdict.changing()) {
    schedule(check, now());
  } else {
    schedule_next(check);
  }
}

void Prober::replace(Check& check, CheckTarget target) {
  const bool resolved = !check.target.socket && target.socket;
  const bool changed = !(check.target.settings == target.settings);
  check.target = std::move(target);
  if (changed) {
    const Health before = check.verdict.state();
    stop(check);
    check.verdict = beginning(check.target.settings, before);
    check.spread = false;
    if (check.verdict.state() != before) check.since_wall_ms = wall_clock_ms();
    if (check.verdict.state() != Health::kUnchecked) schedule(check, now());
  } else if (resolved && check.due) {
    schedule(check, now());
  }
}

void Prober::schedule(Check& check, Instant due) {
  if (check.due) due_.erase({check.due, check.target.endpoint});
  check.due = due;
  due_.emplace(due, check.target.endpoint);
}

void Prober::schedule_next(Check& check) {
  if (check.verdict.state() == Health::kUnchecked) return;
  const bool spread = !check.spread && !check.verdict.changing();
  check.spread = check.spread || spread;
  schedule(check, now() + delay_to_next(check.target.settings, check.verdict,
                                        spread ? Spread::kYes : Spread::kNo, rng_));
}

void Prober::start_due() {
  while (running_ < running_max_ && !due_.empty() && due_.begin()->first <= now()) {
    start(*checks_.at(due_.begin()->second));
  }
  wake_.disarm();
  if (running_ < running_max_ && !due_.empty()) loop_.deadlines().arm(wake_, due_.begin()->first);
}

void Prober::start(Check& check) {
  due_.erase({check.due, check.target.endpoint});
  check.due = {};
  if (!check.target.socket) {
    check.last_result = "the address is not resolved yet";
    return schedule_next(check);
  }
  ++running_;
  check.probe = std::make_unique<Probe>(
      loop_, chunks_, check.target.settings, *check.target.socket, check.target.name,
      check.target.tls, [this, &check](const Finding& finding) { finished(check, finding); });
}

void Prober::finished(Check& check, const Finding& finding) {
  check.probe.reset();
  --running_;
  check.last_check_wall_ms = wall_clock_ms();
  check.last_result = finding.evidence;
  ++check.checks;
  const bool failed = finding.outcome == Outcome::kFail || finding.outcome == Outcome::kStarting;
  if (failed) ++check.checks_failed;

  const Health before = check.verdict.state();
  const conf::Health& settings = check.target.settings;
  const bool changed = check.verdict.judge(finding.outcome, {settings.rise, settings.fall});
  if (changed) {
    ++check.transitions;
    check.since_wall_ms = check.last_check_wall_ms;
  }
  const Flip flip{check.target.endpoint,
                  before,
                  check.verdict.state(),
                  cause_of(finding.outcome),
                  std::max({check.verdict.passes(), check.verdict.failures(), 1u}),
                  finding.evidence};
  schedule_next(check);
  start_due();
  if (changed) on_flip_(flip);  // last: it may call update()
}

void Prober::stop(Check& check) {
  if (check.due) due_.erase({std::exchange(check.due, Instant{}), check.target.endpoint});
  if (check.probe != nullptr) --running_;
  check.probe.reset();
}

EndpointState::Health Prober::state(EndpointId endpoint) const {
  const auto found = checks_.find(endpoint);
  return found == checks_.end() ? Health::kChecking : found->second->verdict.state();
}

Report Prober::report(EndpointId endpoint) const {
  Report report;
  report.state = Health::kChecking;
  const auto found = checks_.find(endpoint);
  if (found == checks_.end()) return report;
  const Check& check = *found->second;
  report.state = check.verdict.state();
  report.since_wall_ms = check.since_wall_ms;
  report.last_check_wall_ms = check.last_check_wall_ms;
  report.passes = check.verdict.passes();
  report.failures = check.verdict.failures();
  report.checks = check.checks;
  report.checks_failed = check.checks_failed;
  report.transitions = check.transitions;
  report.last_result = check.last_result;
  return report;
}

}  // namespace segue::health

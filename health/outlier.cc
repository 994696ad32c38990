// One track per endpoint: its state, its streak, and readings over the window.
#include "health/outlier.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <unordered_set>
#include <utility>

#include "health/streak.h"

namespace segue::health {
namespace {

std::string percent(double ratio) {
  return std::to_string(std::lround(ratio * 100)) + " %";
}

std::string seconds(Millis time) {
  const auto ms = time.count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace

struct Outliers::Track {
  struct Sample {
    Instant at;
    std::uint64_t requests, failures;
  };
  EndpointId endpoint;
  conf::Passive settings;
  State state = State::kIn;
  Streak streak;
  std::deque<Sample>
      samples;  // oldest first; the first is the one at or before the window's beginning
  std::uint32_t ejections = 0;
  Millis ejected_for{0};  // the last time
  Instant since;          // of the state
  Instant until;          // of an ejection
};

Outliers::Outliers(std::vector<const telemetry::WorkerCounters*> workers, OnChange on_change,
                   MayEject may_eject)
    : workers_(std::move(workers)),
      on_change_(std::move(on_change)),
      may_eject_(std::move(may_eject)) {}

Outliers::~Outliers() = default;

void Outliers::update(const std::vector<PassiveTarget>& targets, Instant now) {
  std::unordered_set<EndpointId> wanted;
  for (const PassiveTarget& target : targets) {
    if (!target.settings.enabled) continue;
    wanted.insert(target.endpoint);
    std::unique_ptr<Track>& track = tracks_[target.endpoint];
    if (track == nullptr) {
      track = std::make_unique<Track>();
      track->endpoint = target.endpoint;
      track->since = now;
      forget(*track, now);
    }
    track->settings = target.settings;
  }
  std::erase_if(tracks_, [&](const auto& entry) { return !wanted.contains(entry.first); });
}

/// What was counted so far is history.
void Outliers::forget(Track& track, Instant now) const {
  read(track);
  track.streak.forget();
  track.samples.clear();
  track.samples.push_back({now, track.streak.requests(), track.streak.failures()});
}

void Outliers::read(Track& track) const {
  track.streak.read(workers_, track.endpoint);
}

void Outliers::look(EndpointId endpoint, Instant now) {
  Track* track = find(endpoint);
  if (track == nullptr || track->state != State::kIn) return;
  read(*track);
  judge(*track, now);
  tell();
}

void Outliers::tick(Instant now) {
  for (auto& [endpoint, track] : tracks_) {
    switch (track->state) {
      case State::kIn: {
        read(*track);
        judge(*track, now);
        if (track->state != State::kIn) break;
        std::deque<Track::Sample>& samples = track->samples;
        const Micros window = track->settings.window;
        if (now - samples.back().at >= window / kSamplesMax) {
          samples.push_back({now, track->streak.requests(), track->streak.failures()});
        }
        while (samples.size() > 1 && now - samples[1].at >= window) samples.pop_front();
        // In a row ends with a time in rotation as long as the last one out of it.
        const Micros good = std::max<Micros>(window, track->ejected_for);
        if (track->ejections > 0 && now - track->since >= good) track->ejections = 0;
        break;
      }
      case State::kEjected:
        if (now < track->until) break;
        track->since = now;
        change(
            *track, State::kHalfOpen, "time_over",
            seconds(track->ejected_for) + " out of rotation are over; one request is let through");
        break;
      case State::kHalfOpen:
        if (now - track->since < kProbePatience) break;
        track->since = now;
        change(*track, State::kHalfOpen, "probe_unanswered",
               "no result of the request let through within " + seconds(kProbePatience));
        break;
    }
  }
  tell();
}

void Outliers::judge(Track& track, Instant now) {
  const conf::Passive& settings = track.settings;
  const std::uint64_t in_a_row = track.streak.value();
  if (in_a_row >= settings.consecutive) {
    return eject(track, now, "consecutive",
                 std::to_string(in_a_row) + " gateway errors in a row, limit " +
                     std::to_string(settings.consecutive));
  }
  const std::uint64_t requests = track.streak.requests() - track.samples.front().requests;
  const std::uint64_t failures = track.streak.failures() - track.samples.front().failures;
  if (requests < settings.requests_min || failures == 0) return;
  const double ratio = static_cast<double>(failures) / static_cast<double>(requests);
  if (ratio < settings.failure_ratio) return;
  eject(track, now, "failure_ratio",
        std::to_string(failures) + " gateway errors on " + std::to_string(requests) +
            " requests in " + seconds(settings.window) + ", limit " +
            percent(settings.failure_ratio));
}

void Outliers::eject(Track& track, Instant now, const char* cause, std::string evidence) {
  // A half-open endpoint is out already, so the pool loses nothing.
  if (track.state == State::kIn && !may_eject_(track.endpoint)) return;
  ++track.ejections;
  const conf::Passive& settings = track.settings;
  track.ejected_for = std::min<Millis>(settings.eject_for * track.ejections, settings.eject_max);
  track.since = now;
  track.until = now + track.ejected_for;
  change(track, State::kEjected, cause, std::move(evidence), track.ejected_for);
}

void Outliers::recovered(EndpointId endpoint, Instant now) {
  Track* track = find(endpoint);
  if (track == nullptr || track->state == State::kIn) return;
  forget(*track, now);
  track->since = now;
  change(*track, State::kIn, "recovered", "active checks found it down and then up again");
  tell();
}

void Outliers::probe_result(EndpointId endpoint, bool ok, Instant now) {
  Track* track = find(endpoint);
  if (track == nullptr || track->state != State::kHalfOpen) return;
  if (ok) {
    forget(*track, now);
    track->since = now;
    change(*track, State::kIn, "probe_passed",
           "the request let through did not end in a gateway error");
  } else {
    eject(*track, now, "probe_failed", "the request let through ended in a gateway error");
  }
  tell();
}

void Outliers::probe_released(EndpointId endpoint, Instant now) {
  Track* track = find(endpoint);
  if (track == nullptr || track->state != State::kHalfOpen) return;
  track->since = now;
  change(*track, State::kHalfOpen, "probe_released",
         "the client of the request let through left before it ended");
  tell();
}

void Outliers::change(Track& track, State to, const char* cause, std::string evidence,
                      Millis lasts) {
  changes_.push_back({track.endpoint, std::exchange(track.state, to), to, cause,
                      std::move(evidence), track.ejections, lasts});
}

void Outliers::tell() {
  for (const Change& told : std::exchange(changes_, {})) on_change_(told);
}

Outliers::Track* Outliers::find(EndpointId endpoint) {
  const auto found = tracks_.find(endpoint);
  return found == tracks_.end() ? nullptr : found->second.get();
}

Outliers::State Outliers::state(EndpointId endpoint) const {
  const auto found = tracks_.find(endpoint);
  return found == tracks_.end() ? State::kIn : found->second->state;
}

void Outliers::describe(EndpointId endpoint, Instant now, Report& report) const {
  const auto found = tracks_.find(endpoint);
  report.outlier = State::kIn;
  report.ejections = 0;
  report.ejected_until_wall_ms = 0;
  if (found == tracks_.end()) return;
  const Track& track = *found->second;
  report.outlier = track.state;
  report.ejections = track.ejections;
  if (track.state == State::kEjected) {
    const Millis left = std::chrono::duration_cast<Millis>(track.until - now);
    report.ejected_until_wall_ms =
        wall_clock_ms() + static_cast<std::uint64_t>(std::max(left, Millis(0)).count());
  }
}

}  // namespace segue::health

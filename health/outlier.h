// Passive checks: ejects endpoints on which real requests fail, and lets them back through one
// probe.
//
//              consecutive or ratio              time is over            probe passed
//        in ────────────────────────▶ ejected ────────────────▶ half open ───────────▶ in
//                                        ▲     probe failed         │
//                                        └──────────────────────────┘
//
// Reads what workers count and decides on the control thread; routing::build() decides what a pool
// does whose last endpoint is ejected. Time is the caller's, so tests need none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "health/report.h"
#include "lib/base/clock.h"
#include "telemetry/counters.h"

namespace segue::health {

struct PassiveTarget {
  EndpointId endpoint;
  conf::Passive settings;
};

class Outliers {
 public:
  using State = EndpointState::Outlier;

  struct Change {
    EndpointId endpoint;
    State from, to;        ///< both kHalfOpen: the probe may be taken once more
    const char* cause;     ///< "consecutive", "failure_ratio", "time_over", "probe_passed",
                           ///< "probe_failed", "probe_released", "probe_unanswered" or "recovered"
    std::string evidence;  ///< "5 gateway errors in a row, limit 5"; never empty
    std::uint32_t ejections;  ///< in a row
    Millis lasts{0};          ///< of an ejection
  };
  /// Called at the end of look(), tick(), probe_result() and probe_released(); may call anything
  /// here.
  using OnChange = std::function<void(const Change&)>;
  /// Whether traffic has somewhere else to go within the endpoint's pool. When not, nothing is
  /// ejected and nothing is counted as an ejection.
  using MayEject = std::function<bool(EndpointId)>;

  /// How long a half-open endpoint waits for its probe's result before another may be sent.
  static constexpr Seconds kProbePatience{60};
  /// Readings kept of a window.
  static constexpr std::size_t kSamplesMax = 60;

  /// `workers` outlive this.
  Outliers(std::vector<const telemetry::WorkerCounters*> workers, OnChange on_change,
           MayEject may_eject);
  ~Outliers();

  /// Watches `targets` from now on and nothing else; what was counted before now does not matter.
  /// Known ones keep their state, unless passive checks are disabled: then they are in. Does not
  /// call `on_change`: read state() of each target afterwards.
  void update(const std::vector<PassiveTarget>& targets, Instant now);

  /// A worker saw gateway errors in a row on `endpoint`.
  void look(EndpointId endpoint, Instant now);
  /// To be called every second: windows, ejections that are over.
  void tick(Instant now);

  /// The one request to a half-open endpoint has ended: `ok` when not in a gateway error.
  void probe_result(EndpointId endpoint, bool ok, Instant now);
  /// It has ended without saying anything about the endpoint (its client left).
  void probe_released(EndpointId endpoint, Instant now);

  /// Active checks found it down and now up again: it is another server than the one that was
  /// ejected, and nothing it failed before counts.
  void recovered(EndpointId endpoint, Instant now);

  State state(EndpointId endpoint) const;  ///< kIn for an unknown endpoint
  /// Fills in the passive part.
  void describe(EndpointId endpoint, Instant now, Report& report) const;

 private:
  struct Track;
  Track* find(EndpointId endpoint);
  void read(Track& track) const;
  void forget(Track& track, Instant now) const;
  void judge(Track& track, Instant now);
  void eject(Track& track, Instant now, const char* cause, std::string evidence);
  void change(Track& track, State to, const char* cause, std::string evidence,
              Millis lasts = Millis(0));
  void tell();

  const std::vector<const telemetry::WorkerCounters*> workers_;
  const OnChange on_change_;
  const MayEject may_eject_;
  std::unordered_map<EndpointId, std::unique_ptr<Track>> tracks_;
  std::vector<Change> changes_;  // to be told once nothing is being iterated over
};

}  // namespace segue::health

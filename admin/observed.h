// What the splits really do: requests per (route, pool) since the weights changed and over the last
// minute, from readings of the workers' counters that are taken each second.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "admin/control.h"
#include "lib/base/clock.h"
#include "lib/base/ids.h"
#include "telemetry/counters.h"
#include "telemetry/histogram.h"

namespace segue::admin {

/// Counts of one (route, pool) over all workers.
struct SeriesSum {
  std::uint64_t requests = 0, failures = 0, in_flight = 0, retries = 0, fallbacks = 0, unknown = 0;
  std::uint64_t bytes_from_client = 0, bytes_to_client = 0;
  std::array<std::uint64_t, 6> by_class{};
  telemetry::Histogram latency;  ///< first byte of the request to last byte of the response
};
SeriesSum sum(std::span<const telemetry::WorkerCounters* const> workers, SeriesId series);

/// What happened between a reading and now.
struct Window {
  double seconds = 0;
  std::uint64_t requests = 0, failures = 0;
  telemetry::Histogram latency;
};

class Observed {
 public:
  static constexpr std::size_t kReadings = 61;  ///< a minute between the oldest and now

  /// Takes a reading. About once a second.
  void tick(const Control& control, Instant now);

  /// Notes when routes got the weights they have. Called by tick(), and as soon as a change is
  /// known to be served.
  void mark_weights(const Control& control, Instant now);

  Window last_minute(const SeriesSum& current, SeriesId series, Instant now) const;
  /// What `series` did by the weights that `route` has, and for how long it has had them (or been
  /// seen). Counted where it is decided, so requests that older weights decided are none of it.
  Window since_weights(const Control& control, const routing::Route& route, SeriesId series,
                       Instant now) const;

  /// The share of its time that worker `index` was not waiting, over the last minute; none before
  /// it ran.
  std::optional<double> busy(const telemetry::WorkerCounters& worker, std::size_t index) const;
  /// Request heads per second over the last minute, of all workers.
  double requests_per_second(const Control& control, Instant now) const;

 private:
  struct Mark {
    std::uint64_t requests = 0, failures = 0;
    // Differences of 32-bit counts stay right when they wrap; a minute cannot wrap twice.
    std::array<std::uint32_t, telemetry::Latency::kBuckets> latency{};
  };
  struct WorkerMark {
    std::uint64_t loop_us = 0, busy_us = 0, requests = 0;
  };
  struct Reading {
    Instant at;
    std::vector<Mark> series;  // by SeriesId
    std::vector<WorkerMark> workers;
  };
  struct Weights {
    std::uint64_t generation = 0;
    Instant at;
  };
  static Mark mark(const SeriesSum& sum);

  std::deque<Reading> readings_;  // oldest first, at most kReadings
  std::unordered_map<RouteId, Weights> weights_;
  Instant last_tick_;  // unset before the first
};

}  // namespace segue::admin

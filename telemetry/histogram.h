// A reading of latency cells: summed over workers, subtracted from a later reading, asked for
// quantiles.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lib/base/clock.h"
#include "telemetry/counters.h"

namespace segue::telemetry {

/// A plain value. Counts are exact; a reading taken while a worker records may hold a bucket's
/// count without its share of the sum.
struct Histogram {
  std::array<std::uint64_t, Latency::kBuckets> buckets{};
  std::uint64_t sum_us = 0;

  /// Adds what one worker has recorded so far. Any thread.
  void add(const Latency& cells) noexcept;

  std::uint64_t count() const noexcept;

  /// The time that a share `q` (0…1) of the recorded times does not exceed, interpolated within its
  /// bucket, so right within half a power of two. 0 without records; the last bucket's lower end
  /// (268 s) where that has no upper one.
  Micros quantile(double q) const noexcept;

  Micros mean() const noexcept;  ///< 0 without records

  Histogram& operator+=(const Histogram& other) noexcept;
  /// What happened between `earlier` and this reading of the same cells.
  Histogram operator-(const Histogram& earlier) const noexcept;
};

}  // namespace segue::telemetry

// Gateway errors in a row over all workers, from counters that each worker keeps for itself.
//
// A worker's `consecutive` says nothing about what others saw in between. So a success anywhere
// makes the other workers' older errors not count, exact to the time between two readings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/ids.h"
#include "telemetry/counters.h"

namespace segue::health {

class Streak {
 public:
  /// Takes a reading; value() is as of it.
  void read(const std::vector<const telemetry::WorkerCounters*>& workers, EndpointId endpoint);
  /// Errors up to the last reading do not count any more.
  void forget() noexcept;

  std::uint64_t value() const noexcept;
  std::uint64_t requests() const noexcept {
    return requests_;
  }  ///< begun since the start, over all workers
  std::uint64_t failures() const noexcept { return failures_; }

 private:
  struct Worker {
    std::uint64_t requests = 0, failures = 0, in_flight = 0, consecutive = 0;  // as last read
    std::uint64_t base = 0;  // of `consecutive`, what does not count
  };
  std::vector<Worker> workers_;
  std::uint64_t requests_ = 0, failures_ = 0;
};

}  // namespace segue::health

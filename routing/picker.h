// Which endpoint of a pool takes the next request: worker-local, no locks, no atomics.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/ids.h"
#include "lib/base/rng.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// What one worker knows about the load of an endpoint. Owned by the worker, indexed by EndpointId.
struct EndpointLoad {
  std::uint32_t in_flight = 0;  ///< this worker's
};

class Picker {
 public:
  explicit Picker(Rng& rng) : rng_(rng) {}

  struct Choice {
    const Endpoint* endpoint = nullptr;  ///< null: none, see `full`
    bool full = false;   ///< endpoints are in rotation, but every one is at its in-flight limit
    bool probe = false;  ///< the half-open probe was taken with this choice; its outcome must be reported
  };

  /// `loads` is indexed by EndpointId; `in_flight_max` is this worker's share of the limit. Endpoints in
  /// `tried` (at most a handful) are taken only when no other is in rotation. Weighted.
  Choice pick(const Pool& pool, std::span<const EndpointLoad> loads, std::uint32_t in_flight_max,
              std::span<const EndpointId> tried) noexcept;

 private:
  Rng& rng_;
  std::vector<std::uint32_t> cursors_;  // round robin, by PoolId; grows when a pool is first picked
};

}  // namespace segue::routing

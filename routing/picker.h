// Which endpoint of a pool takes the next request: worker-local, no locks, no atomics.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/ids.h"
#include "lib/base/rng.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// What one worker knows about the load of an endpoint. Owned by the worker, indexed by EndpointId.
struct EndpointLoad {
  std::uint32_t in_flight = 0;  ///< this worker's
};

/// Weighted round robin, or the better of two that are drawn by weight ("power of two choices": in
/// flight per weight decides). Both look at a handful of endpoints, whatever the size of the pool;
/// only when those are all full, tried or waiting for a probe's outcome does a pick look at every
/// one.
///
/// Slow start: an endpoint that came back after a failure (Endpoint::warm_from) counts with a part
/// of its weight that grows with time. While one of a pool does, each pick from that pool looks at
/// every endpoint, draws one by those weights, and lets another take it that is as warm and less
/// loaded; round robin is random for as long. Where all are equally warm nobody gets less.
class Picker {
 public:
  explicit Picker(Rng& rng) : rng_(rng) {}

  struct Choice {
    const Endpoint* endpoint = nullptr;  ///< null: none, see `full`
    /// Endpoints are in rotation, but every one is at its in-flight limit.
    bool full = false;
    /// The half-open probe was taken with this choice; its outcome must be reported.
    bool probe = false;
  };

  /// `loads` is indexed by EndpointId (what is behind its end carries nothing); `in_flight_max` is
  /// this worker's share of the limit. Endpoints in `tried` (at most a handful) are taken only when
  /// no other is in rotation. `at` is about now, for slow start. No allocation but when a pool is
  /// picked from for the first time; the one atomic exchange is that of a half-open endpoint's
  /// probe.
  Choice pick(const Pool& pool, std::span<const EndpointLoad> loads, std::uint32_t in_flight_max,
              std::span<const EndpointId> tried, Instant at) noexcept;

  /// What part of its weight an endpoint of a pool with these settings has `at` that time: from
  /// slow_start_from to 1.
  static double warmth(const conf::Pool& settings, const Endpoint& endpoint, Instant at) noexcept;

 private:
  std::uint32_t& cursor(PoolId pool);

  Rng& rng_;
  // Round robin, by PoolId; grows when a pool is first picked. Begins anywhere, so that workers do
  // not all send their first requests to the first endpoint.
  std::vector<std::uint32_t> cursors_;
};

}  // namespace segue::routing

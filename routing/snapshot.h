// Everything a request may read about the world, immutable and numbered.
//
// A file reload, an operator's command and a health flip all end the same way: the control thread
// builds the next Snapshot and publishes it. Parts that did not change are shared with the previous
// generation.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "lib/base/address.h"
#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/ids.h"
#include "routing/cohort.h"
#include "routing/split.h"

namespace segue::routing {

using Generation = std::uint64_t;
class RouteTable;

/// What an endpoint may be given.
enum class Rotation : std::uint8_t {
  kIn,        ///< new requests
  kHalfOpen,  ///< one request, whose outcome decides (after a passive ejection)
  kDrain,     ///< nothing new; what runs goes on
  kOut,       ///< nothing
};

/// Why an endpoint is not kIn. An operator's word wins over every other cause.
enum class Cause : std::uint8_t {
  kNone,
  kChecking,
  kUnhealthy,
  kStarting,
  kEjected,
  kAskedDrain,
  kUnresolved,
  kOperator
};

/// Where an endpoint stands.
struct Standing {
  Rotation rotation = Rotation::kOut;
  Cause cause = Cause::kChecking;
  bool operator==(const Standing&) const = default;
};

const char* to_string(Rotation rotation) noexcept;  ///< "in", "half_open", "drain", "out"
const char* to_string(Cause cause) noexcept;        ///< "none", "checking", …

struct Endpoint {
  EndpointId id;         ///< stable for the same (pool, address)
  std::string address;   ///< as configured
  SocketAddress socket;  ///< family AF_UNSPEC while unresolved
  std::uint32_t weight = 1;
  Rotation rotation = Rotation::kOut;
  Cause cause = Cause::kChecking;
  /// Set exactly while kHalfOpen: who exchanges false for true may send the one probe request. When
  /// that ends without a verdict (its client left), storing false lets the next request try.
  std::shared_ptr<std::atomic<bool>> probe_taken;
  Instant warm_from;  ///< set while it comes back after a failure: its share grows (slow start)
};

struct Pool {
  PoolId id;
  std::string name;
  conf::Pool settings;
  std::vector<Endpoint> endpoints;
  /// Indices into endpoints that are kIn or kHalfOpen with weight > 0.
  std::vector<std::uint32_t> in_rotation;
  /// Indices into in_rotation, each as often as its weight says and evenly spread (wheel.h); empty
  /// when all weights are equal.
  std::vector<std::uint32_t> wheel;
  bool eligible = false;  ///< at least settings.healthy_min (and one) in rotation
  bool warming = false;   ///< some endpoint in rotation has warm_from set
  /// Of the cohorts that the weights give it, in thousandths: the rest stays where it was while the
  /// pool was gone, as long as there is such a place.
  std::uint16_t admitted = 1000;
  std::uint32_t tag = 0;  ///< tag_of(name)
  bool known = true;      ///< false while no endpoint has had a verdict since the start
};

inline constexpr std::uint16_t kAdmitsAll = 1000;

/// Whether `pool` takes this cohort (back) now.
bool admits(const Pool& pool, CohortHash cohort) noexcept;

/// A name in 32 bits, the same in every process: how cookies name pools and groups.
std::uint32_t tag_of(std::string_view name) noexcept;

/// The pins of a cohort group. Immutable.
class PinTable {
 public:
  struct Pin {
    CohortHash cohort = 0;
    PoolId pool;
    bool hard = false;
    bool operator==(const Pin&) const = default;
  };
  explicit PinTable(std::vector<Pin> pins);
  /// Null when the cohort is not pinned. Logarithmic.
  const Pin* find(CohortHash cohort) const noexcept;
  bool operator==(const PinTable&) const = default;

 private:
  std::vector<Pin> pins_;  // by cohort
};

/// Where a route can send: the branches of its split first, in their order, then its fallback
/// pools.
struct Destination {
  PoolId pool;
  SeriesId series;  ///< this (route, pool)'s row of counters
};

struct Route {
  RouteId id;
  conf::Route settings;
  CohortKeys cohort;
  bool visits = false;  ///< it has sessions, testers or isolated cookies: heads are looked into
  Split split;          ///< branch i leads to destinations[i]
  std::vector<Destination> destinations;  ///< each pool once
  std::vector<std::size_t> fallback;      ///< settings.fallback as indices into destinations
  std::size_t unknown = 0;                ///< index of the destination of requests without a key
  Generation weights_generation = 0;      ///< in which the weights last changed
  bool weights_from_file = true;          ///< false once set over the admin socket
  std::string group;                      ///< the cohort group
  std::uint32_t group_tag = 0;            ///< tag_of(group)
  std::uint32_t epoch = 0;                ///< of the group's sessions
  std::shared_ptr<const PinTable> pins;   ///< of the group; null when there are none
};

struct Snapshot {
  Generation generation = 0;
  std::shared_ptr<const RouteTable> table;           ///< which route takes a request
  std::vector<std::shared_ptr<const Route>> routes;  ///< by RouteId; null where a route was removed
  std::vector<std::shared_ptr<const Pool>> pools;    ///< by PoolId; null where a pool was removed
  HashKey session_key;                               ///< signs sessions
  bool has_sessions = false;                         ///< some route's cohort is a session
  std::shared_ptr<const conf::Config>
      config;  ///< timeouts, limits, retry, forwarding of this generation

  const Pool& pool(PoolId id) const noexcept { return *pools[id.index()]; }
  /// Null when this generation has it no more: an exchange may end after its pool has gone.
  const Pool* find_pool(PoolId id) const noexcept {
    return id.index() < pools.size() ? pools[id.index()].get() : nullptr;
  }
  const Route& route(RouteId id) const noexcept { return *routes[id.index()]; }
};

/// A worker's hold on a snapshot. For one thread only: copying is a plain increment. The
/// thread-safe count underneath moves once per generation.
class SnapshotRef {
 public:
  SnapshotRef() = default;
  explicit SnapshotRef(std::shared_ptr<const Snapshot> snapshot)
      : held_(new Held{std::move(snapshot), 1}) {}
  SnapshotRef(const SnapshotRef& other) noexcept : held_(other.held_) {
    if (held_ != nullptr) ++held_->count;
  }
  SnapshotRef(SnapshotRef&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  SnapshotRef& operator=(SnapshotRef other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~SnapshotRef() {
    if (held_ != nullptr && --held_->count == 0) delete held_;
  }

  const Snapshot* operator->() const noexcept { return held_->snapshot.get(); }
  const Snapshot& operator*() const noexcept { return *held_->snapshot; }
  explicit operator bool() const noexcept { return held_ != nullptr; }

 private:
  struct Held {
    std::shared_ptr<const Snapshot> snapshot;
    std::uint32_t count;
  };
  Held* held_ = nullptr;
};

}  // namespace segue::routing

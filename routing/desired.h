// The world as it should be: configuration, weights and rotation. The only mutable description of
// it.
//
// Lives on the control thread, one writer, so no change is ever lost. build() (build.h) turns it
// into the next Snapshot.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "conf/config.h"
#include "lib/base/address.h"
#include "lib/base/clock.h"
#include "lib/base/ids.h"
#include "routing/runtime.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// What is known about one endpoint besides the configuration.
struct EndpointState {
  /// From the resolver. None while unresolved; addresses that are numbers need none.
  std::optional<SocketAddress> socket;
  // The three who may take it out; the operator's word (of Desired::runtime) wins.
  Word by_operator = Word::kNone;
  enum class Health : std::uint8_t {
    kUnchecked,
    kChecking,
    kUp,
    kDown,
    kStarting,
    kAskedDrain
  } health = Health::kChecking;
  enum class Outlier : std::uint8_t { kIn, kEjected, kHalfOpen } outlier = Outlier::kIn;
  Instant warm_from;  ///< when it came back after a failure; unset: it has its full share
};

/// What is known about a pool besides the configuration.
struct PoolState {
  /// Of the cohorts that the weights give it, in thousandths: those that it has back after a
  /// failure. 1000: all.
  std::uint16_t admitted = 1000;
};

/// Ids by name, given out once and never reused.
template <typename IdType>
class Names {
 public:
  IdType of(const std::string& name) {
    const auto [at, added] =
        ids_.try_emplace(name, IdType{static_cast<std::uint32_t>(names_.size())});
    if (added) names_.push_back(name);
    return at->second;
  }
  std::optional<IdType> find(const std::string& name) const {
    const auto at = ids_.find(name);
    return at == ids_.end() ? std::nullopt : std::optional<IdType>(at->second);
  }
  const std::string& name(IdType id) const { return names_[id.index()]; }
  std::size_t size() const noexcept { return names_.size(); }

 private:
  std::unordered_map<std::string, IdType> ids_;
  std::vector<std::string> names_;
};

struct Desired {
  std::shared_ptr<const conf::Config> config;
  Runtime runtime;             ///< what operators have set
  std::string session_secret;  ///< signs sessions where the configuration has no secret
  std::unordered_map<EndpointId, EndpointState> endpoints;
  std::map<std::string, PoolState> pool_states;  ///< by name; absent: as constructed

  Names<PoolId> pools;
  Names<EndpointId> endpoint_names;  ///< "pool\naddress"
  Names<RouteId> routes;
  Names<SeriesId> series;  ///< "route\npool"

  EndpointId endpoint_id(const std::string& pool, const std::string& address) {
    return endpoint_names.of(pool + "\n" + address);
  }

  /// Takes over what `runtime` says about endpoints. After every change of it or of the
  /// configuration.
  void hear_operators();
};

}  // namespace segue::routing

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
#include "lib/base/ids.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// What is known about one endpoint besides the configuration.
struct EndpointState {
  /// From the resolver. None while unresolved; addresses that are numbers need none.
  std::optional<SocketAddress> socket;
  // The three who may take it out; the operator's word wins. kReady is a word too: in rotation
  // whatever health and outlier say. kNone leaves it to them.
  enum class Operator : std::uint8_t { kNone, kReady, kDrain, kOut } by_operator = Operator::kNone;
  enum class Health : std::uint8_t {
    kUnchecked,
    kChecking,
    kUp,
    kDown,
    kStarting,
    kAskedDrain
  } health = Health::kChecking;
  enum class Outlier : std::uint8_t { kIn, kEjected, kHalfOpen } outlier = Outlier::kIn;
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
  /// Set by an operator: by route name, then pool. They outlive reloads as far as the names do: a
  /// pool that is not named here has the weight of the file, a name that the file no longer has
  /// says nothing until it comes back.
  std::map<std::string, std::map<std::string, std::uint32_t>> weights;
  std::unordered_map<EndpointId, EndpointState> endpoints;

  Names<PoolId> pools;
  Names<EndpointId> endpoint_names;  ///< "pool\naddress"
  Names<RouteId> routes;
  Names<SeriesId> series;  ///< "route\npool"

  EndpointId endpoint_id(const std::string& pool, const std::string& address) {
    return endpoint_names.of(pool + "\n" + address);
  }
};

}  // namespace segue::routing

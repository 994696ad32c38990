// From what operator, resolver, health and outlier detection say to one word per endpoint.
#include "routing/rotation.h"

#include <algorithm>

#include "routing/wheel.h"

namespace segue::routing {
namespace {

using Health = EndpointState::Health;
using Outlier = EndpointState::Outlier;

constexpr Standing kWell{Rotation::kIn, Cause::kNone};

/// The socket of the resolver, or of an address that is a number; family AF_UNSPEC for neither.
SocketAddress socket_of(const EndpointState& state, const std::string& address) {
  if (state.socket) return *state.socket;
  auto parsed = SocketAddress::parse(address);
  return parsed ? *parsed : SocketAddress();
}

/// The endpoint in an earlier pool, most likely at the same place. Null when it was not there.
const Endpoint* find(const Pool* pool, EndpointId id, std::size_t likely) {
  if (pool == nullptr) return nullptr;
  if (likely < pool->endpoints.size() && pool->endpoints[likely].id == id) {
    return &pool->endpoints[likely];
  }
  for (const Endpoint& endpoint : pool->endpoints) {
    if (endpoint.id == id) return &endpoint;
  }
  return nullptr;
}

bool in_rotation(const Endpoint& endpoint) {
  return endpoint.weight > 0 &&
         (endpoint.rotation == Rotation::kIn || endpoint.rotation == Rotation::kHalfOpen);
}

/// Gives back to the pool one of `otherwise_in`, when outliers have taken them all.
void keep_the_last(std::vector<Endpoint>& endpoints, const std::vector<std::size_t>& otherwise_in,
                   const Pool* previous) {
  Endpoint* keeper = nullptr;
  int best = -1;
  for (const std::size_t i : otherwise_in) {
    Endpoint& endpoint = endpoints[i];
    if (endpoint.rotation == Rotation::kIn) return;
    const Endpoint* before = find(previous, endpoint.id, i);
    const int rank = before != nullptr && before->rotation == Rotation::kIn ? 2
                     : endpoint.rotation == Rotation::kHalfOpen             ? 1
                                                                            : 0;
    if (rank <= best) continue;
    keeper = &endpoint;
    best = rank;
  }
  if (keeper == nullptr) return;
  keeper->rotation = kWell.rotation;
  keeper->cause = kWell.cause;
}

bool same(const Endpoint& a, const Endpoint& b) {
  return a.id == b.id && a.weight == b.weight && a.rotation == b.rotation && a.cause == b.cause &&
         a.socket == b.socket && a.warm_from == b.warm_from;
}

}  // namespace

Standing standing_of(const EndpointState& state, bool resolved, bool checked) noexcept {
  switch (state.by_operator) {
    case Word::kOut:
    case Word::kDown: return {Rotation::kOut, Cause::kOperator};
    case Word::kDrain: return {Rotation::kDrain, Cause::kOperator};
    case Word::kReady:
    case Word::kUp:
    case Word::kNone: break;
  }
  if (!resolved) return {Rotation::kOut, Cause::kUnresolved};
  if (state.by_operator == Word::kReady) return kWell;
  const bool judged = checked && state.by_operator != Word::kUp;
  switch (judged ? state.health : Health::kUnchecked) {
    case Health::kChecking: return {Rotation::kOut, Cause::kChecking};
    case Health::kDown: return {Rotation::kOut, Cause::kUnhealthy};
    case Health::kStarting: return {Rotation::kOut, Cause::kStarting};
    case Health::kAskedDrain: return {Rotation::kDrain, Cause::kAskedDrain};
    case Health::kUnchecked:
    case Health::kUp: break;
  }
  switch (state.outlier) {
    case Outlier::kEjected: return {Rotation::kOut, Cause::kEjected};
    case Outlier::kHalfOpen: return {Rotation::kHalfOpen, Cause::kEjected};
    case Outlier::kIn: break;
  }
  return kWell;
}

Standing standing_without_outlier(EndpointState state, bool resolved, bool checked) noexcept {
  state.outlier = Outlier::kIn;
  return standing_of(state, resolved, checked);
}

bool has_verdict(const EndpointState& state, bool checked) noexcept {
  return !checked || state.by_operator != Word::kNone || state.health != Health::kChecking;
}

std::shared_ptr<const Pool> build_pool(Desired& desired, const conf::Pool& settings,
                                       const std::shared_ptr<const Pool>& previous) {
  const bool checked = settings.health.kind != conf::Health::Kind::kNone;
  const bool same_settings = previous != nullptr && previous->settings == settings;
  Pool pool;
  pool.id = desired.pools.of(settings.name);
  pool.known = settings.endpoints.empty();
  std::vector<std::size_t> otherwise_in;
  for (std::size_t i = 0; i < settings.endpoints.size(); ++i) {
    const conf::Endpoint& from = settings.endpoints[i];
    Endpoint endpoint;
    endpoint.id = same_settings ? previous->endpoints[i].id
                                : desired.endpoint_id(settings.name, from.address);
    const auto at = desired.endpoints.find(endpoint.id);
    const EndpointState state = at == desired.endpoints.end() ? EndpointState() : at->second;
    endpoint.address = from.address;
    endpoint.weight = from.weight;
    endpoint.socket = socket_of(state, from.address);
    const bool resolved = endpoint.socket.family() != AF_UNSPEC;
    const Standing standing = standing_of(state, resolved, checked);
    endpoint.rotation = standing.rotation;
    endpoint.cause = standing.cause;
    endpoint.warm_from = state.warm_from;
    if (endpoint.weight > 0 && standing_without_outlier(state, resolved, checked) == kWell) {
      otherwise_in.push_back(i);
    }
    pool.known = pool.known || has_verdict(state, checked);
    pool.endpoints.push_back(std::move(endpoint));
  }
  keep_the_last(pool.endpoints, otherwise_in, previous.get());
  if (const auto at = desired.pool_states.find(settings.name); at != desired.pool_states.end())
    pool.admitted = at->second.admitted;
  if (same_settings && pool.known == previous->known && pool.admitted == previous->admitted &&
      std::equal(pool.endpoints.begin(), pool.endpoints.end(), previous->endpoints.begin(),
                 previous->endpoints.end(), same)) {
    return previous;
  }

  std::vector<std::uint32_t> weights;
  for (std::uint32_t i = 0; i < pool.endpoints.size(); ++i) {
    Endpoint& endpoint = pool.endpoints[i];
    if (endpoint.rotation == Rotation::kHalfOpen) {
      // The same token as long as it is the same probe, so that no rebuild allows a second one.
      const Endpoint* before = find(previous.get(), endpoint.id, i);
      endpoint.probe_taken = before != nullptr && before->probe_taken != nullptr
                                 ? before->probe_taken
                                 : std::make_shared<std::atomic<bool>>(false);
    }
    if (!in_rotation(endpoint)) continue;
    pool.in_rotation.push_back(i);
    pool.warming = pool.warming || endpoint.warm_from;
    weights.push_back(endpoint.weight);
  }
  pool.name = settings.name;
  pool.tag = tag_of(settings.name);
  pool.settings = settings;
  pool.wheel = make_wheel(weights);
  pool.eligible = pool.in_rotation.size() >= std::max(settings.healthy_min, 1u);
  return std::make_shared<const Pool>(std::move(pool));
}

}  // namespace segue::routing

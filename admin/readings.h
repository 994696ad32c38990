// The JSON of what runs: splits, pools, endpoints, and what is wrong with them. Shared by readings
// and by the answers to changes.
#pragma once

#include <string>
#include <vector>

#include "admin/call.h"
#include "admin/json.h"
#include "routing/explain.h"

namespace segue::admin {

Json split_json(const Call& call, const routing::Route& route);
Json pool_json(const Call& call, const routing::Pool& pool);
Json endpoint_json(const Call& call, const routing::Pool& pool, const routing::Endpoint& endpoint);
Json health_json(const Call& call, const routing::Pool& pool, const routing::Endpoint& endpoint);
Json explanation_json(const routing::Explanation& why);  // api_routing.cc
Json event_json(const telemetry::Event& event);

// readings_drain.cc: what comes back to a pool, and what it still has
Json failback_json(const Control& control, const routing::Pool& pool);
Json lasting_json(const Control& control, const routing::Pool& pool);

/// What runs on a pool now, over all workers.
struct Lasting {
  std::uint64_t in_flight = 0;  ///< requests, with the next two
  std::uint64_t streams = 0, tunnels = 0;
};
Lasting lasting(const Control& control, const routing::Pool& pool);

/// {"old": 90, "new": 10}: the weights that are served.
Json weights_json(const routing::Snapshot& snapshot, const routing::Route& route);

/// What an operator should know, each as a sentence: pools and routes that cannot take traffic,
/// weights that differ from the file, changes that cannot be kept.
std::vector<std::string> warnings(const Control& control, const routing::Snapshot& snapshot);

/// What the operator said about an endpoint.
routing::Word operator_of(const Control& control, EndpointId endpoint);

}  // namespace segue::admin

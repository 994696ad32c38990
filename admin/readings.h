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

/// {"old": 90, "new": 10}: the weights that are served.
Json weights_json(const routing::Snapshot& snapshot, const routing::Route& route);

/// What an operator should know, each as a sentence: pools and routes that cannot take traffic,
/// weights that differ from the file.
std::vector<std::string> warnings(const Control& control, const routing::Snapshot& snapshot);

/// What the operator said about an endpoint.
routing::Word operator_of(const Control& control, EndpointId endpoint);

}  // namespace segue::admin

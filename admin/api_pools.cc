// Reading pools, their endpoints, and what health knows about them.
#include "admin/problem_json.h"
#include "admin/readings.h"
#include "admin/resources.h"

namespace segue::admin {

void get_pools(Call& call) {
  Json pools = Json::array();
  for (const auto& pool : call.snapshot->pools)
    if (pool != nullptr) pools.push_back(pool_json(call, *pool));
  call.send({{"generation", call.snapshot->generation}, {"pools", std::move(pools)}});
}

void get_pool(Call& call) {
  const routing::Pool* pool = require_pool(call, call.argument(0));
  if (pool == nullptr) return;
  Json body = {{"generation", call.snapshot->generation}};
  body.update(pool_json(call, *pool));
  call.send(body);
}

void get_endpoints(Call& call) {
  const routing::Pool* pool = require_pool(call, call.argument(0));
  if (pool == nullptr) return;
  call.send({{"generation", call.snapshot->generation},
             {"endpoints", pool_json(call, *pool)["endpoints"]}});
}

void get_endpoint(Call& call) {
  const routing::Pool* pool = require_pool(call, call.argument(0));
  if (pool == nullptr) return;
  const routing::Endpoint* endpoint = require_endpoint(call, *pool, call.argument(1));
  if (endpoint == nullptr) return;
  Json body = {{"generation", call.snapshot->generation}};
  body.update(endpoint_json(call, *pool, *endpoint));
  body["health"] = health_json(call, *pool, *endpoint);
  call.send(body);
}

void get_health(Call& call) {
  const std::string* only = call.parameter("pool");
  if (only != nullptr && require_pool(call, *only) == nullptr) return;
  Json endpoints = Json::array();
  for (const auto& pool : call.snapshot->pools) {
    if (pool == nullptr || (only != nullptr && pool->name != *only)) continue;
    for (const routing::Endpoint& endpoint : pool->endpoints)
      endpoints.push_back(health_json(call, *pool, endpoint));
  }
  call.send({{"generation", call.snapshot->generation}, {"endpoints", std::move(endpoints)}});
}

}  // namespace segue::admin

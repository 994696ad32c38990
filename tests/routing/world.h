// A small world for routing tests: a configuration by hand, its snapshot, and request heads.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/http/field.h"
#include "routing/build.h"
#include "routing/desired.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// A pool of endpoints 127.0.0.1:1, :2, …; ports differ between pools.
inline conf::Pool a_pool(std::string name, std::size_t endpoints = 1) {
  conf::Pool pool;
  pool.name = std::move(name);
  for (std::size_t i = 0; i < endpoints; ++i) {
    conf::Endpoint endpoint;
    endpoint.address =
        "127.0.0.1:" +
        std::to_string(1 + i + 1000 * (static_cast<unsigned char>(pool.name[0]) % 32));
    pool.endpoints.push_back(endpoint);
  }
  return pool;
}

inline conf::Route a_route(std::string name, std::string prefix,
                           const std::vector<std::pair<std::string, std::uint32_t>>& split) {
  conf::Route route;
  route.name = std::move(name);
  route.match.path_prefix = std::move(prefix);
  for (const auto& [pool, weight] : split) route.split.push_back({pool, weight, {}});
  return route;
}

/// A Desired whose endpoints are all up, and the snapshots built from it.
struct World {
  conf::Config config;
  Desired desired;
  std::shared_ptr<const Snapshot> snapshot;

  EndpointState& state(const std::string& pool, std::size_t index = 0) {
    for (const conf::Pool& candidate : config.pools) {
      if (candidate.name == pool) {
        return desired.endpoints[desired.endpoint_id(pool, candidate.endpoints[index].address)];
      }
    }
    FAIL("no such pool");
    return desired.endpoints[EndpointId{}];
  }
  void everybody_up() {
    for (const conf::Pool& pool : config.pools) {
      for (std::size_t i = 0; i < pool.endpoints.size(); ++i) {
        state(pool.name, i).health = EndpointState::Health::kUp;
      }
    }
  }
  /// A new configuration object with the same or other content, as after a reload.
  void reload() { desired.config = std::make_shared<const conf::Config>(config); }

  Problems try_build() {
    if (desired.config == nullptr) reload();
    auto next = build(desired, snapshot);
    if (!next) return std::move(next).error();
    snapshot = *next;
    return {};
  }
  const Snapshot& build_now() {
    const Problems problems = try_build();
    for (const Problem& problem : problems) FAIL(problem.to_string());
    return *snapshot;
  }
  const std::shared_ptr<const Pool>& pool(const std::string& name) {
    return snapshot->pools.at(desired.pools.find(name).value().index());
  }
  const std::shared_ptr<const Route>& route(const std::string& name) {
    return snapshot->routes.at(desired.routes.find(name).value().index());
  }
};

/// Pools old (2 endpoints) and new (3), all up; routes hooks (90:10) and ui (100:0). Built once.
inline World two_pools() {
  World world;
  world.config.file = "segue.toml";
  world.config.pools = {a_pool("old", 2), a_pool("new", 3)};
  world.config.routes = {a_route("hooks", "/github-webhook", {{"old", 90}, {"new", 10}}),
                         a_route("ui", "/", {{"old", 100}, {"new", 0}})};
  world.everybody_up();
  world.build_now();
  return world;
}

/// A request head that owns its texts.
struct Request {
  std::string method = "GET", authority = "ci.example.com", target = "/";
  std::vector<http::Field> fields;

  /// Holds as long as this does, until it changes.
  http::Head head() {
    http::Head head;
    head.method = method;
    head.authority = authority;
    head.target = target;
    const std::string_view view = target;
    const std::size_t mark = view.find('?');
    head.path = view.substr(0, mark);
    if (mark != std::string_view::npos) head.query = view.substr(mark + 1);
    for (http::Field& field : fields) field.id = http::field_id(field.name);
    head.fields = fields;
    return head;
  }
};

}  // namespace segue::routing

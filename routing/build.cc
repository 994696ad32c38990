// Puts pools, routes and the table together, each shared with the generation before where it can
// be.
#include "routing/build.h"

#include <algorithm>
#include <map>
#include <set>

#include "lib/base/check.h"
#include "routing/build_route.h"
#include "routing/operations.h"
#include "routing/rotation.h"
#include "routing/route_table.h"
#include "routing/session.h"

namespace segue::routing {
namespace {

/// What stood at `id` before; null when nothing did.
template <typename Part, typename IdType>
std::shared_ptr<const Part> at(const std::vector<std::shared_ptr<const Part>>& parts, IdType id) {
  return id.index() < parts.size() ? parts[id.index()] : nullptr;
}

template <typename Part, typename IdType>
void put(std::vector<std::shared_ptr<const Part>>& parts, IdType id,
         std::shared_ptr<const Part> part) {
  if (parts.size() <= id.index()) parts.resize(id.index() + 1);
  parts[id.index()] = std::move(part);
}

void judge_names(const conf::Config& config, Problems& problems) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const conf::Route& route = config.routes[i];
    if (!seen.insert(route.name).second) {
      problems.push_back({config.file, route.at.line, route.at.column,
                          "routes[" + std::to_string(i) + "].name",
                          "there are two routes named '" + route.name + "'"});
    }
  }
  seen.clear();
  for (const conf::Pool& pool : config.pools) {
    if (!seen.insert(pool.name).second) {
      problems.push_back({config.file, pool.at.line, pool.at.column, "pools." + pool.name,
                          "there are two pools of this name"});
    }
    std::set<std::string_view> addresses;
    for (const conf::Endpoint& endpoint : pool.endpoints) {
      if (!addresses.insert(endpoint.address).second) {
        problems.push_back({config.file, endpoint.at.line, endpoint.at.column,
                            "pools." + pool.name + ".endpoints",
                            "'" + endpoint.address + "' is twice in the pool"});
      }
    }
  }
}

/// Whether the routes match the same requests: same names, same rules, same order.
bool same_rules(const conf::Config& a, const conf::Config& b) {
  return std::equal(a.routes.begin(), a.routes.end(), b.routes.begin(), b.routes.end(),
                    [](const conf::Route& x, const conf::Route& y) {
                      return x.name == y.name && x.match == y.match;
                    });
}

std::shared_ptr<const RouteTable> make_table(Desired& desired) {
  std::vector<RouteTable::Rule> rules;
  for (const conf::Route& route : desired.config->routes) {
    rules.push_back({desired.routes.of(route.name), route.name, route.match});
  }
  return std::make_shared<const RouteTable>(RouteTable::make(std::move(rules)));
}

using PinTables = std::map<std::string, std::shared_ptr<const PinTable>>;  // by group

/// The table of each group that has pins; that of the generation before where it is the same.
PinTables pin_tables(Desired& desired, const Snapshot& before) {
  PinTables tables;
  for (const auto& [group, pins] : desired.runtime.pins) {
    std::vector<PinTable::Pin> list;
    for (const auto& [key, pin] : pins) {
      // A pool that the file has no more has no pins until it comes back.
      const auto pool = desired.pools.find(pin.pool);
      if (pool) list.push_back({cohort_hash(key), *pool, pin.hard});
    }
    tables[group] = std::make_shared<const PinTable>(std::move(list));
  }
  for (const auto& route : before.routes) {
    if (route == nullptr || route->pins == nullptr) continue;
    const auto at = tables.find(route->group);
    if (at != tables.end() && *at->second == *route->pins) at->second = route->pins;
  }
  return tables;
}

}  // namespace

Result<std::shared_ptr<const Snapshot>, Problems> build(
    Desired& desired, const std::shared_ptr<const Snapshot>& previous) {
  SEGUE_CHECK(desired.config != nullptr, "a configuration comes before the first build");
  const Snapshot nothing;
  const Snapshot& before = previous != nullptr ? *previous : nothing;
  const conf::Config& config = *desired.config;
  Problems problems;
  judge_names(config, problems);
  if (!problems.empty()) return fail(std::move(problems));

  auto next = std::make_shared<Snapshot>();
  next->generation = before.generation + 1;
  next->config = desired.config;
  next->session_key =
      session_key(config.sessions.secret.empty() ? desired.session_secret : config.sessions.secret);
  for (const conf::Pool& pool : config.pools) {
    const PoolId id = desired.pools.of(pool.name);
    put(next->pools, id, build_pool(desired, pool, at(before.pools, id)));
  }
  auto pins = pin_tables(desired, before);
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const RouteId id = desired.routes.of(config.routes[i].name);
    const Surroundings around{config.file, i, next->generation, next->pools,
                              pins[group_of(config.routes[i])]};
    put(next->routes, id,
        build_route(desired, config.routes[i], around, at(before.routes, id), problems));
    const Route* const built = next->routes[id.index()].get();
    if (built != nullptr && built->cohort.session_at() != CohortKeys::kNowhere)
      next->has_sessions = true;
  }
  if (!problems.empty()) return fail(std::move(problems));

  next->table = before.table != nullptr && same_rules(config, *before.config) ? before.table
                                                                              : make_table(desired);
  return std::shared_ptr<const Snapshot>(std::move(next));
}

}  // namespace segue::routing

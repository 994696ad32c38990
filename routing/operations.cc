// Each operation on a copy of the runtime.
#include "routing/operations.h"

#include <algorithm>
#include <set>

#include "lib/http/field.h"
#include "routing/split.h"

namespace segue::routing {
namespace {

using Refused = RefusedOperation;

constexpr std::uint32_t kAbortWeight = 100;

Refused not_found(std::string text) {
  return {true, "", std::move(text)};
}
Refused invalid(std::string path, std::string text) {
  return {false, std::move(path), std::move(text)};
}

const conf::Pool* find_pool(const conf::Config& config, const std::string& name) {
  const auto at = std::find_if(config.pools.begin(), config.pools.end(),
                               [&](const conf::Pool& pool) { return pool.name == name; });
  return at == config.pools.end() ? nullptr : &*at;
}

/// Whether requests of `route` can go to `pool`.
bool leads_to(const conf::Route& route, const std::string& pool) {
  return std::ranges::find(route.split, pool, &conf::Route::Branch::pool) != route.split.end() ||
         std::ranges::find(route.fallback, pool) != route.fallback.end() || route.unknown == pool;
}

/// The group that `name` names, by itself or by one of its routes; null when none.
const std::string* find_group(const conf::Config& config, const std::string& name) {
  for (const conf::Route& route : config.routes)
    if (group_of(route) == name) return &group_of(route);
  const conf::Route* route = find_route(config, name);
  return route == nullptr ? nullptr : &group_of(*route);
}

Refused no_group(const std::string& name) {
  return not_found("there is no cohort group and no route '" + name + "'");
}

class Apply {
 public:
  Apply(const conf::Config& config, Runtime runtime) : config_(config), next_(std::move(runtime)) {}

  using Outcome = Result<Runtime, Refused>;

  Outcome operator()(const SetWeights& wanted) {
    const conf::Route* route = find_route(config_, wanted.route);
    if (route == nullptr) return fail(not_found("there is no route '" + wanted.route + "'"));
    const Weights before = weights_of(next_, *route);
    Weights after = before;
    for (const auto& [pool, weight] : wanted.weights) {
      const auto at = after.find(pool);
      if (at == after.end())
        return fail(
            invalid("weights." + pool,
                    "pool '" + pool + "' is not in the split of route '" + route->name + "'"));
      if (weight > kWeightMax)
        return fail(invalid("weights." + pool,
                            "weight " + std::to_string(weight) + ", expected 0…1000000"));
      at->second = weight;
    }
    if (std::ranges::all_of(after, [](const auto& entry) { return entry.second == 0; }))
      return fail(invalid("weights", "all weights of route '" + route->name +
                                         "' would be 0: nothing could take its requests"));
    const auto pending = next_.reverts.find(route->name);
    // Weights for a while that change weights for a while end where the first began.
    const auto set = next_.weights.find(route->name);
    const Weights now = set == next_.weights.end() ? Weights{} : set->second;
    const Weights back = pending == next_.reverts.end() ? now : pending->second.weights;
    if (wanted.until_ms != 0) {
      next_.reverts[route->name] = {wanted.until_ms, back};
    } else if (pending != next_.reverts.end()) {
      next_.reverts.erase(pending);
    }
    if (after != before) next_.weights[route->name] = std::move(after);
    return std::move(next_);
  }

  Outcome operator()(const SetPin& wanted) {
    const std::string* group = find_group(config_, wanted.group);
    if (group == nullptr) return fail(no_group(wanted.group));
    const std::string key = folded(wanted.key);
    if (key.empty() || key.size() > kPinKeyMax)
      return fail(invalid("key", "has " + std::to_string(key.size()) + " bytes, expected 1…" +
                                     std::to_string(kPinKeyMax)));
    const bool known = std::ranges::any_of(config_.routes, [&](const conf::Route& route) {
      return group_of(route) == *group && leads_to(route, wanted.pin.pool);
    });
    if (!known)
      return fail(invalid("pool", "no route of the cohort group '" + *group + "' leads to pool '" +
                                      wanted.pin.pool + "'"));
    auto& pins = next_.pins[*group];
    if (pins.size() >= kPinsMax && !pins.contains(key))
      return fail(invalid("key", "the group has " + std::to_string(kPinsMax) +
                                     " pins, the most there may be; unpin some"));
    pins[key] = wanted.pin;
    return std::move(next_);
  }

  Outcome operator()(const Unpin& wanted) {
    const std::string* known = find_group(config_, wanted.group);
    const std::string group = known == nullptr ? wanted.group : *known;
    const auto pins = next_.pins.find(group);
    if (pins == next_.pins.end() && known == nullptr) return fail(no_group(wanted.group));
    if (pins == next_.pins.end() || pins->second.erase(folded(wanted.key)) == 0)
      return fail(not_found("no pin for '" + wanted.key + "' in the cohort group '" + group + "'"));
    if (pins->second.empty()) next_.pins.erase(pins);
    return std::move(next_);
  }

  Outcome operator()(const Say& wanted) {
    const conf::Pool* pool = find_pool(config_, wanted.pool);
    if (pool == nullptr) return fail(not_found("there is no pool '" + wanted.pool + "'"));
    bool found = false;
    for (const conf::Endpoint& endpoint : pool->endpoints) {
      if (!wanted.address.empty() && endpoint.address != wanted.address) continue;
      found = true;
      if (wanted.said.word != Word::kNone) {
        next_.endpoints[pool->name][endpoint.address] = wanted.said;
      } else if (const auto at = next_.endpoints.find(pool->name); at != next_.endpoints.end()) {
        at->second.erase(endpoint.address);
        if (at->second.empty()) next_.endpoints.erase(at);
      }
    }
    if (!found)
      return fail(not_found("pool '" + wanted.pool + "' has no endpoint '" + wanted.address + "'"));
    return std::move(next_);
  }

  Outcome operator()(const Rebalance& wanted) {
    const std::string* group = find_group(config_, wanted.group);
    if (group == nullptr) return fail(no_group(wanted.group));
    ++next_.epochs[*group];
    return std::move(next_);
  }

  Outcome operator()(const Abort& wanted) {
    const conf::Route* route = find_route(config_, wanted.route);
    if (route == nullptr) return fail(not_found("there is no route '" + wanted.route + "'"));
    Weights weights = weights_of(next_, *route);
    if (!weights.contains(wanted.pool))
      return fail(invalid(
          "to", "pool '" + wanted.pool + "' is not in the split of route '" + route->name + "'"));
    for (auto& [pool, weight] : weights) weight = pool == wanted.pool ? kAbortWeight : 0;
    next_.weights[route->name] = std::move(weights);
    next_.reverts.erase(route->name);
    const std::string& group = group_of(*route);
    if (const auto pins = next_.pins.find(group); pins != next_.pins.end()) {
      std::erase_if(pins->second, [&](const auto& pin) { return pin.second.pool != wanted.pool; });
      if (pins->second.empty()) next_.pins.erase(pins);
    }
    ++next_.epochs[group];
    return std::move(next_);
  }

  Outcome operator()(const Restore& wanted) {
    Runtime restored = wanted.runtime;
    // An epoch never comes back: cookies of that time would be valid again.
    for (const auto& [group, epoch] : next_.epochs) {
      std::uint32_t& at = restored.epochs[group];
      at = std::max(at, epoch);
    }
    draw_anew(next_, restored);
    return restored;
  }

  Outcome operator()(const Expire& due) {
    const Runtime before = next_;
    const auto ended = [&](std::uint64_t at) { return at != 0 && at <= due.now_ms; };
    for (auto at = next_.reverts.begin(); at != next_.reverts.end();) {
      if (!ended(at->second.at_ms)) {
        ++at;
        continue;
      }
      if (at->second.weights.empty()) {
        next_.weights.erase(at->first);
      } else {
        next_.weights[at->first] = at->second.weights;
      }
      at = next_.reverts.erase(at);
    }
    for (auto& [group, pins] : next_.pins)
      std::erase_if(pins, [&](const auto& pin) { return ended(pin.second.until_ms); });
    std::erase_if(next_.pins, [](const auto& group) { return group.second.empty(); });
    for (auto& [pool, addresses] : next_.endpoints)
      std::erase_if(addresses, [&](const auto& said) { return ended(said.second.until_ms); });
    std::erase_if(next_.endpoints, [](const auto& pool) { return pool.second.empty(); });
    draw_anew(before, next_);
    return std::move(next_);
  }

 private:
  /// Weights that came back move sessions too: they are drawn anew where weights differ.
  void draw_anew(const Runtime& before, Runtime& after) const {
    std::set<std::string> groups;
    for (const conf::Route& route : config_.routes)
      if (weights_of(before, route) != weights_of(after, route)) groups.insert(group_of(route));
    for (const std::string& group : groups) ++after.epochs[group];
  }

  const conf::Config& config_;
  Runtime next_;
};

}  // namespace

Result<Runtime, RefusedOperation> apply(const conf::Config& config, Runtime runtime,
                                        const Operation& operation) {
  return std::visit(Apply(config, std::move(runtime)), operation);
}

Weights weights_of(const Runtime& runtime, const conf::Route& route) {
  Weights weights;
  const auto set = runtime.weights.find(route.name);
  for (const conf::Route::Branch& branch : route.split) {
    weights[branch.pool] = branch.weight;
    if (set == runtime.weights.end()) continue;
    const auto at = set->second.find(branch.pool);
    if (at != set->second.end()) weights[branch.pool] = at->second;
  }
  return weights;
}

std::string weights_text(const conf::Route& route, const Weights& weights) {
  std::string text;
  for (const conf::Route::Branch& branch : route.split)
    text += (text.empty() ? "" : " ") + branch.pool + "=" + std::to_string(weights.at(branch.pool));
  return text;
}

const std::string& group_of(const conf::Route& route) noexcept {
  return route.cohort_group.empty() ? route.name : route.cohort_group;
}

const conf::Route* find_route(const conf::Config& config, const std::string& name) noexcept {
  for (const conf::Route& route : config.routes)
    if (route.name == name) return &route;
  return nullptr;
}

std::string folded(std::string_view key) {
  std::string out(key);
  for (char& c : out) c = http::to_lower(c);
  return out;
}

}  // namespace segue::routing

// Changing weights: one split, or several at once.
#include <algorithm>
#include <utility>

#include "admin/change.h"
#include "admin/problem_json.h"
#include "admin/readings.h"
#include "admin/resources.h"
#include "conf/text.h"

namespace segue::admin {
namespace {

void add(Problems& problems, std::string path, std::string text) {
  problems.push_back({"", 0, 0, std::move(path), std::move(text)});
}

std::vector<std::string> branch_names(const routing::Route& route) {
  std::vector<std::string> names;
  for (const conf::Route::Branch& branch : route.settings.split) names.push_back(branch.pool);
  return names;
}

// The weight in `value`, or none with a problem.
std::optional<std::uint32_t> weight_of(const Json& value, const std::string& path,
                                       Problems& problems) {
  const std::string expected = ", expected a whole number 0…" + std::to_string(routing::kWeightMax);
  if (!value.is_number_integer()) {
    add(problems, path, std::string("is ") + kind_of(value) + expected);
    return std::nullopt;
  }
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > routing::kWeightMax) {
    add(problems, path, "weight " + value.dump() + expected);
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(value.get<std::uint64_t>());
}

// `weights` of `route`, checked against what is served. Problems have paths below `path`.
routing::SetWeights weights_of(const Call& call, const routing::Route& route, const Json& weights,
                               const std::string& path, Problems& problems) {
  routing::SetWeights change{route.settings.name, {}, 0};
  if (!weights.is_object() || weights.empty()) {
    add(problems, path,
        std::string("is ") + (weights.is_object() ? "empty" : kind_of(weights)) +
            ", expected an object like {\"" + route.settings.split.front().pool + "\": 70}");
    return change;
  }
  const std::vector<std::string> pools = branch_names(route);
  Json after = weights_json(*call.snapshot, route);
  for (const auto& [pool, value] : weights.items()) {
    const std::string here = path + "." + pool;
    if (std::find(pools.begin(), pools.end(), pool) == pools.end()) {
      add(problems, here,
          unknown_word("pool in the split of route " + route.settings.name + ":", pool, pools));
      continue;
    }
    const auto weight = weight_of(value, here, problems);
    if (!weight) continue;
    after[pool] = *weight;
    change.weights.emplace_back(pool, *weight);
  }
  const bool all_zero =
      std::all_of(after.begin(), after.end(), [](const Json& weight) { return weight == 0; });
  if (all_zero)
    add(problems, path,
        "would leave every pool of route " + route.settings.name +
            " at weight 0; one must have more");
  return change;
}

void apply(Call& call, const Json& body, std::vector<routing::SetWeights> changes,
           Problems problems) {
  const std::uint64_t until_ms = until_of(body, problems);
  std::vector<routing::Operation> operations;
  std::vector<std::pair<std::string, Json>> before;
  for (routing::SetWeights& change : changes) {
    for (const auto& route : call.snapshot->routes)
      if (route != nullptr && route->settings.name == change.route)
        before.emplace_back(change.route, weights_json(*call.snapshot, *route));
    change.until_ms = until_ms;
    operations.emplace_back(std::move(change));
  }
  const auto describe = [before](const routing::Snapshot& snapshot, const Applied&) {
    Json list = Json::array();
    for (const auto& [name, weights] : before)
      for (const auto& route : snapshot.routes)
        if (route != nullptr && route->settings.name == name)
          list.push_back(
              {{"route", name}, {"before", weights}, {"after", weights_json(snapshot, *route)}});
    return Json{{"changes", std::move(list)}};
  };
  submit(call, body, std::move(operations), std::move(problems), describe,
         "the weights are not possible; nothing was changed");
}

}  // namespace

void put_split(Call& call) {
  const routing::Route* route = require_route(call, call.argument(0));
  if (route == nullptr) return;
  const std::optional<Json> body = body_object(call, change_members({"weights", "for"}));
  if (!body) return;
  Problems problems;
  const Json weights = body->value("weights", Json());
  std::vector<routing::SetWeights> changes{weights_of(call, *route, weights, "weights", problems)};
  apply(call, *body, std::move(changes), std::move(problems));
}

void patch_splits(Call& call) {
  const std::optional<Json> body = body_object(call, change_members({"splits", "for"}));
  if (!body) return;
  const Json splits = body->value("splits", Json());
  Problems problems;
  std::vector<routing::SetWeights> changes;
  if (!splits.is_object() || splits.empty())
    add(problems, "splits",
        std::string("is ") + (splits.is_object() ? "empty" : kind_of(splits)) +
            R"(, expected an object like {"ROUTE": {"POOL": 70}})");
  else if (splits.size() > call.context.limits.splits_per_change)
    add(problems, "splits",
        "has " + std::to_string(splits.size()) + " routes, expected at most " +
            std::to_string(call.context.limits.splits_per_change));
  else
    for (const auto& [name, weights] : splits.items()) {
      const auto& routes = call.snapshot->routes;
      const auto route =
          std::find_if(routes.begin(), routes.end(), [&, wanted = name](const auto& at) {
            return at != nullptr && at->settings.name == wanted;
          });
      if (route == routes.end())
        add(problems, "splits." + name, unknown_word("route", name, route_names(*call.snapshot)));
      else
        changes.push_back(weights_of(call, **route, weights, "splits." + name, problems));
    }
  apply(call, *body, std::move(changes), std::move(problems));
}

}  // namespace segue::admin

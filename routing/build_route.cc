// Weights from file and operator, destinations in order, everything wrong said at once.
#include "routing/build_route.h"

#include <algorithm>

#include "routing/operations.h"
#include "routing/path_regex.h"

namespace segue::routing {
namespace {

/// Collects what is wrong with one route.
class Judge {
 public:
  Judge(const Desired& desired, const conf::Route& route, const Surroundings& around,
        Problems& problems)
      : desired_(desired),
        route_(route),
        around_(around),
        problems_(problems),
        before_(problems.size()) {}

  bool content() const noexcept { return problems_.size() == before_; }
  void add(conf::Position at, const std::string& key, std::string text) {
    if (at.line == 0) at = route_.at;
    problems_.push_back({around_.file, at.line, at.column,
                         "routes[" + std::to_string(around_.index) + "]" + key, std::move(text)});
  }

  void pools() {
    for (const auto& branch : route_.split) pool(branch.at, ".split." + branch.pool, branch.pool);
    for (const std::string& name : route_.fallback) pool({}, ".fallback", name);
    if (!route_.unknown.empty()) pool({}, ".unknown", route_.unknown);
  }
  void paths() {
    for (const auto& [key, path] :
         {std::pair<const char*, const std::string&>{".match.path", route_.match.path},
          {".match.path_prefix", route_.match.path_prefix}}) {
      if (!path.empty() && path.front() != '/') {
        add({}, key, "'" + path + "' does not begin with '/'");
      }
    }
    if (route_.match.path_regex.empty()) return;
    if (auto regex = PathRegex::make(route_.match.path_regex); !regex) {
      add({}, ".match.path_regex", std::move(regex).error());
    }
  }

 private:
  void pool(conf::Position at, const std::string& key, const std::string& name) {
    const auto id = desired_.pools.find(name);
    if (!id || id->index() >= around_.pools.size() || around_.pools[id->index()] == nullptr) {
      add(at, key, "there is no pool '" + name + "'");
    }
  }

  const Desired& desired_;
  const conf::Route& route_;
  const Surroundings& around_;
  Problems& problems_;
  std::size_t before_;
};

/// The weights in branch order, and whether an operator has set any of them.
struct BranchWeights {
  std::vector<std::uint32_t> of;
  bool from_file = true;
};

BranchWeights branch_weights(const Desired& desired, const conf::Route& settings) {
  BranchWeights weights;
  const auto set = desired.runtime.weights.find(settings.name);
  for (const conf::Route::Branch& branch : settings.split) {
    weights.of.push_back(branch.weight);
    if (set == desired.runtime.weights.end()) continue;
    if (const auto at = set->second.find(branch.pool); at != set->second.end()) {
      weights.of.back() = at->second;
      weights.from_file = false;
    }
  }
  return weights;
}

bool has_weights(const Route& route, const BranchWeights& weights) {
  const auto branches = route.split.branches();
  return std::equal(
      branches.begin(), branches.end(), weights.of.begin(), weights.of.end(),
      [](const Split::Branch& branch, std::uint32_t weight) { return branch.weight == weight; });
}

/// Whether the pools of two builds of a route have the same weights, in whatever order.
bool same_weights(const Route& a, const Route& b) {
  const auto pairs = [](const Route& route) {
    std::vector<std::pair<PoolId, std::uint32_t>> out;
    for (std::size_t i = 0; i < route.split.branches().size(); ++i) {
      out.emplace_back(route.destinations[i].pool, route.split.branches()[i].weight);
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  return pairs(a) == pairs(b);
}

/// The index of the destination for `pool`, made when missing.
std::size_t destination(Desired& desired, Route& route, const std::string& pool) {
  const PoolId id = desired.pools.of(pool);
  for (std::size_t i = 0; i < route.destinations.size(); ++i) {
    if (route.destinations[i].pool == id) return i;
  }
  route.destinations.push_back({id, desired.series.of(route.settings.name + "\n" + pool)});
  return route.destinations.size() - 1;
}

}  // namespace

std::shared_ptr<const Route> build_route(Desired& desired, const conf::Route& settings,
                                         const Surroundings& around,
                                         const std::shared_ptr<const Route>& previous,
                                         Problems& problems) {
  Judge judge(desired, settings, around, problems);
  judge.pools();
  const BranchWeights weights = branch_weights(desired, settings);
  const std::string& group = group_of(settings);
  const auto epoch = desired.runtime.epochs.find(group);
  const std::uint32_t epoch_now = epoch == desired.runtime.epochs.end() ? 0 : epoch->second;
  if (judge.content() && previous != nullptr && previous->settings == settings &&
      has_weights(*previous, weights) && previous->weights_from_file == weights.from_file &&
      previous->pins == around.pins && previous->epoch == epoch_now) {
    return previous;
  }

  judge.paths();
  std::vector<Split::Branch> branches;
  for (std::size_t i = 0; i < settings.split.size(); ++i) {
    branches.push_back({weights.of[i], salt_of(group, settings.split[i].pool)});
  }
  auto split = Split::make(branches);
  if (!split) {
    judge.add(
        {}, ".split",
        split.error() + (weights.from_file ? "" : " (with the weights that were set at run time)"));
  }
  if (settings.split.size() + settings.fallback.size() + 1 > kDestinationsMax) {
    judge.add({}, ".fallback",
              "a route has at most " + std::to_string(kDestinationsMax) + " pools in all");
  }
  if (!judge.content()) return nullptr;

  Route route;
  route.id = desired.routes.of(settings.name);
  route.settings = settings;
  route.cohort = CohortKeys(settings.cohort);
  route.split = *split;
  for (const auto& branch : settings.split) destination(desired, route, branch.pool);
  for (const std::string& pool : settings.fallback) {
    route.fallback.push_back(destination(desired, route, pool));
  }
  if (!settings.unknown.empty()) route.unknown = destination(desired, route, settings.unknown);
  route.weights_from_file = weights.from_file;
  route.group = group;
  route.group_tag = tag_of(group);
  route.epoch = epoch_now;
  route.pins = around.pins;
  route.visits = route.cohort.session_at() != CohortKeys::kNowhere ||
                 !settings.isolate_cookies.empty() || settings.tester_override != conf::Override{};
  route.weights_generation = previous != nullptr && same_weights(route, *previous)
                                 ? previous->weights_generation
                                 : around.generation;
  return std::make_shared<const Route>(std::move(route));
}

}  // namespace segue::routing

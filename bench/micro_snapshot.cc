// What a change costs on the control thread: the first snapshot of a large configuration, one more
// without a change, and one after a route's weights have moved.
#include <memory>
#include <string>

#include "bench/micro_allocations.h"
#include "routing/build.h"
#include "routing/desired.h"

namespace segue::bench {
namespace {

/// `count` routes, each over two pools of two endpoints.
routing::Desired desired(std::size_t count) {
  conf::Config config;
  for (const char* name : {"old", "new"}) {
    conf::Pool pool;
    pool.name = name;
    pool.health.kind = conf::Health::Kind::kNone;
    for (int i = 0; i < 2; ++i)
      pool.endpoints.push_back(
          {"10.0." + std::to_string(config.pools.size()) + "." + std::to_string(i) + ":8080",
           1,
           {}});
    config.pools.push_back(pool);
  }
  for (std::size_t i = 0; i < count; ++i) {
    conf::Route route;
    route.name = "service-" + std::to_string(i);
    route.match.host = "ci.example.com";
    route.match.path_prefix = "/job/service-" + std::to_string(i) + "/";
    route.split = {{"old", 90, {}}, {"new", 10, {}}};
    config.routes.push_back(route);
  }
  routing::Desired out;
  out.config = std::make_shared<const conf::Config>(std::move(config));
  return out;
}

void first_snapshot(benchmark::State& state) {
  const routing::Desired fresh = desired(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    state.PauseTiming();
    {
      routing::Desired world = fresh;
      state.ResumeTiming();
      const auto built = routing::build(world, nullptr);
      state.PauseTiming();  // it goes in peace
      if (!built) return state.SkipWithError("refused");
    }
    state.ResumeTiming();
  }
}
BENCHMARK(first_snapshot)->Arg(100)->Arg(10'000)->Unit(benchmark::kMicrosecond);

enum class Change : bool { kNone, kWeights };

void next_snapshot(benchmark::State& state, Change change) {
  routing::Desired world = desired(static_cast<std::size_t>(state.range(0)));
  auto built = routing::build(world, nullptr);
  if (!built) return state.SkipWithError("refused");
  std::shared_ptr<const routing::Snapshot> snapshot = *built;
  std::uint32_t weight = 0;
  CountAllocations counting(state);
  for (auto _ : state) {
    if (change == Change::kWeights)
      world.runtime.weights["service-42"] = {{"new", 1 + ++weight % 100}};
    built = routing::build(world, snapshot);
    if (!built) return state.SkipWithError("refused");
    snapshot = *built;
  }
}
BENCHMARK_CAPTURE(next_snapshot, no_change, Change::kNone)
    ->Arg(100)
    ->Arg(10'000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(next_snapshot, weights, Change::kWeights)
    ->Arg(100)
    ->Arg(10'000)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace segue::bench

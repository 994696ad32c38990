// What routing costs per request: fields, paths, routes, cohorts, splits and endpoints, in ns and
// allocations per call.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bench/micro_allocations.h"
#include "lib/base/rng.h"
#include "lib/http/field.h"
#include "lib/http/target.h"
#include "routing/build.h"
#include "routing/cohort.h"
#include "routing/picker.h"
#include "routing/route_table.h"
#include "routing/split.h"

namespace segue::bench {
namespace {

/// What a browser sends to a CI server's page.
std::vector<http::Field> fields() {
  std::vector<http::Field> out = {
      {"Host", "ci.example.com"},
      {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
      {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
      {"Accept-Language", "en-US,en;q=0.5"},
      {"Accept-Encoding", "gzip, deflate, br"},
      {"Connection", "keep-alive"},
      {"Cookie", "JSESSIONID.3b1f=node01x2y3z; screenResolution=2560x1440; session=c0ffee-4711"},
      {"Upgrade-Insecure-Requests", "1"},
      {"Sec-Fetch-Dest", "document"},
      {"X-Forwarded-For", "10.1.2.3"},
      {"X-Repo", "Example-Org/Some-Service"},
  };
  for (http::Field& field : out) field.id = http::field_id(field.name);
  return out;
}

void field_ids(benchmark::State& state) {
  const auto all = fields();
  CountAllocations counting(state);
  for (auto _ : state) {
    for (const http::Field& field : all) benchmark::DoNotOptimize(http::field_id(field.name));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(all.size()));
}
BENCHMARK(field_ids);

void normalise(benchmark::State& state, std::string_view path) {
  std::array<char, 512> scratch;
  std::string_view out;
  CountAllocations counting(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(path.data());
    benchmark::DoNotOptimize(http::normalise(path, scratch, out));
  }
}
BENCHMARK_CAPTURE(normalise, normal_41_bytes, "/job/some-service/job/main/4711/consoleText");
BENCHMARK_CAPTURE(normalise, changed, "/job//some-service/./job/feature%2Fx/../4711/consoleText");

/// `count` routes, half of them prefixes and half exact paths, most of one host.
routing::RouteTable routes(std::size_t count) {
  std::vector<routing::RouteTable::Rule> rules;
  for (std::uint32_t i = 0; i < count; ++i) {
    conf::Match match;
    (i % 2 == 0 ? match.path_prefix : match.path) = "/job/service-" + std::to_string(i);
    match.host =
        i % 10 == 9 ? "team-" + std::to_string(i % 100) + ".example.com" : "ci.example.com";
    rules.push_back({RouteId{i}, "r", match});
  }
  return routing::RouteTable::make(std::move(rules));
}

/// One request over and over: what the search itself costs.
void match_one(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const routing::RouteTable table = routes(count);
  const std::string path = "/job/service-" + std::to_string(count / 2 / 10 * 10) + "/4711/console";
  auto with = fields();
  http::Head head;
  head.method = "GET";
  head.authority = "ci.example.com";
  head.path = path;
  head.fields = with;
  if (!table.find(head).route.valid()) return state.SkipWithError("no route");
  CountAllocations counting(state);
  for (auto _ : state) benchmark::DoNotOptimize(table.find(head));
}
BENCHMARK(match_one)->Arg(1)->Arg(100)->Arg(10'000);

/// All routes in random order: with the cache misses of a large table.
void match_all(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const routing::RouteTable table = routes(count);
  Rng rng(3);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < 4096; ++i) {
    paths.push_back("/job/service-" + std::to_string(rng.below(count) / 10 * 10) + "/4711/console");
  }
  http::Head head;
  head.method = "GET";
  head.authority = "ci.example.com";
  std::size_t next = 0;
  CountAllocations counting(state);
  for (auto _ : state) {
    head.path = paths[next++ % paths.size()];
    benchmark::DoNotOptimize(table.find(head));
  }
}
BENCHMARK(match_all)->Arg(1)->Arg(100)->Arg(10'000);

void cohort(benchmark::State& state, conf::CohortKey::Kind kind, const char* argument) {
  const routing::CohortKeys keys({{kind, argument}});
  auto with = fields();
  http::Head head;
  head.path = "/job/some-service/4711/console";
  head.query = "page=1&repo=Example-Org%2FSome-Service";
  head.fields = with;
  if (keys.find(head, "10.1.2.3", 1).found == routing::CohortKeys::Found::kUnknown) {
    return state.SkipWithError("no key");
  }
  CountAllocations counting(state);
  for (auto _ : state) benchmark::DoNotOptimize(keys.find(head, "10.1.2.3", 1));
}
BENCHMARK_CAPTURE(cohort, client, conf::CohortKey::Kind::kClient, "");
BENCHMARK_CAPTURE(cohort, cookie, conf::CohortKey::Kind::kCookie, "session");
BENCHMARK_CAPTURE(cohort, header, conf::CohortKey::Kind::kHeader, "X-Repo");
BENCHMARK_CAPTURE(cohort, query, conf::CohortKey::Kind::kQuery, "repo");
BENCHMARK_CAPTURE(cohort, path, conf::CohortKey::Kind::kPath, "/job/{*}/");

void split_pick(benchmark::State& state) {
  std::vector<routing::Split::Branch> branches;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(state.range(0)); ++i) {
    branches.push_back({10 + i, routing::salt_of("ui", "pool-" + std::to_string(i))});
  }
  const routing::Split split = *routing::Split::make(branches);
  std::uint64_t hash = 0;
  CountAllocations counting(state);
  for (auto _ : state) benchmark::DoNotOptimize(split.pick(hash += 0x9e3779b97f4a7c15u, 0xff));
}
BENCHMARK(split_pick)->Arg(1)->Arg(2)->Arg(8);

void pick(benchmark::State& state, conf::Balance balance, std::uint32_t weights) {
  conf::Config config;
  conf::Pool pool;
  pool.name = "new";
  pool.balance = balance;
  for (int i = 0; i < state.range(0); ++i) {
    pool.endpoints.push_back(
        {"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250) + ":80",
         1 + static_cast<std::uint32_t>(i) % weights,
         {}});
  }
  pool.health.kind = conf::Health::Kind::kNone;
  config.pools = {pool};
  routing::Desired desired;
  desired.config = std::make_shared<const conf::Config>(config);
  const auto snapshot = *routing::build(desired, nullptr);
  Rng rng(1);
  std::vector<routing::EndpointLoad> loads(desired.endpoint_names.size());
  for (routing::EndpointLoad& load : loads) {
    load.in_flight = static_cast<std::uint32_t>(rng.below(8));
  }
  routing::Picker picker(rng);
  const routing::Pool& built = *snapshot->pools[0];
  benchmark::DoNotOptimize(picker.pick(built, loads, 1024, {}, {}));
  CountAllocations counting(state);
  for (auto _ : state) benchmark::DoNotOptimize(picker.pick(built, loads, 1024, {}, {}));
}
BENCHMARK_CAPTURE(pick, least_loaded, conf::Balance::kLeastLoaded, 1)->Arg(2)->Arg(100)->Arg(5'000);
BENCHMARK_CAPTURE(pick, least_loaded_weighted, conf::Balance::kLeastLoaded, 3)
    ->Arg(2)
    ->Arg(100)
    ->Arg(5'000);
BENCHMARK_CAPTURE(pick, round_robin_weighted, conf::Balance::kRoundRobin, 3)
    ->Arg(2)
    ->Arg(100)
    ->Arg(5'000);

}  // namespace
}  // namespace segue::bench

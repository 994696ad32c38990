// What it costs to tell: a request's counters, a latency, a line of the access log, and the metrics
// page of a large configuration.
#include <memory>
#include <string>

#include "bench/micro_allocations.h"
#include "lib/base/rng.h"
#include "telemetry/access_format.h"
#include "telemetry/access_log.h"
#include "telemetry/counters.h"
#include "telemetry/exposition.h"
#include "telemetry/histogram.h"

namespace segue::bench {
namespace {

using telemetry::AccessFormat;
using telemetry::Record;
using telemetry::WorkerCounters;

/// The cells that one good request moves.
void request_counters(benchmark::State& state) {
  const auto counters = std::make_unique<WorkerCounters>();
  counters->series.at(SeriesId{7});
  counters->endpoints.at(EndpointId{7});
  std::uint64_t us = 0;
  CountAllocations counting(state);
  for (auto _ : state) {
    us = (us + 97) & 0xffff;
    counters->worker.requests.add();
    telemetry::SeriesCells& series = counters->series.at(SeriesId{7});
    series.in_flight.add();
    telemetry::EndpointCells& endpoint = counters->endpoints.at(EndpointId{7});
    endpoint.requests.add();
    endpoint.bytes_to_upstream.add(800);
    endpoint.bytes_from_upstream.add(1200);
    series.by_class[2].add();
    series.bytes_from_client.add(700);
    series.bytes_to_client.add(1300);
    series.first_byte.record(us);
    series.total.record(us + 100);
    series.since_change.count(3, false, us + 100);
    series.in_flight.sub();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(request_counters);

void latency_record(benchmark::State& state) {
  telemetry::Latency latency;
  Rng rng(1);
  std::array<std::uint64_t, 1024> times;
  for (std::uint64_t& us : times) us = rng.below(1 << (6 + rng.below(20)));
  std::size_t next = 0;
  CountAllocations counting(state);
  for (auto _ : state) {
    latency.record(times[next++ % times.size()]);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(latency_record);

Record some_record() {
  Record record;
  record.wall_ms = 1'769'903'999'001;
  record.request_id = "0af7651916cd43dd8448eb211c80319c";
  record.client = "192.0.2.7";
  record.method = "GET";
  record.host = "ci.example.com";
  record.path = "/job/some-service/job/main/4711/console";
  record.listener = "edge";
  record.route = "jobs";
  record.pool = "old";
  record.endpoint = "10.0.0.5:8080";
  record.why = "split";
  record.cohort = 0xab;
  record.has_cohort = true;
  record.status = 200;
  record.generation = 118;
  record.attempts[0] = {.pool = "old", .endpoint = "10.0.0.5:8080", .reused = true};
  record.attempts_count = 1;
  record.bytes_in = 745;
  record.bytes_out = 10'210;
  record.first_byte = Micros(15'000);
  record.total = Micros(16'500);
  return record;
}

void access_line(benchmark::State& state, AccessFormat format) {
  const Record record = some_record();
  std::string out(telemetry::access_line_bound(record), '\0');
  CountAllocations counting(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(telemetry::write_access_line(out.data(), record, format));
}
BENCHMARK_CAPTURE(access_line, json, AccessFormat::kJson);
BENCHMARK_CAPTURE(access_line, logfmt, AccessFormat::kLogfmt);

/// `count` routes over two pools, each with requests.
void metrics_page(benchmark::State& state) {
  const auto counters = std::make_unique<WorkerCounters>();
  telemetry::Exposition page;
  page.version = "1.2.3";
  page.workers = {counters.get()};
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(state.range(0)); ++i) {
    const std::string route = "service-" + std::to_string(i);
    for (std::uint32_t k = 0; k < 2; ++k) {
      const SeriesId id{2 * i + k};
      const char* const pool = k == 0 ? "old" : "new";
      page.series.push_back({id, route, pool});
      page.shares.push_back({route, pool, 50, 0.5, 0.5, 0.49});
      telemetry::SeriesCells& series = counters->series.at(id);
      series.by_class[2].add(i);
      series.total.record(i);
      series.first_byte.record(i);
    }
  }
  std::size_t bytes = 0;
  CountAllocations counting(state);
  for (auto _ : state) bytes = telemetry::metrics_text(page).size();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}
BENCHMARK(metrics_page)->Arg(10)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace segue::bench

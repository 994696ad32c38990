// Sums over workers, differences between readings, quantiles of buckets.
#include "admin/observed.h"

#include <algorithm>

namespace segue::admin {
namespace {

double seconds_between(Instant from, Instant to) {
  return to > from ? static_cast<double>((to - from).count()) / 1e6 : 0.0;
}

std::uint64_t since(std::uint64_t now, std::uint64_t then) {
  return now >= then ? now - then : 0;
}

}  // namespace

SeriesSum sum(std::span<const telemetry::WorkerCounters* const> workers, SeriesId series) {
  SeriesSum total;
  for (const telemetry::WorkerCounters* worker : workers) {
    const telemetry::SeriesCells* cells = worker->series.find(series);
    if (cells == nullptr) continue;
    for (std::size_t i = 0; i < cells->by_class.size(); ++i) {
      total.by_class[i] += cells->by_class[i].get();
      total.requests += cells->by_class[i].get();
    }
    for (const telemetry::Cell& cell : cells->retries) total.retries += cell.get();
    total.latency.add(cells->total);
    total.failures += cells->failures.get();
    total.in_flight += cells->in_flight.get();
    total.fallbacks += cells->fallbacks.get();
    total.unknown += cells->unknown.get();
    total.bytes_from_client += cells->bytes_from_client.get();
    total.bytes_to_client += cells->bytes_to_client.get();
  }
  return total;
}

Observed::Mark Observed::mark(const SeriesSum& sum) {
  Mark mark{sum.requests, sum.failures, {}};
  for (std::size_t i = 0; i < mark.latency.size(); ++i)
    mark.latency[i] = static_cast<std::uint32_t>(sum.latency.buckets[i]);
  return mark;
}

void Observed::tick(const Control& control, Instant now) {
  const auto workers = control.workers();
  Reading reading{now, {}, {}};
  const std::size_t series = control.desired().series.size();
  reading.series.reserve(series);
  for (std::uint32_t i = 0; i < series; ++i)
    reading.series.push_back(mark(sum(workers, SeriesId{i})));
  for (const telemetry::WorkerCounters* worker : workers)
    reading.workers.push_back({worker->worker.loop_us.get(), worker->worker.busy_us.get(),
                               worker->worker.requests.get()});
  readings_.push_back(std::move(reading));
  if (readings_.size() > kReadings) readings_.pop_front();
  mark_weights(control, now);
  last_tick_ = now;
}

void Observed::mark_weights(const Control& control, Instant now) {
  const auto snapshot = control.snapshot();
  if (snapshot == nullptr) return;
  for (const auto& route : snapshot->routes) {
    if (route == nullptr) continue;
    // One that is new appeared after the reading before.
    const Instant first = last_tick_ ? last_tick_ : now;
    const auto [known, is_new] =
        weights_.try_emplace(route->id, Weights{route->weights_generation, first});
    if (is_new || known->second.generation == route->weights_generation) continue;
    known->second = {route->weights_generation, now};
  }
}

Window Observed::last_minute(const SeriesSum& current, SeriesId series, Instant now) const {
  if (readings_.empty()) return {};
  const Reading& oldest = readings_.front();
  const Mark then = series.index() < oldest.series.size() ? oldest.series[series.index()] : Mark{};
  Window window{seconds_between(oldest.at, now),
                since(current.requests, then.requests),
                since(current.failures, then.failures),
                {}};
  for (std::size_t i = 0; i < then.latency.size(); ++i)
    window.latency.buckets[i] =
        static_cast<std::uint32_t>(current.latency.buckets[i]) - then.latency[i];
  return window;
}

Window Observed::since_weights(const Control& control, const routing::Route& route, SeriesId series,
                               Instant now) const {
  const auto known = weights_.find(route.id);
  // Not looked at yet: it is younger than the last reading.
  Window window{
      seconds_between(known != weights_.end() ? known->second.at : last_tick_, now), 0, 0, {}};
  for (const telemetry::WorkerCounters* worker : control.workers()) {
    const telemetry::SeriesCells* cells = worker->series.find(series);
    if (cells == nullptr || !cells->since_change.is_of(route.weights_generation)) continue;
    window.requests += cells->since_change.requests.get();
    window.failures += cells->since_change.failures.get();
    window.latency.add(cells->since_change.total);
  }
  return window;
}

std::optional<double> Observed::busy(const telemetry::WorkerCounters& worker,
                                     std::size_t index) const {
  WorkerMark then;
  if (!readings_.empty() && index < readings_.front().workers.size())
    then = readings_.front().workers[index];
  const std::uint64_t loop = since(worker.worker.loop_us.get(), then.loop_us);
  if (loop == 0) return std::nullopt;
  const std::uint64_t spent = since(worker.worker.busy_us.get(), then.busy_us);
  return std::min(1.0, static_cast<double>(spent) / static_cast<double>(loop));
}

double Observed::requests_per_second(const Control& control, Instant now) const {
  if (readings_.empty()) return 0;
  std::uint64_t current = 0, then = 0;
  for (const telemetry::WorkerCounters* worker : control.workers())
    current += worker->worker.requests.get();
  for (const WorkerMark& mark : readings_.front().workers) then += mark.requests;
  const double seconds = seconds_between(readings_.front().at, now);
  return seconds > 0 ? static_cast<double>(since(current, then)) / seconds : 0;
}

}  // namespace segue::admin

// What comes back to a pool after a failure, and what it still has to let go of.
#include <string_view>

#include "admin/readings.h"

namespace segue::admin {
namespace {

/// A moment of the monotonic clock by the wall clock; null when it never comes.
Json wall(Instant at) {
  if (!at) return {};
  const auto ms = std::chrono::duration_cast<Millis>(at - now()).count();
  return timestamp(wall_clock_ms() + static_cast<std::uint64_t>(ms));
}

}  // namespace

Json failback_json(const Control& control, const routing::Pool& pool) {
  const health::Failback::State state = control.failback(pool);
  Json json = {{"state", to_string(state.phase)}};
  json["hold"] = state.hold == health::Failback::Hold::kNone ? Json() : Json(to_string(state.hold));
  json["admitted"] = rounded(static_cast<double>(state.admitted) / health::Failback::kEverybody);
  json["step"] = state.step;
  json["steps"] = state.steps;
  json["failures"] = state.failures;
  json["since"] = wall(state.since);
  json["next"] = wall(state.until);
  return json;
}

Lasting lasting(const Control& control, const routing::Pool& pool) {
  Lasting sum;
  // By name: a route that a reload took away may still have requests there.
  const auto& series = control.desired().series;
  const std::string ending = "\n" + pool.name;
  for (const telemetry::WorkerCounters* worker : control.workers()) {
    for (std::uint32_t i = 0; i < series.size(); ++i) {
      if (!std::string_view(series.name(SeriesId{i})).ends_with(ending)) continue;
      const telemetry::SeriesCells* cells = worker->series.find(SeriesId{i});
      if (cells != nullptr) sum.in_flight += cells->in_flight.get();
    }
    const telemetry::PoolCells* cells = worker->pools.find(pool.id);
    if (cells == nullptr) continue;
    sum.streams += cells->streams.get();
    sum.tunnels += cells->tunnels.get();
  }
  return sum;
}

Json lasting_json(const Control& control, const routing::Pool& pool) {
  const Lasting now = lasting(control, pool);
  return {{"in_flight", now.in_flight}, {"streams", now.streams}, {"tunnels", now.tunnels}};
}

}  // namespace segue::admin

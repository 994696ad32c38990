// Building the JSON of splits, pools and endpoints from a snapshot, the counters and health.
#include "admin/readings.h"

#include <algorithm>

#include "admin/history.h"
#include "admin/shares.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

Json milliseconds(Micros us) {
  return rounded(static_cast<double>(us.count()) / 1000.0);
}

// One pool's part of a window; `total` are the requests of all pools of the route.
Json window_json(const Window& window, std::uint64_t total) {
  Json json = {{"seconds", rounded(window.seconds)},
               {"requests", window.requests},
               {"failures", window.failures}};
  json["share"] =
      total == 0 ? Json()
                 : Json(rounded(static_cast<double>(window.requests) / static_cast<double>(total)));
  const bool any = window.latency.count() > 0;
  json["p50_ms"] = any ? milliseconds(window.latency.quantile(0.50)) : Json();
  json["p99_ms"] = any ? milliseconds(window.latency.quantile(0.99)) : Json();
  return json;
}

std::string listed_weights(const Json& weights) {
  std::string text;
  for (const auto& [pool, weight] : weights.items())
    text += (text.empty() ? "" : " ") + pool + "=" + weight.dump();
  return text;
}

std::string why_not(const Control& control, const routing::Endpoint& endpoint) {
  const std::string text = endpoint.address + " " + routing::to_string(endpoint.cause);
  const std::string result = control.health(endpoint.id).last_result;
  return result.empty() || endpoint.cause == routing::Cause::kOperator ? text
                                                                       : text + " (" + result + ")";
}

std::string pool_warning(const Control& control, const routing::Pool& pool) {
  constexpr std::size_t kNamed = 3;  // endpoints; the rest is counted
  std::string text = "pool " + pool.name + " cannot take traffic: " +
                     counted(pool.in_rotation.size(), pool.endpoints.size(), "endpoint") +
                     " in rotation, " + std::to_string(pool.settings.healthy_min) + " needed";
  std::size_t named = 0, out = 0;
  for (const routing::Endpoint& endpoint : pool.endpoints) {
    if (endpoint.rotation == routing::Rotation::kIn ||
        endpoint.rotation == routing::Rotation::kHalfOpen)
      continue;
    ++out;
    if (named == kNamed) continue;
    text += (named++ == 0 ? "; " : ", ") + why_not(control, endpoint);
  }
  if (out > named) text += " and " + std::to_string(out - named) + " more";
  return text;
}

}  // namespace

Json weights_json(const routing::Snapshot& snapshot, const routing::Route& route) {
  Json weights = Json::object();
  for (std::size_t i = 0; i < route.split.branches().size(); ++i)
    weights[snapshot.pool(route.destinations[i].pool).name] = route.split.branches()[i].weight;
  return weights;
}

Json split_json(const Call& call, const routing::Route& route) {
  const routing::Snapshot& snapshot = *call.snapshot;
  const Observed& observed = call.context.observed;
  const auto workers = call.control().workers();
  const Instant at = now();
  const std::size_t branches = route.split.branches().size();
  const std::uint32_t all = (1u << branches) - 1;

  struct Row {
    SeriesSum total;
    Window change, minute;
  };
  std::vector<Row> rows;
  std::uint64_t since_change = 0, last_minute = 0;
  for (const routing::Destination& to : route.destinations) {
    const SeriesSum total = sum(workers, to.series);
    rows.push_back({total, observed.since_weights(call.control(), route, to.series, at),
                    observed.last_minute(total, to.series, at)});
    since_change += rows.back().change.requests;
    last_minute += rows.back().minute.requests;
  }

  Json pools = Json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const routing::Pool& pool = snapshot.pool(route.destinations[i].pool);
    const bool branch = i < branches;  // else a fallback pool, which has no weight of its own
    Json row = {{"pool", pool.name}, {"fallback", !branch}, {"eligible", pool.eligible}};
    row["weight"] = branch ? Json(route.split.branches()[i].weight) : Json();
    row["file_weight"] = branch ? Json(route.settings.split[i].weight) : Json();
    row["share"] = branch ? Json(rounded(route.split.share(i, all))) : Json();
    row["effective_share"] = branch ? Json(rounded(effective_share(snapshot, route, i))) : Json();
    row["requests"] = rows[i].total.requests;
    row["failures"] = rows[i].total.failures;
    row["in_flight"] = rows[i].total.in_flight;
    row["observed"] = {{"since_change", window_json(rows[i].change, since_change)},
                       {"last_minute", window_json(rows[i].minute, last_minute)}};
    pools.push_back(std::move(row));
  }
  Json cohort = Json::array();
  for (const conf::CohortKey& key : route.settings.cohort)
    cohort.push_back(routing::to_string(key));
  const routing::Runtime& runtime = call.control().desired().runtime;
  const auto& reverts = runtime.reverts;
  const auto revert = reverts.find(route.settings.name);
  const auto pins = runtime.pins.find(route.group);
  return {{"route", route.settings.name},
          {"cohort", std::move(cohort)},
          {"weights_from", route.weights_from_file ? "file" : "operator"},
          {"weights_generation", route.weights_generation},
          {"weights_until", revert == reverts.end() ? Json() : timestamp(revert->second.at_ms)},
          {"group", route.group},
          {"pins", pins == runtime.pins.end() ? 0 : pins->second.size()},
          {"pools", std::move(pools)}};
}

Json endpoint_json(const Call& call, const routing::Pool& pool, const routing::Endpoint& endpoint) {
  telemetry::EndpointCells total;
  for (const telemetry::WorkerCounters* worker : call.control().workers()) {
    const telemetry::EndpointCells* cells = worker->endpoints.find(endpoint.id);
    if (cells == nullptr) continue;
    total.requests.add(cells->requests.get());
    total.failures.add(cells->failures.get());
    total.connects.add(cells->connects.get());
    total.connect_failures.add(cells->connect_failures.get());
    total.in_flight.add(cells->in_flight.get());
    total.connections.add(cells->connections.get());
    total.idle.add(cells->idle.get());
  }
  return {{"pool", pool.name},
          {"address", endpoint.address},
          {"weight", endpoint.weight},
          {"rotation", routing::to_string(endpoint.rotation)},
          {"cause", routing::to_string(endpoint.cause)},
          {"state", to_string(operator_of(call.control(), endpoint.id))},
          {"resolved",
           endpoint.socket.family() == AF_UNSPEC ? Json() : Json(endpoint.socket.to_string())},
          {"requests", total.requests.get()},
          {"failures", total.failures.get()},
          {"in_flight", total.in_flight.get()},
          {"connections", total.connections.get()},
          {"idle", total.idle.get()},
          {"connects", total.connects.get()},
          {"connect_failures", total.connect_failures.get()}};
}

Json pool_json(const Call& call, const routing::Pool& pool) {
  Json endpoints = Json::array();
  for (const routing::Endpoint& endpoint : pool.endpoints)
    endpoints.push_back(endpoint_json(call, pool, endpoint));
  return {{"pool", pool.name},
          {"eligible", pool.eligible},
          {"known", pool.known},
          {"in_rotation", pool.in_rotation.size()},
          {"healthy_min", pool.settings.healthy_min},
          {"balance",
           pool.settings.balance == conf::Balance::kRoundRobin ? "round_robin" : "least_loaded"},
          {"failback", failback_json(call.control(), pool)},
          {"lasting", lasting_json(call.control(), pool)},
          {"endpoints", std::move(endpoints)}};
}

Json health_json(const Call& call, const routing::Pool& pool, const routing::Endpoint& endpoint) {
  const health::Report report = call.control().health(endpoint.id);
  return {{"pool", pool.name},
          {"address", endpoint.address},
          {"state", health::to_string(report.state)},
          {"since", timestamp(report.since_wall_ms)},
          {"last_check", timestamp(report.last_check_wall_ms)},
          {"last_result", report.last_result},
          {"passes", report.passes},
          {"failures", report.failures},
          {"checks", report.checks},
          {"checks_failed", report.checks_failed},
          {"transitions", report.transitions},
          {"outlier", health::to_string(report.outlier)},
          {"ejections", report.ejections},
          {"ejected_until", timestamp(report.ejected_until_wall_ms)}};
}

Json event_json(const telemetry::Event& event) {
  Json facts = Json::object();
  for (const auto& [key, value] : event.facts) facts[key] = value;
  const char* level = event.level == telemetry::Event::Level::kInfo   ? "info"
                      : event.level == telemetry::Event::Level::kWarn ? "warn"
                                                                      : "error";
  return {{"id", event.id},
          {"time", timestamp(event.wall_ms)},
          {"level", level},
          {"name", event.name},
          {"facts", std::move(facts)}};
}

// How a pool comes back, where that is worth a warning; "" where it is not.
std::string failback_warning(const Control& control, const routing::Pool& pool) {
  using Failback = health::Failback;
  const Failback::State state = control.failback(pool);
  const std::string release = "`segue ctl failback " + pool.name + "` lets it back";
  if (state.hold == Failback::Hold::kManual)
    return "pool " + pool.name + " can take traffic again and waits for you: " + release;
  if (state.hold == Failback::Hold::kFlapping)
    return "pool " + pool.name + " is held back: it failed " + std::to_string(state.failures) +
           " times in a short time; " + release;
  return "";
}

constexpr std::int64_t kDaySeconds = 24 * 3600, kCertificateWarningSeconds = 30 * kDaySeconds;

void add_state(std::vector<std::string>& found, const StateInfo& state) {
  if (!state.problem.empty())
    found.push_back("changes are refused, because they could not be kept: " + state.problem);
  if (state.unwritten > 0)
    found.push_back(counted(state.unwritten, "change") + (state.unwritten == 1 ? " is" : " are") +
                    " served and not kept yet: a restart now would lose " +
                    (state.unwritten == 1 ? "it" : "them"));
  if (!state.backup_problem.empty())
    found.push_back("the last backup failed: " + state.backup_problem);
}

std::vector<std::string> warnings(const Control& control, const routing::Snapshot& snapshot) {
  std::vector<std::string> found;
  for (const auto& pool : snapshot.pools)
    if (pool != nullptr && !pool->eligible) found.push_back(pool_warning(control, *pool));
  for (const auto& pool : snapshot.pools)
    if (pool != nullptr)
      if (std::string text = failback_warning(control, *pool); !text.empty())
        found.push_back(std::move(text));
  for (const auto& route : snapshot.routes) {
    if (route == nullptr) continue;
    const std::string& name = route->settings.name;
    const bool any = std::any_of(
        route->destinations.begin(), route->destinations.end(),
        [&](const routing::Destination& to) { return snapshot.pool(to.pool).eligible; });
    if (!any)
      found.push_back("route " + name + " has no pool that can take traffic: its requests get 503");
    Json file = Json::object();
    for (const conf::Route::Branch& branch : route->settings.split)
      file[branch.pool] = branch.weight;
    const Json served = weights_json(snapshot, *route);
    if (served != file)
      found.push_back("route " + name + " serves " + listed_weights(served) +
                      " as set at run time; the file says " + listed_weights(file));
    const auto& reverts = control.desired().runtime.reverts;
    if (const auto revert = reverts.find(name); revert != reverts.end())
      found.push_back("route " + name + " has its weights until " +
                      timestamp(revert->second.at_ms).get<std::string>() +
                      "; then those of before come back");
  }
  add_state(found, control.history().state());
  for (const CertificateInfo& certificate : control.certificates()) {
    const auto left = certificate.not_after - static_cast<std::int64_t>(wall_clock_ms() / 1000);
    if (left > kCertificateWarningSeconds) continue;
    const std::int64_t days = left / kDaySeconds;
    found.push_back("certificate " + certificate.file + " of listener " + certificate.listener +
                    (left <= 0   ? " has expired"
                     : days == 1 ? " ends in 1 day"
                                 : " ends in " + std::to_string(days) + " days") +
                    ": renew it and reload");
  }
  return found;
}

routing::Word operator_of(const Control& control, EndpointId endpoint) {
  const auto& endpoints = control.desired().endpoints;
  const auto known = endpoints.find(endpoint);
  return known == endpoints.end() ? routing::Word::kNone : known->second.by_operator;
}

}  // namespace segue::admin

// The process and its parts: liveness, readiness, metrics, status, listeners, workers.
#include <algorithm>

#include "admin/history.h"
#include "admin/metrics.h"
#include "admin/openapi.h"
#include "admin/readings.h"
#include "admin/resources.h"
#include "lib/base/clock.h"
#include "telemetry/exposition.h"

namespace segue::admin {
namespace {

struct ListenerSum {
  std::uint64_t accepted = 0, active = 0, refused = 0;
};

ListenerSum sum(const Call& call, ListenerId listener) {
  ListenerSum total;
  for (const telemetry::WorkerCounters* worker : call.control().workers()) {
    const telemetry::ListenerCells* cells = worker->listeners.find(listener);
    if (cells == nullptr) continue;
    total.accepted += cells->accepted.get();
    total.active += cells->active.get();
    total.refused += cells->refused.get();
  }
  return total;
}

const conf::Listener* settings_of(const routing::Snapshot& snapshot, const std::string& name) {
  for (const conf::Listener& listener : snapshot.config->listeners)
    if (listener.name == name) return &listener;
  return nullptr;
}

Json requests_json(const Call& call) {
  std::uint64_t total = 0, in_flight = 0, failures = 0;
  const auto workers = call.control().workers();
  for (const telemetry::WorkerCounters* worker : workers) total += worker->worker.requests.get();
  for (std::uint32_t i = 0; i < call.control().desired().series.size(); ++i) {
    const SeriesSum series = admin::sum(workers, SeriesId{i});
    in_flight += series.in_flight;
    failures += series.failures;
  }
  return {
      {"total", total},
      {"failures", failures},
      {"in_flight", in_flight},
      {"per_second", rounded(call.context.observed.requests_per_second(call.control(), now()))}};
}

}  // namespace

void get_live(Call& call) {
  call.send_text("text/plain; charset=utf-8", "ok\n");
}

void get_ready(Call& call) {
  const Control& control = call.control();
  if (control.ready()) return call.send_text("text/plain; charset=utf-8", "ok\n");
  const std::string why = control.process().draining ? "draining" : "starting";
  call.send_text("text/plain; charset=utf-8", "not ready: " + why + "\n", 503);
}

void get_metrics(Call& call) {
  call.send_text(telemetry::kMetricsContentType,
                 telemetry::metrics_text(exposition(call.control(), call.context.observed, now())));
}

void get_openapi(Call& call) {
  call.send_text("application/json", openapi_document());
}

void get_status(Call& call) {
  const Control& control = call.control();
  const routing::Snapshot& snapshot = *call.snapshot;
  const ProcessInfo process = control.process();
  std::size_t routes = 0, pools = 0, eligible = 0, endpoints = 0, in_rotation = 0;
  for (const auto& route : snapshot.routes) routes += route != nullptr ? 1 : 0;
  for (const auto& pool : snapshot.pools) {
    if (pool == nullptr) continue;
    ++pools;
    eligible += pool->eligible ? 1 : 0;
    endpoints += pool->endpoints.size();
    in_rotation += pool->in_rotation.size();
  }
  const std::uint64_t wall = wall_clock_ms();
  std::vector<std::string> known = warnings(control, snapshot);
  if (control.history().state().dir.empty())
    known.emplace_back(
        "changes do not survive a restart: there is no [state] dir in the configuration");
  call.send(
      {{"version", process.version},
       {"commit", process.commit},
       {"pid", process.pid},
       {"started", timestamp(process.started_wall_ms)},
       {"uptime_seconds",
        wall > process.started_wall_ms ? (wall - process.started_wall_ms) / 1000 : 0},
       {"ready", control.ready()},
       {"draining", process.draining},
       {"config_file", snapshot.config->file},
       {"generation", snapshot.generation},
       {"settled_generation", control.settled()},
       {"workers", control.workers().size()},
       {"listeners", control.listeners().size()},
       {"routes", routes},
       {"pools", {{"total", pools}, {"eligible", eligible}}},
       {"endpoints", {{"total", endpoints}, {"in_rotation", in_rotation}}},
       {"requests", requests_json(call)},
       {"memory", {{"resident_bytes", process.memory_resident}, {"max_bytes", process.memory_max}}},
       {"revision", control.history().state().revision},
       {"warnings", known}});
}

Json certificates_json(const std::vector<CertificateInfo>& all, const std::string& listener) {
  Json found = Json::array();
  for (const CertificateInfo& certificate : all)
    if (certificate.listener == listener)
      found.push_back({{"file", certificate.file},
                       {"names", certificate.names},
                       {"not_after", certificate.not_after}});
  return found;
}

void get_listeners(Call& call) {
  Json listeners = Json::array();
  const std::vector<CertificateInfo> certificates = call.control().certificates();
  for (const ListenerInfo& listener : call.control().listeners()) {
    const ListenerSum total = sum(call, listener.id);
    const conf::Listener* settings = settings_of(*call.snapshot, listener.name);
    listeners.push_back(
        {{"listener", listener.name},
         {"address", listener.address},
         {"connections", total.active},
         {"connections_max", settings == nullptr ? Json() : Json(settings->connections_max)},
         {"accepted", total.accepted},
         {"refused", total.refused},
         {"certificates", certificates_json(certificates, listener.name)}});
  }
  // Our own, which carries no traffic. Named like its section of the configuration.
  if (const std::string& address = call.context.tcp_address; !address.empty())
    listeners.push_back({{"listener", "admin"},
                         {"address", address},
                         {"connections", nullptr},
                         {"connections_max", call.context.limits.connections},
                         {"accepted", nullptr},
                         {"refused", nullptr},
                         {"certificates", Json::array()}});
  call.send({{"generation", call.snapshot->generation}, {"listeners", std::move(listeners)}});
}

void get_workers(Call& call) {
  Json list = Json::array();
  const auto workers = call.control().workers();
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const telemetry::WorkerCells& cells = workers[i]->worker;
    const auto busy = call.context.observed.busy(*workers[i], i);
    Json replies = Json::object();
    for (std::size_t fault = 1; fault < cells.local_replies.size(); ++fault)
      if (const std::uint64_t count = cells.local_replies[fault].get(); count > 0)
        replies[to_string(static_cast<Fault>(fault))] = count;
    list.push_back({{"worker", i},
                    {"generation", cells.generation.get()},
                    {"busy", busy ? Json(rounded(*busy)) : Json()},
                    {"requests", cells.requests.get()},
                    {"client_aborts", cells.client_aborts.get()},
                    {"tunnels", cells.tunnels.get()},
                    {"retry_budget_exhausted", cells.retry_budget_exhausted.get()},
                    {"buffer_bytes", cells.memory_chunks.get()},
                    {"access_lines", cells.access_lines.get()},
                    {"access_dropped", cells.access_dropped.get()},
                    {"local_replies", std::move(replies)}});
  }
  call.send({{"generation", call.snapshot->generation}, {"workers", std::move(list)}});
}

}  // namespace segue::admin

// Names, shares and states from Control into telemetry's page.
#include "admin/metrics.h"

#include <utility>

#include "admin/history.h"
#include "admin/readings.h"
#include "admin/shares.h"

namespace segue::admin {
namespace {

// "a\nb", as routing::Desired names series and endpoints.
std::pair<std::string, std::string> halves(const std::string& name) {
  const std::size_t line_end = name.find('\n');
  return {name.substr(0, line_end), line_end == name.npos ? "" : name.substr(line_end + 1)};
}

void add_shares(telemetry::Exposition& out, const routing::Snapshot& snapshot,
                const std::vector<const telemetry::WorkerCounters*>& workers,
                const Observed& observed, Instant now) {
  for (const auto& route : snapshot.routes) {
    if (route == nullptr) continue;
    std::vector<std::uint64_t> requests;
    std::uint64_t total = 0;
    for (const routing::Destination& to : route->destinations) {
      requests.push_back(observed.last_minute(sum(workers, to.series), to.series, now).requests);
      total += requests.back();
    }
    const std::size_t branches = route->split.branches().size();
    for (std::size_t i = 0; i < requests.size(); ++i) {
      telemetry::Exposition::Share share;
      share.route = route->settings.name;
      share.pool = snapshot.pool(route->destinations[i].pool).name;
      if (i < branches) {  // else a fallback pool, which has no weight of its own
        share.weight = route->split.branches()[i].weight;
        share.configured = route->split.share(i, (1u << branches) - 1);
        share.effective = effective_share(snapshot, *route, i);
      }
      if (total > 0) share.observed = static_cast<double>(requests[i]) / static_cast<double>(total);
      out.shares.push_back(std::move(share));
    }
  }
}

void add_endpoints(telemetry::Exposition& out, const Control& control,
                   const routing::Snapshot& snapshot) {
  const routing::Desired& desired = control.desired();
  std::vector<const routing::Endpoint*> configured(desired.endpoint_names.size(), nullptr);
  for (const auto& pool : snapshot.pools) {
    if (pool == nullptr) continue;
    const health::Failback::State failback = control.failback(*pool);
    out.pools.push_back({pool->id, pool->name, pool->eligible,
                         static_cast<double>(failback.admitted) / health::Failback::kEverybody,
                         to_string(failback.phase)});
    for (const routing::Endpoint& endpoint : pool->endpoints)
      configured[endpoint.id.index()] = &endpoint;
  }
  for (std::uint32_t i = 0; i < desired.endpoint_names.size(); ++i) {
    telemetry::Exposition::Endpoint endpoint;
    endpoint.id = EndpointId{i};
    std::tie(endpoint.pool, endpoint.address) = halves(desired.endpoint_names.name(endpoint.id));
    endpoint.configured = configured[i] != nullptr;
    if (endpoint.configured) {
      const health::Report report = control.health(endpoint.id);
      endpoint.rotation = routing::to_string(configured[i]->rotation);
      endpoint.health = health::to_string(report.state);
      endpoint.checks = report.checks;
      endpoint.checks_failed = report.checks_failed;
      endpoint.transitions = report.transitions;
      endpoint.ejections = report.ejections;
    }
    out.endpoints.push_back(std::move(endpoint));
  }
}

}  // namespace

telemetry::Exposition exposition(Control& control, const Observed& observed, Instant now) {
  telemetry::Exposition out;
  for (const CertificateInfo& certificate : control.certificates())
    out.certificates.push_back({certificate.listener, certificate.file, certificate.not_after});
  const ProcessInfo process = control.process();
  out.version = process.version;
  out.commit = process.commit;
  out.started_wall_ms = process.started_wall_ms;
  out.ready = control.ready();
  out.draining = process.draining;
  out.memory_resident = process.memory_resident;
  const StateInfo state = control.history().state();
  out.state_writable = state.problem.empty();
  out.state_unwritten = state.unwritten;
  out.state_revision = state.revision;
  out.state_bytes = state.bytes;
  out.backup_last_wall_ms = state.backup_last_ms;
  out.access_write_errors = process.access_write_errors;
  out.memory_max = process.memory_max;
  out.settled_generation = control.settled();
  out.events = control.events().recent().empty() ? 0 : control.events().recent().back().id;
  out.workers = control.workers();
  for (const ListenerInfo& listener : control.listeners())
    out.listeners.push_back({listener.id, listener.name});
  const auto& names = control.desired().series;
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    auto [route, pool] = halves(names.name(SeriesId{i}));
    out.series.push_back({SeriesId{i}, std::move(route), std::move(pool)});
  }
  const auto snapshot = control.snapshot();
  if (snapshot == nullptr) return out;
  out.generation = snapshot->generation;
  add_shares(out, *snapshot, out.workers, observed, now);
  add_endpoints(out, control, *snapshot);
  return out;
}

}  // namespace segue::admin

// One function per subject; within it one family after the other, as the format wants it.
#include "telemetry/exposition.h"

#include <array>
#include <string_view>

#include "lib/base/error.h"
#include "telemetry/prometheus.h"

namespace segue::telemetry {
namespace {

constexpr std::string_view kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::string_view kRotations[] = {"in", "half_open", "drain", "out"};
constexpr std::string_view kHealths[] = {"unchecked", "checking", "up",
                                         "down",      "starting", "asked_drain"};
constexpr std::string_view kFailbacks[] = {"taking", "failed", "stabilising", "returning", "held"};

using Out = PrometheusWriter;

/// The sum over the workers of what `cell` finds in each.
template <typename Find>
std::uint64_t sum(const Exposition& from, Find&& cell) {
  std::uint64_t total = 0;
  for (const WorkerCounters* worker : from.workers) {
    if (const Cell* found = cell(*worker)) total += found->get();
  }
  return total;
}

std::uint64_t sum(const Exposition& from, SeriesId id, Cell SeriesCells::*member) {
  return sum(from, [&](const WorkerCounters& worker) {
    const SeriesCells* cells = worker.series.find(id);
    return cells == nullptr ? nullptr : &(cells->*member);
  });
}
std::uint64_t sum(const Exposition& from, EndpointId id, Cell EndpointCells::*member) {
  return sum(from, [&](const WorkerCounters& worker) {
    const EndpointCells* cells = worker.endpoints.find(id);
    return cells == nullptr ? nullptr : &(cells->*member);
  });
}
std::uint64_t sum(const Exposition& from, PoolId id, Cell PoolCells::*member) {
  return sum(from, [&](const WorkerCounters& worker) {
    const PoolCells* cells = worker.pools.find(id);
    return cells == nullptr ? nullptr : &(cells->*member);
  });
}
std::uint64_t sum(const Exposition& from, ListenerId id, Cell ListenerCells::*member) {
  return sum(from, [&](const WorkerCounters& worker) {
    const ListenerCells* cells = worker.listeners.find(id);
    return cells == nullptr ? nullptr : &(cells->*member);
  });
}
std::uint64_t sum(const Exposition& from, Cell WorkerCells::*member) {
  return sum(from, [&](const WorkerCounters& worker) { return &(worker.worker.*member); });
}

Histogram sum(const Exposition& from, SeriesId id, Latency SeriesCells::*member) {
  Histogram total;
  for (const WorkerCounters* worker : from.workers) {
    if (const SeriesCells* cells = worker->series.find(id)) total.add(cells->*member);
  }
  return total;
}

void write_process(Out& out, const Exposition& from) {
  out.gauge("segue_build_info", "Always 1; the labels say what runs.");
  out.sample({{"version", from.version}, {"commit", from.commit}}, std::uint64_t{1});
  out.gauge("segue_start_time_seconds", "When the process started, since the epoch.");
  out.sample({}, static_cast<double>(from.started_wall_ms) / 1000);
  out.gauge("segue_ready", "1 while new traffic is welcome.");
  out.sample({}, std::uint64_t{from.ready});
  out.gauge("segue_draining", "1 while the process finishes what runs and then stops.");
  out.sample({}, std::uint64_t{from.draining});
  out.gauge("segue_memory_resident_bytes", "Resident memory of the process.");
  out.sample({}, from.memory_resident);
  if (from.memory_max > 0) {
    out.gauge("segue_memory_max_bytes", "The configured limit of resident memory.");
    out.sample({}, from.memory_max);
  }
  out.gauge("segue_generation", "The newest generation of the configuration.");
  out.sample({}, from.generation);
  out.gauge("segue_settled_generation", "The generation that every worker serves.");
  out.sample({}, from.settled_generation);
  out.counter("segue_events_total", "Events emitted: health flips, changes, ejections.");
  out.sample({}, from.events);
}

void write_state(Out& out, const Exposition& from) {
  out.gauge("segue_state_writable", "1 while what operators change can be kept; 0: it is refused.");
  out.sample({}, std::uint64_t{from.state_writable});
  out.gauge("segue_state_unwritten", "Changes that are served and not kept yet.");
  out.sample({}, from.state_unwritten);
  out.gauge("segue_state_revision", "The newest change that is kept.");
  out.sample({}, from.state_revision);
  out.gauge("segue_state_bytes", "Size of the database of changes.");
  out.sample({}, from.state_bytes);
  if (from.backup_last_wall_ms > 0) {
    out.gauge("segue_state_backup_time_seconds",
              "When the newest backup was made, since the epoch.");
    out.sample({}, static_cast<double>(from.backup_last_wall_ms) / 1000);
  }
}

/// Cells by a word, of the series that have counted any; word 0 is none and never counted.
template <typename Word>
void write_words(Out& out, const Exposition& from, std::string_view label,
                 std::array<Cell, static_cast<std::size_t>(Word::kCount)> SeriesCells::*member) {
  constexpr auto kWords = static_cast<std::size_t>(Word::kCount);
  for (const Exposition::Series& series : from.series) {
    std::array<std::uint64_t, kWords> sums{};
    std::uint64_t all = 0;
    for (std::size_t i = 1; i < kWords; ++i) {
      sums[i] = sum(from, [&](const WorkerCounters& worker) {
        const SeriesCells* cells = worker.series.find(series.id);
        return cells == nullptr ? nullptr : &(cells->*member)[i];
      });
      all += sums[i];
    }
    for (std::size_t i = 1; i < kWords && all > 0; ++i)
      out.sample({{"route", series.route},
                  {"pool", series.pool},
                  {label, to_string(static_cast<Word>(i))}},
                 sums[i]);
  }
}

void write_series(Out& out, const Exposition& from) {
  const auto each = [&](auto&& write) {
    for (const Exposition::Series& series : from.series) write(series);
  };
  const auto plain = [&](Cell SeriesCells::*member) {
    each([&](const auto& s) {
      out.sample({{"route", s.route}, {"pool", s.pool}}, sum(from, s.id, member));
    });
  };
  out.counter(
      "segue_requests_total",
      "Requests that ended, by status class of what the client got; none: it got no response.");
  each([&](const auto& s) {
    for (std::size_t i = 0; i < std::size(kClasses); ++i) {
      out.sample({{"route", s.route}, {"pool", s.pool}, {"class", kClasses[i]}},
                 sum(from, [&](const WorkerCounters& worker) {
                   const SeriesCells* cells = worker.series.find(s.id);
                   return cells == nullptr ? nullptr : &cells->by_class[i];
                 }));
    }
  });
  out.counter("segue_failures_total",
              "Requests that failed by the upstream's fault or were answered with 500 and above.");
  plain(&SeriesCells::failures);
  out.counter("segue_retries_total",
              "Attempts that repeated another, by the proof that allowed it.");
  each([&](const auto& s) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(Proof::kCount); ++i) {
      out.sample(
          {{"route", s.route}, {"pool", s.pool}, {"proof", to_string(static_cast<Proof>(i))}},
          sum(from, [&](const WorkerCounters& worker) {
            const SeriesCells* cells = worker.series.find(s.id);
            return cells == nullptr ? nullptr : &cells->retries[i];
          }));
    }
  });
  out.counter("segue_fallbacks_total",
              "Requests that came here because their own pool could not take them.");
  plain(&SeriesCells::fallbacks);
  out.counter("segue_unknown_cohorts_total", "Requests without a cohort key.");
  plain(&SeriesCells::unknown);
  out.counter("segue_sessions_total",
              "Requests of routes with sessions, by what became of the session.");
  write_words<SessionState>(out, from, "session", &SeriesCells::sessions);
  out.counter("segue_overrides_total",
              "Requests in which a tester named a pool, by whether it was taken.");
  write_words<OverrideState>(out, from, "result", &SeriesCells::overrides);
  out.counter("segue_client_received_bytes_total",
              "Bytes of requests as received from clients, heads included.");
  plain(&SeriesCells::bytes_from_client);
  out.counter("segue_client_sent_bytes_total",
              "Bytes of responses as sent to clients, heads included.");
  plain(&SeriesCells::bytes_to_client);
  out.gauge("segue_requests_in_flight", "Requests that run now.");
  plain(&SeriesCells::in_flight);
  out.histogram("segue_request_duration_seconds",
                "From the first byte of the request to the last byte of the response.");
  each([&](const auto& s) {
    out.sample({{"route", s.route}, {"pool", s.pool}}, sum(from, s.id, &SeriesCells::total));
  });
  out.histogram("segue_first_byte_duration_seconds",
                "From the request sent to the upstream's response head.");
  each([&](const auto& s) {
    out.sample({{"route", s.route}, {"pool", s.pool}}, sum(from, s.id, &SeriesCells::first_byte));
  });
}

void write_shares(Out& out, const Exposition& from) {
  const auto each = [&](std::optional<double> Exposition::Share::*member) {
    for (const auto& s : from.shares) {
      if (s.*member) out.sample({{"route", s.route}, {"pool", s.pool}}, *(s.*member));
    }
  };
  out.gauge("segue_split_weight", "Weight of a pool in a route's split, as set.");
  for (const auto& s : from.shares) {
    if (s.weight) out.sample({{"route", s.route}, {"pool", s.pool}}, std::uint64_t{*s.weight});
  }
  out.gauge("segue_split_configured_share_ratio",
            "Weight over the sum of all weights of the split.");
  each(&Exposition::Share::configured);
  out.gauge("segue_split_effective_share_ratio",
            "Weight over the sum of the eligible weights of the split.");
  each(&Exposition::Share::effective);
  out.gauge("segue_split_observed_share_ratio",
            "Requests of the last minute over all of the route's, fallbacks included.");
  each(&Exposition::Share::observed);
}

void write_pools(Out& out, const Exposition& from) {
  const auto cells = [&](Cell PoolCells::*member) {
    for (const auto& p : from.pools) out.sample({{"pool", p.name}}, sum(from, p.id, member));
  };
  out.gauge("segue_pool_eligible", "1 while the pool may take traffic.");
  for (const auto& pool : from.pools) {
    out.sample({{"pool", pool.name}}, std::uint64_t{pool.eligible});
  }
  out.gauge("segue_pool_admitted_ratio",
            "Of the cohorts that the weights give the pool, those it has back after a failure.");
  for (const auto& pool : from.pools) out.sample({{"pool", pool.name}}, pool.admitted);
  out.gauge("segue_pool_failback", "1 for where the pool is on its way back after a failure.");
  for (const auto& pool : from.pools) {
    for (const std::string_view word : kFailbacks) {
      out.sample({{"pool", pool.name}, {"state", word}}, std::uint64_t{word == pool.failback});
    }
  }
  out.gauge("segue_pool_streams", "Responses of unknown length that are being relayed now.");
  cells(&PoolCells::streams);
  out.gauge("segue_pool_tunnels", "Upgraded connections through the pool now.");
  cells(&PoolCells::tunnels);
}

/// One sample per word, 1 for the current one: the form that survives a change of state in a graph.
template <typename Words>
void write_state(Out& out, const Exposition::Endpoint& endpoint, std::string_view label,
                 const Words& words, std::string_view current) {
  for (const std::string_view word : words) {
    out.sample({{"pool", endpoint.pool}, {"endpoint", endpoint.address}, {label, word}},
               std::uint64_t{word == current});
  }
}

void write_endpoints(Out& out, const Exposition& from) {
  const auto cells = [&](Cell EndpointCells::*member) {
    for (const auto& e : from.endpoints) {
      out.sample({{"pool", e.pool}, {"endpoint", e.address}}, sum(from, e.id, member));
    }
  };
  const auto fact = [&](std::uint64_t Exposition::Endpoint::*member) {
    for (const auto& e : from.endpoints) {
      if (e.configured) out.sample({{"pool", e.pool}, {"endpoint", e.address}}, e.*member);
    }
  };
  out.gauge("segue_endpoint_rotation", "1 for the rotation an endpoint is in.");
  for (const auto& e : from.endpoints) {
    if (e.configured) write_state(out, e, "rotation", kRotations, e.rotation);
  }
  out.gauge("segue_endpoint_health", "1 for what active checks say about an endpoint.");
  for (const auto& e : from.endpoints) {
    if (e.configured) write_state(out, e, "health", kHealths, e.health);
  }
  out.counter("segue_endpoint_checks_total", "Active checks that ended.");
  fact(&Exposition::Endpoint::checks);
  out.counter("segue_endpoint_checks_failed_total", "Active checks that failed.");
  fact(&Exposition::Endpoint::checks_failed);
  out.counter("segue_endpoint_transitions_total", "Changes of what active checks say.");
  fact(&Exposition::Endpoint::transitions);
  out.gauge("segue_endpoint_ejections", "Passive ejections in a row.");
  fact(&Exposition::Endpoint::ejections);

  out.counter("segue_endpoint_requests_total", "Attempts begun.");
  cells(&EndpointCells::requests);
  out.counter("segue_endpoint_failures_total", "Attempts that ended in a gateway error.");
  cells(&EndpointCells::failures);
  out.counter("segue_endpoint_connects_total", "Connections begun.");
  cells(&EndpointCells::connects);
  out.counter("segue_endpoint_connect_failures_total", "Connections that failed to open.");
  cells(&EndpointCells::connect_failures);
  out.counter("segue_endpoint_sent_bytes_total", "Bytes sent to the endpoint.");
  cells(&EndpointCells::bytes_to_upstream);
  out.counter("segue_endpoint_received_bytes_total", "Bytes received from the endpoint.");
  cells(&EndpointCells::bytes_from_upstream);
  out.gauge("segue_endpoint_requests_in_flight", "Attempts that run now.");
  cells(&EndpointCells::in_flight);
  out.gauge("segue_endpoint_connections", "Connections that are open now.");
  cells(&EndpointCells::connections);
  out.gauge("segue_endpoint_idle_connections", "Open connections that wait for a request.");
  cells(&EndpointCells::idle);
}

void write_listeners(Out& out, const Exposition& from) {
  const auto cells = [&](Cell ListenerCells::*member) {
    for (const auto& l : from.listeners) {
      out.sample({{"listener", l.name}}, sum(from, l.id, member));
    }
  };
  out.counter("segue_connections_accepted_total", "Client connections accepted.");
  cells(&ListenerCells::accepted);
  out.counter("segue_connections_refused_total",
              "Client connections closed at once: over a limit.");
  cells(&ListenerCells::refused);
  out.gauge("segue_connections", "Client connections that are open now.");
  cells(&ListenerCells::active);

  constexpr std::pair<std::string_view, Cell ListenerCells::*> kHandshakes[] = {
      {"full", &ListenerCells::tls_full},
      {"resumed", &ListenerCells::tls_resumed},
      {"failed", &ListenerCells::tls_failed}};
  out.counter("segue_tls_handshakes_total", "TLS handshakes of clients, by how they went.");
  for (const auto& l : from.listeners)
    for (const auto& [result, member] : kHandshakes)
      out.sample({{"listener", l.name}, {"result", result}}, sum(from, l.id, member));
  out.gauge("segue_tls_certificate_not_after_seconds",
            "When the certificate ends, in seconds since 1970.");
  for (const auto& certificate : from.certificates)
    out.sample({{"listener", certificate.listener}, {"file", certificate.file}},
               static_cast<double>(certificate.not_after));
}

void write_workers(Out& out, const Exposition& from) {
  const auto each = [&](auto&& write) {
    for (std::size_t i = 0; i < from.workers.size(); ++i) {
      write(std::to_string(i), from.workers[i]->worker);
    }
  };
  out.counter("segue_worker_requests_total", "Request heads that were complete and well-formed.");
  each([&](const std::string& n, const WorkerCells& w) {
    out.sample({{"worker", n}}, w.requests.get());
  });
  out.counter("segue_worker_loop_seconds_total", "Wall time of the worker's loop.");
  each([&](const std::string& n, const WorkerCells& w) {
    out.seconds({{"worker", n}}, w.loop_us.get());
  });
  out.counter("segue_worker_busy_seconds_total", "Wall time of the worker's loop without waiting.");
  each([&](const std::string& n, const WorkerCells& w) {
    out.seconds({{"worker", n}}, w.busy_us.get());
  });
  out.gauge("segue_worker_generation", "The generation that the worker serves.");
  each([&](const std::string& n, const WorkerCells& w) {
    out.sample({{"worker", n}}, w.generation.get());
  });
  out.gauge("segue_worker_buffer_bytes", "Bytes in the worker's buffers now.");
  each([&](const std::string& n, const WorkerCells& w) {
    out.sample({{"worker", n}}, w.memory_chunks.get());
  });

  out.counter("segue_local_replies_total", "Answers of our own, by the fault that caused them.");
  for (std::size_t i = 1; i < WorkerCells{}.local_replies.size(); ++i) {
    const std::string_view fault = to_string(static_cast<Fault>(i));
    if (fault == "unknown") break;
    out.sample({{"fault", fault}}, sum(from, [&](const WorkerCounters& worker) {
                 return &worker.worker.local_replies[i];
               }));
  }
  out.counter("segue_client_aborts_total", "Clients that left before their response was complete.");
  out.sample({}, sum(from, &WorkerCells::client_aborts));
  out.counter("segue_retry_budget_exhausted_total",
              "Retries that were not tried: the budget was used up.");
  out.sample({}, sum(from, &WorkerCells::retry_budget_exhausted));
  out.gauge("segue_tunnels", "Upgraded connections that are open now.");
  out.sample({}, sum(from, &WorkerCells::tunnels));
  out.counter("segue_access_log_lines_total", "Lines handed to the access log.");
  out.sample({}, sum(from, &WorkerCells::access_lines));
  out.counter("segue_access_log_dropped_total", "Lines that found the access log's buffer full.");
  out.sample({}, sum(from, &WorkerCells::access_dropped));
  out.counter("segue_access_log_write_errors_total", "Failed writes to the access log's file.");
  out.sample({}, from.access_write_errors);
}

}  // namespace

std::string metrics_text(const Exposition& exposition) {
  PrometheusWriter out;
  write_process(out, exposition);
  write_state(out, exposition);
  write_series(out, exposition);
  write_shares(out, exposition);
  write_pools(out, exposition);
  write_endpoints(out, exposition);
  write_listeners(out, exposition);
  write_workers(out, exposition);
  return out.text();
}

}  // namespace segue::telemetry

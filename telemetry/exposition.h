// All metrics of the process as Prometheus text, from the workers' counters and the names that go
// with their ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/ids.h"
#include "telemetry/counters.h"

namespace segue::telemetry {

/// Everything metrics_text() needs to know. Filled by whoever knows the names; series and endpoints
/// that the configuration no longer has stay listed, because counters never go back.
struct Exposition {
  struct Series {
    SeriesId id;
    std::string route, pool;
  };
  /// One pool of a route: a branch of its split, or a fallback, which has no weight. Shares are 0…1
  /// and sum to 1 over a route.
  struct Share {
    std::string route, pool;
    std::optional<std::uint32_t> weight;  ///< none for a fallback, and so for the next two
    std::optional<double> configured;     ///< of the weights as set
    std::optional<double> effective;      ///< of the weights of pools that are eligible now
    std::optional<double> observed;  ///< of the requests of the last minute; none without requests
  };
  struct Pool {
    PoolId id;
    std::string name;
    bool eligible = false;
    double admitted = 1;   ///< of the cohorts that the weights give it, 0…1
    std::string failback;  ///< as health::to_string()
  };
  struct Endpoint {
    EndpointId id;
    std::string pool, address;
    bool configured = true;  ///< false: only its counters are shown
    std::string rotation;    ///< "in", "half_open", "drain" or "out"
    std::string health;      ///< as health::to_string()
    std::uint64_t checks = 0, checks_failed = 0, transitions = 0;
    std::uint64_t ejections = 0;  ///< in a row
  };
  struct Listener {
    ListenerId id;
    std::string name;
  };

  struct Certificate {
    std::string listener, file;
    std::int64_t not_after = 0;  ///< seconds since 1970
  };

  std::string version, commit;
  std::uint64_t started_wall_ms = 0;
  bool ready = false, draining = false;
  std::uint64_t memory_resident = 0;     ///< bytes
  std::uint64_t memory_max = 0;          ///< bytes; 0: no limit
  std::uint64_t generation = 0;          ///< of the newest snapshot
  std::uint64_t settled_generation = 0;  ///< what every worker serves
  std::uint64_t events = 0;              ///< emitted so far
  std::uint64_t access_write_errors = 0;
  bool state_writable = true;             ///< what operators change can be kept
  std::uint64_t state_unwritten = 0;      ///< changes that are served and not kept yet
  std::uint64_t state_revision = 0;       ///< the newest that is kept
  std::uint64_t state_bytes = 0;          ///< of the database
  std::uint64_t backup_last_wall_ms = 0;  ///< 0: there is none

  std::vector<const WorkerCounters*> workers;  ///< borrowed; their order is their number
  std::vector<Series> series;
  std::vector<Share> shares;
  std::vector<Pool> pools;
  std::vector<Endpoint> endpoints;
  std::vector<Listener> listeners;
  std::vector<Certificate> certificates;
};

/// The page behind /metrics; its Content-Type is kMetricsContentType. Reads counters with relaxed
/// loads while workers write them.
std::string metrics_text(const Exposition& exposition);

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace segue::telemetry

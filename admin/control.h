// What the admin API may see and do: the door to the control thread, which app implements.
//
// Everything here is called on the control thread and every callback comes back on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "health/failback.h"
#include "health/report.h"
#include "lib/base/clock.h"
#include "lib/base/problem.h"
#include "routing/desired.h"
#include "routing/difference.h"
#include "routing/operations.h"
#include "routing/snapshot.h"
#include "telemetry/counters.h"
#include "telemetry/events.h"
#include "telemetry/recent.h"

namespace segue::admin {

/// Why a change was refused; `kind` decides the HTTP status.
struct Refusal {
  enum class Kind : std::uint8_t {
    kInvalid,       ///< 422: the request makes no sense; `problems` say why
    kNotFound,      ///< 404
    kPrecondition,  ///< 412: If-Match names an older generation
    kUnavailable,   ///< 503: the process is stopping, or cannot keep what it changes
  } kind = Kind::kInvalid;
  std::string sentence;
  Problems problems;
};

/// Who asks, for events and revisions.
struct Author {
  std::uint32_t uid = 0;
  std::string name;
  std::string reason;  ///< free text, may be empty
};

/// What an operator asks for: all of it or none.
struct Change {
  std::vector<routing::Operation> operations;
  /// Refused with kPrecondition unless it is the newest generation.
  std::optional<routing::Generation> if_match;
  Author author;
  bool dry_run = false;  ///< only say what it would do
};

struct Applied {
  routing::Generation generation = 0;  ///< served by every worker now
  bool changed = true;                 ///< false: that was so already, and nothing was done
  std::vector<routing::Difference> differences = {};
  std::uint64_t revision = 0;  ///< under which it is kept; 0: none
  /// False: it is served, and could not be written down yet (the kill switch on a broken disk).
  bool kept = true;
  /// Of a dry run: what would be served. Null otherwise.
  std::shared_ptr<const routing::Snapshot> would_serve = {};
  /// What a reload read and only the next start takes over: "workers", "[admin]", "[log]".
  std::vector<std::string> needs_restart = {};
};

struct ProcessInfo {
  std::string version, commit;
  std::uint64_t started_wall_ms = 0;
  std::uint64_t pid = 0;
  bool draining = false;
  std::uint64_t memory_resident = 0, memory_max = 0;
  std::uint64_t access_write_errors = 0;  ///< lines of the access log that the disk did not take
};

struct ListenerInfo {
  ListenerId id;
  std::string name, address;  ///< address as bound: with the real port
};

struct CertificateInfo {
  std::string listener, file, names;
  std::int64_t not_after = 0;  ///< seconds since 1970
};

class History;

class Control {
 public:
  using Done = std::function<void(Result<Applied, Refusal>)>;

  virtual std::shared_ptr<const routing::Snapshot> snapshot() const = 0;
  virtual routing::Generation settled() const = 0;  ///< what every worker serves
  virtual const routing::Desired& desired() const = 0;
  virtual std::vector<const telemetry::WorkerCounters*> workers() const = 0;
  virtual std::vector<ListenerInfo> listeners() const = 0;
  virtual std::vector<CertificateInfo> certificates() const = 0;
  virtual ProcessInfo process() const = 0;
  virtual health::Report health(EndpointId endpoint) const = 0;
  virtual health::Failback::State failback(const routing::Pool& pool) const = 0;
  virtual telemetry::EventLog& events() = 0;
  virtual const History& history() const = 0;
  virtual History& history() = 0;
  virtual bool ready()
      const = 0;  ///< every listener is bound, a snapshot is served, and not draining

  /// What all workers have seen lately, in no order.
  virtual void recent(std::function<void(telemetry::RecentTraffic)> done) = 0;

  /// What would change nothing makes neither generation nor revision nor event. Served once it is
  /// kept; the kill switch (routing::Abort) is served at once and kept as soon as possible.
  virtual void change(Change change, Done done) = 0;
  /// Gives a pool back its cohorts after a failure, without waiting any longer.
  virtual void release(std::string pool, health::Failback::Ramp ramp, Author author, Done done) = 0;
  /// Ends the tunnels through a pool, each at a random moment within `over`.
  virtual void close_tunnels(const routing::Pool& pool, Millis over, Author author) = 0;
  /// Reads the configuration file again. `weights_from_file` forgets what was set at run time.
  virtual void reload(bool weights_from_file, Author author, Done done) = 0;

 protected:
  ~Control() = default;
};

}  // namespace segue::admin

// The worker threads: started together, given each snapshot, asked to drain, joined.
//
// Carries what the control thread says to the workers, and what they report back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "conf/config.h"
#include "lib/net/mailbox.h"
#include "proxy/worker.h"
#include "routing/snapshot.h"
#include "telemetry/access_log.h"
#include "telemetry/counters.h"

namespace segue::app {

/// What the workers report, delivered on the control thread.
class WorkersEvents {
 public:
  virtual void on_gateway_error(EndpointId endpoint) = 0;
  virtual void on_probe(EndpointId endpoint, std::optional<bool> ok) = 0;
  virtual void on_all_drained() = 0;

 protected:
  ~WorkersEvents() = default;
};

class Workers final : proxy::WorkerReports {
 public:
  /// `mailbox` is the control thread's.
  Workers(std::uint32_t count, const conf::Log& log, net::Mailbox& mailbox);
  ~Workers();  ///< stops and joins

  /// Starts the threads with their first snapshot.
  void start(std::shared_ptr<const routing::Snapshot> snapshot, WorkersEvents& events);
  /// Every request that begins from now on sees it.
  void publish(std::shared_ptr<const routing::Snapshot> snapshot);

  /// One descriptor per worker, which becomes theirs.
  void add_listener(const std::shared_ptr<proxy::ListenerState>& state, std::span<const int> fds);
  void replace_listener(const std::shared_ptr<proxy::ListenerState>& state);
  void close_listener(ListenerId id);
  void set_pool_tls(PoolId id, std::shared_ptr<const net::TlsClient> tls);
  /// Calls `done` on the control thread once every worker has done all that it was told up to now.
  void when_caught_up(std::function<void()> done);
  /// Ends the tunnels through a pool, spread over `over`.
  void close_tunnels(PoolId id, Millis over);
  /// What all workers have seen lately, in no order; `done` is called on the control thread.
  void recent(std::function<void(telemetry::RecentTraffic)> done);
  void drain();
  void stop();

  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(counters_.size()); }
  std::vector<const telemetry::WorkerCounters*> counters() const;
  std::vector<telemetry::AccessRing*> access_rings() const;
  std::atomic<proxy::MemoryPressure>& memory_pressure() noexcept { return memory_; }

 private:
  void on_gateway_errors(std::span<const EndpointId> endpoints) override;
  void on_probe(EndpointId endpoint, std::optional<bool> ok) override;
  void on_drained(std::uint32_t worker) override;

  net::Mailbox& mailbox_;
  WorkersEvents* events_ = nullptr;
  telemetry::AccessFormat access_format_;
  std::atomic<proxy::MemoryPressure> memory_{proxy::MemoryPressure::kNone};
  proxy::Publication publication_;
  std::vector<std::unique_ptr<telemetry::WorkerCounters>> counters_;
  std::vector<std::unique_ptr<telemetry::AccessRing>> rings_;  // empty without an access log
  std::vector<std::unique_ptr<proxy::Worker>> workers_;
  std::vector<std::thread> threads_;
  std::uint32_t drained_ = 0;
};

}  // namespace segue::app

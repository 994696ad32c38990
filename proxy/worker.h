// One worker: a thread with its loop, its listeners, its connections and its own view of the world.
//
// Nothing here is shared with another thread but the counters (read by the control thread), the
// mailbox and immutable snapshots.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lib/base/chunk.h"
#include "lib/base/gather.h"
#include "lib/base/rng.h"
#include "lib/net/listener.h"
#include "lib/net/loop.h"
#include "lib/net/mailbox.h"
#include "proxy/bulk.h"
#include "proxy/client.h"
#include "proxy/client_h1.h"
#include "proxy/conn_pool.h"
#include "proxy/endpoint_state.h"
#include "proxy/intake.h"
#include "proxy/publication.h"
#include "proxy/scan_pool.h"
#include "routing/picker.h"
#include "routing/snapshot.h"
#include "telemetry/access_log.h"
#include "telemetry/counters.h"
#include "telemetry/recent.h"

namespace segue::proxy {

class Exchange;

/// How full the process's memory is, set by the control thread and read by workers without a fence.
enum class MemoryPressure : std::uint8_t { kNone, kNoKeepAlive, kNoAccept, kRefuse };

/// What a worker tells the control thread. Called on the worker's thread.
class WorkerReports {
 public:
  /// Endpoints that had gateway errors in this turn of the loop.
  virtual void on_gateway_errors(std::span<const EndpointId> endpoints) = 0;
  /// The outcome of a half-open probe; nothing: it ended without a verdict, another may try.
  virtual void on_probe(EndpointId endpoint, std::optional<bool> ok) = 0;
  virtual void on_drained(std::uint32_t worker) = 0;

 protected:
  ~WorkerReports() = default;
};

struct WorkerOptions {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
  std::uint64_t seed = 0;
  const Publication* publication = nullptr;       ///< with a snapshot; outlives the worker
  telemetry::WorkerCounters* counters = nullptr;  ///< outlives the worker
  telemetry::AccessRing* access_ring = nullptr;   ///< null: no access log
  telemetry::AccessFormat access_format = telemetry::AccessFormat::kJson;
  WorkerReports* reports = nullptr;
  const std::atomic<MemoryPressure>* memory = nullptr;
};

class Worker final : net::Listener::Events, Deadline::Owner {
 public:
  /// At SIGTERM, and never longer than the tunnels had before.
  static constexpr Seconds kTunnelsOver{10};

  explicit Worker(const WorkerOptions& options);
  ~Worker();

  // Any thread:
  /// Adopts what was published even if no request begins. Then calls `done` on the worker's thread:
  /// all that was posted before has been done.
  void post_catch_up(std::function<void()> done);
  void post_listener(std::shared_ptr<ListenerState> listener, int fd);
  void post_listener_settings(std::shared_ptr<ListenerState> listener);  ///< for new connections
  void post_close_listener(ListenerId id);
  /// Calls `take` on the worker's thread with what it has seen lately.
  void post_recent(std::function<void(telemetry::RecentTraffic)> take);
  /// Ends the tunnels through a pool, each at a random moment within `over`: their clients connect
  /// again, and not all at once.
  void post_close_tunnels(PoolId id, Millis over);
  /// Listeners close, kept-alive connections end politely. Requests are cut at drain_requests;
  /// tunnels are ended from drain_tunnels on, over kTunnelsOver, and what is left is cut. Then
  /// on_drained().
  void post_drain();
  void post_stop();

  void run();  ///< the thread's body; returns after post_stop()

  // The worker's thread, for connections and exchanges:
  net::Loop& loop() noexcept { return loop_; }
  Gather& gather() noexcept { return gather_; }
  ChunkPool& chunks() noexcept { return chunks_; }
  IntakePool& intakes() noexcept { return intakes_; }
  ScanPool& scans() noexcept { return scans_; }
  ConnPool& connections() noexcept { return connections_; }
  Rng& rng() noexcept { return rng_; }
  routing::Picker& picker() noexcept { return picker_; }
  const routing::SnapshotRef& snapshot() const noexcept { return snapshot_; }
  telemetry::WorkerCounters& counters() noexcept { return *options_.counters; }
  std::span<char> read_buffer() noexcept { return {read_buffer_.get(), Bulk::kReadMore}; }
  SplicePipe& pipe() noexcept { return pipe_; }
  const http::HeadLimits& head_limits() const noexcept { return head_limits_; }
  net::Watermarks watermarks() const noexcept { return watermarks_; }
  bool draining() const noexcept { return draining_; }
  MemoryPressure memory_pressure() const noexcept {
    return options_.memory == nullptr ? MemoryPressure::kNone
                                      : options_.memory->load(std::memory_order_relaxed);
  }

  EndpointState& endpoint(EndpointId id) noexcept { return *endpoints_[id.index()]; }
  PoolState& pool(PoolId id) noexcept { return *pools_[id.index()]; }
  std::vector<routing::EndpointLoad>& loads() noexcept { return loads_; }
  /// This worker's part of a limit that holds for the process: rounded up, at least 1.
  std::uint32_t share_of(std::uint32_t limit) const noexcept {
    return (limit + options_.count - 1) / options_.count;
  }

  /// A place became free; who queues for it is woken before the next poll.
  void slot_freed(PoolId id);
  void count_gateway_error(EndpointId id);
  void report_probe(EndpointId id, std::optional<bool> ok);
  bool access_log_enabled() const noexcept { return options_.access_ring != nullptr; }
  telemetry::Recent& recent() noexcept { return recent_; }
  void write_access_log(const telemetry::Record& record) noexcept;

  Exchange* take_exchange();               ///< which sees what was published before
  void give_exchange(Exchange* exchange);  ///< recycled before the next poll

  /// A place in the retry budget ([retry] budget, budget_min); false when it is used up.
  bool take_retry();
  void give_retry() noexcept { --retries_; }

  /// Room for bytes of a body that is held until its cohort is known ([limits] cohort_bodies);
  /// false when there is none.
  bool take_held(std::size_t bytes) noexcept;
  void give_held(std::size_t bytes) noexcept { held_ -= bytes; }

  /// A place among the TLS handshakes under way ([limits] tls_handshakes); false when all are
  /// taken.
  bool take_handshake() noexcept;
  void give_handshake() noexcept { --handshakes_; }

  void on_client_gone(ClientH1& client);
  void client_became_tunnel() noexcept { ++tunnels_; }
  void tunnel_ended() noexcept { --tunnels_; }

 private:
  struct Accepting {
    std::shared_ptr<ListenerState> state;
    std::unique_ptr<net::Listener> listener;
  };
  void on_accepted(net::Listener& listener, int fd, const SocketAddress& peer) override;
  void catch_up() {
    if (options_.publication->version() != version_) adopt_latest();
  }
  void adopt_latest();
  void adopt(std::shared_ptr<const routing::Snapshot> snapshot);
  void before_poll();
  void begin_drain();
  void check_drained();
  void drain_further();
  template <typename Which>
  void end_tunnels(Millis over, Which&& which);
  void wake_queues();
  void close_listener(ListenerId id);
  void refuse(ListenerState& state, int fd);
  void on_deadline(Deadline& deadline) override;

  WorkerOptions options_;
  net::Loop loop_;
  net::Mailbox mailbox_{loop_};
  ChunkPool chunks_;
  Gather gather_;
  IntakePool intakes_;
  ScanPool scans_;
  Rng rng_;
  routing::Picker picker_{rng_};
  std::unique_ptr<char[]> read_buffer_{new char[Bulk::kReadMore]};
  SplicePipe pipe_;
  http::HeadLimits head_limits_;
  net::Watermarks watermarks_;
  routing::SnapshotRef snapshot_;
  std::uint64_t version_ = 0;                              // of the publication, that was adopted
  std::vector<std::unique_ptr<EndpointState>> endpoints_;  // by EndpointId
  std::vector<std::unique_ptr<PoolState>> pools_;          // by PoolId
  std::vector<routing::EndpointLoad> loads_;               // by EndpointId
  ConnPool connections_{*this};
  IntrusiveList<ClientH1, &ClientH1::link> clients_;
  std::vector<Accepting> listeners_;
  std::vector<EndpointId> gateway_errors_;  // of this turn
  std::vector<PoolId> freed_;               // pools where a place became free this turn
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<Exchange*> free_exchanges_, ended_exchanges_;
  telemetry::Recent recent_;
  Deadline drain_deadline_{*this};
  Deadline housekeeping_{*this};
  Instant started_;         // of run()
  std::uint64_t held_ = 0;  // bytes of bodies, see take_held()
  std::uint32_t exchanges_active_ = 0, retries_ = 0, tunnels_ = 0, handshakes_ = 0;
  bool draining_ = false;
  /// What the next drain deadline ends; what comes before it is gone by then.
  enum class Ends : std::uint8_t { kRequests, kTunnels, kRest } drain_ends_ = Ends::kRequests;
  bool drained_ = false;  // and reported
};

}  // namespace segue::proxy

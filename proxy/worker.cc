// The thread's loop: adopting snapshots, accepting, recycling, draining.
#include "proxy/worker.h"

#include <algorithm>

#include <sys/socket.h>
#include <unistd.h>

#include "lib/http/status.h"
#include "proxy/exchange.h"
#include "proxy/reply.h"

namespace segue::proxy {
namespace {

// How often a worker reads its own CPU clock and memory for the metrics.
constexpr Millis kHousekeeping{1000};

std::uint64_t thread_cpu_us() {
  timespec ts;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(ts.tv_nsec) / 1000;
}

}  // namespace

Worker::Worker(const WorkerOptions& options) : options_(options), rng_(options.seed) {
  loop_.before_poll([this] { before_poll(); });
  adopt_latest();
}

Worker::~Worker() {
  listeners_.clear();
  clients_.for_each([](ClientH1& client) { client.cut(); });
  connections_.close_all();
  gather_.send_all();
  loop_.reap();
}

void Worker::run() {
  started_ = now();
  loop_.deadlines().arm(housekeeping_, loop_.turn() + kHousekeeping);
  loop_.run();
}

// Messages.

void Worker::post_catch_up(std::function<void()> done) {
  mailbox_.post([this, done = std::move(done)] {
    catch_up();
    done();
  });
}

void Worker::post_listener(std::shared_ptr<ListenerState> state, int fd) {
  mailbox_.post([this, state = std::move(state), fd] {
    listeners_.push_back(
        {state, std::unique_ptr<net::Listener>(new net::Listener(loop_, *this, fd))});
  });
}

void Worker::post_listener_settings(std::shared_ptr<ListenerState> state) {
  mailbox_.post([this, state = std::move(state)] {
    for (Accepting& accepting : listeners_)
      if (accepting.state->id == state->id) accepting.state = state;
  });
}

void Worker::post_close_listener(ListenerId id) {
  mailbox_.post([this, id] { close_listener(id); });
}

void Worker::post_close_tunnels(PoolId id, Millis over) {
  mailbox_.post([this, id, over] {
    end_tunnels(over, [id](const ClientH1& client) { return client.is_tunnel_to(id); });
  });
}

void Worker::post_recent(std::function<void(telemetry::RecentTraffic)> take) {
  mailbox_.post([this, take = std::move(take)] { take(recent_.copy()); });
}

void Worker::post_drain() {
  mailbox_.post([this] { begin_drain(); });
}

void Worker::post_stop() {
  mailbox_.post([this] { loop_.stop(); });
}

void Worker::adopt_latest() {
  Publication::Latest latest = options_.publication->latest();
  version_ = latest.version;
  while (pools_.size() < latest.pool_tls.size()) pools_.push_back(std::make_unique<PoolState>());
  for (std::size_t i = 0; i < latest.pool_tls.size(); ++i)
    pools_[i]->tls = std::move(latest.pool_tls[i]);
  if (!snapshot_ || snapshot_->generation != latest.snapshot->generation)
    adopt(std::move(latest.snapshot));
}

void Worker::adopt(std::shared_ptr<const routing::Snapshot> snapshot) {
  for (std::size_t i = pools_.size(); i < snapshot->pools.size(); ++i)
    pools_.push_back(std::make_unique<PoolState>());
  for (const auto& pool : snapshot->pools) {
    if (pool == nullptr) continue;
    for (const routing::Endpoint& endpoint : pool->endpoints) {
      while (endpoints_.size() <= endpoint.id.index()) {
        const EndpointId id{static_cast<std::uint32_t>(endpoints_.size())};
        auto state = std::make_unique<EndpointState>();
        state->cells = &counters().endpoints.at(id);
        endpoints_.push_back(std::move(state));
      }
      EndpointState& state = *endpoints_[endpoint.id.index()];
      state.pool = pool->id;
      if (endpoint.rotation == routing::Rotation::kOut && state.idle_count > 0)
        connections_.close_idle(endpoint.id);
    }
  }
  loads_.resize(endpoints_.size());
  const conf::Limits& limits = snapshot->config->limits;
  head_limits_ = {limits.request_line, limits.head, limits.fields};
  watermarks_ = {limits.buffer_high, limits.buffer_low};
  counters().worker.generation.set(snapshot->generation);
  snapshot_ = routing::SnapshotRef(std::move(snapshot));
  // Somebody may have come into rotation while requests queue.
  for (std::uint32_t i = 0; i < pools_.size(); ++i)
    if (pools_[i]->queued > 0) slot_freed(PoolId{i});
}

// Accepting.

void Worker::on_accepted(net::Listener& listener, int fd, const SocketAddress& peer) {
  const auto at = std::find_if(listeners_.begin(), listeners_.end(),
                               [&](const Accepting& a) { return a.listener.get() == &listener; });
  ListenerState& state = *at->state;
  telemetry::ListenerCells& cells = counters().listeners.at(state.id);
  cells.accepted.add();
  const std::uint32_t open = state.connections->fetch_add(1, std::memory_order_relaxed);
  if (open >= state.settings.connections_max || memory_pressure() >= MemoryPressure::kNoAccept) {
    cells.refused.add();
    refuse(state, fd);
    return;
  }
  cells.active.add();
  auto client = std::make_unique<ClientH1>(*this, at->state, fd, peer);
  ClientH1& listed = *client.release();  // owned by the list; on_client_gone() takes it back
  clients_.push_back(listed);
  listed.begin();
}

/// Over a limit: a word of why instead of a connection that hangs.
void Worker::refuse(ListenerState& state, int fd) {
  state.connections->fetch_sub(1, std::memory_order_relaxed);
  counters().worker.local_replies[static_cast<std::size_t>(Fault::kOverloaded)].add();
  const std::string body = http::error_page(http::Page::kText, 503, {Fault::kOverloaded}, {});
  const std::string text =
      "HTTP/1.1 503 Service Unavailable\r\n" + reply_fields(Fault::kOverloaded, http::Page::kText) +
      "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
  (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
  ::close(fd);
}

void Worker::on_client_gone(ClientH1& client) {
  client.link.unlink();
  counters().listeners.at(client.listener_id()).active.sub();
  loop_.retire(std::unique_ptr<net::Retired>(&client));
}

void Worker::close_listener(ListenerId id) {
  for (auto& accepting : listeners_) {
    if (accepting.state->id != id) continue;
    accepting.listener->accept_waiting();
  }
  std::erase_if(listeners_, [&](const Accepting& a) { return a.state->id == id; });
}

// Exchanges.

Exchange* Worker::take_exchange() {
  catch_up();
  ++exchanges_active_;
  if (free_exchanges_.empty()) {
    exchanges_.push_back(std::make_unique<Exchange>(*this));
    ended_exchanges_.reserve(exchanges_.size());
    free_exchanges_.reserve(exchanges_.size());
    return exchanges_.back().get();
  }
  Exchange* exchange = free_exchanges_.back();
  free_exchanges_.pop_back();
  return exchange;
}

void Worker::give_exchange(Exchange* exchange) {
  --exchanges_active_;
  ended_exchanges_.push_back(exchange);
}

bool Worker::take_retry() {
  const conf::Retry& settings = snapshot_->config->retry;
  const auto budget = static_cast<std::uint32_t>(settings.budget * exchanges_active_);
  if (retries_ >= std::max(budget, settings.budget_min)) {
    counters().worker.retry_budget_exhausted.add();
    return false;
  }
  ++retries_;
  return true;
}

bool Worker::take_held(std::size_t bytes) noexcept {
  if (memory_pressure() == MemoryPressure::kRefuse) return false;
  if (held_ + bytes > snapshot_->config->limits.cohort_bodies) return false;
  held_ += bytes;
  return true;
}

bool Worker::take_handshake() noexcept {
  if (handshakes_ >= share_of(snapshot_->config->limits.tls_handshakes)) return false;
  ++handshakes_;
  return true;
}

void Worker::slot_freed(PoolId id) {
  if (pools_[id.index()]->queued > 0) freed_.push_back(id);
}

void Worker::wake_queues() {
  // on_slot() may free or queue again: only what was freed up to now is looked at.
  std::vector<PoolId> freed;
  freed.swap(freed_);
  for (const PoolId id : freed)
    if (Waiting* waiting = pools_[id.index()]->queue.front()) waiting->exchange->on_slot();
}

void Worker::count_gateway_error(EndpointId id) {
  gateway_errors_.push_back(id);
}

void Worker::report_probe(EndpointId id, std::optional<bool> ok) {
  options_.reports->on_probe(id, ok);
}

void Worker::write_access_log(const telemetry::Record& record) noexcept {
  if (options_.access_ring == nullptr) return;
  const bool written = options_.access_ring->write(record, options_.access_format);
  (written ? counters().worker.access_lines : counters().worker.access_dropped).add();
}

void Worker::before_poll() {
  if (!freed_.empty()) wake_queues();
  gather_.send_all();
  if (!gateway_errors_.empty()) {
    options_.reports->on_gateway_errors(gateway_errors_);
    gateway_errors_.clear();
  }
  if (!ended_exchanges_.empty()) {
    for (Exchange* exchange : ended_exchanges_) exchange->unpin();
    free_exchanges_.insert(free_exchanges_.end(), ended_exchanges_.begin(), ended_exchanges_.end());
    ended_exchanges_.clear();
  }
  if (draining_ && !drained_) check_drained();
}

// Draining.

void Worker::begin_drain() {
  if (draining_) return;
  draining_ = true;
  for (auto& accepting : listeners_) accepting.listener->accept_waiting();
  listeners_.clear();
  clients_.for_each([](ClientH1& client) { client.begin_drain(); });
  connections_.close_idle_all();
  loop_.deadlines().arm(drain_deadline_, loop_.turn() + snapshot_->config->timeouts.drain_requests);
}

void Worker::check_drained() {
  if (!clients_.empty()) return;
  drained_ = true;
  drain_deadline_.disarm();
  options_.reports->on_drained(options_.index);
}

void Worker::on_deadline(Deadline& deadline) {
  if (&deadline == &housekeeping_) {
    counters().worker.busy_us.set(thread_cpu_us());
    counters().worker.loop_us.set(static_cast<std::uint64_t>((now() - started_).count()));
    counters().worker.memory_chunks.set(chunks_.in_use() * sizeof(Chunk));
    counters().worker.tunnels.set(tunnels_);
    loop_.deadlines().arm(housekeeping_, loop_.turn() + kHousekeeping);
    return;
  }
  drain_further();
}

void Worker::drain_further() {
  const conf::Timeouts& timeouts = snapshot_->config->timeouts;
  const Millis over = std::min<Millis>(kTunnelsOver, timeouts.drain_tunnels);
  switch (drain_ends_) {
    case Ends::kRequests: {
      clients_.for_each([](ClientH1& client) {
        if (!client.is_tunnel()) client.cut();
      });
      drain_ends_ = Ends::kTunnels;
      const Millis more = std::max(timeouts.drain_tunnels - timeouts.drain_requests, Millis(0));
      loop_.deadlines().arm(drain_deadline_, loop_.turn() + more);
      break;
    }
    case Ends::kTunnels:
      end_tunnels(over, [](const ClientH1& client) { return client.is_tunnel(); });
      drain_ends_ = Ends::kRest;
      loop_.deadlines().arm(drain_deadline_, loop_.turn() + over + timeouts.linger);
      break;
    case Ends::kRest: clients_.for_each([](ClientH1& client) { client.cut(); }); break;
  }
}

template <typename Which>
void Worker::end_tunnels(Millis over, Which&& which) {
  const auto span = static_cast<std::uint64_t>(Micros(over).count()) + 1;
  clients_.for_each([&](ClientH1& client) {
    if (!which(client)) return;
    client.end_tunnel_at(loop_.turn() + Micros(static_cast<std::int64_t>(rng_.below(span))));
  });
}

}  // namespace segue::proxy

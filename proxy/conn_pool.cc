// Lists of idle connections per endpoint, bounded by the pool's settings.
#include "proxy/conn_pool.h"

#include <algorithm>

#include "proxy/worker.h"

namespace segue::proxy {
namespace {

// The server's own idle limit is believed up to here.
constexpr std::uint32_t kIdleLimitMaxMs = 300'000;

}  // namespace

UpstreamH1* ConnPool::take(EndpointId endpoint, Look look) {
  EndpointState& state = worker_.endpoint(endpoint);
  while (IdleLink* link = state.idle.front()) {
    UpstreamH1& connection = *link->connection;
    unlist_idle(connection);
    if (connection.tls() != worker_.pool(state.pool).tls.get()) {
      connection.close();  // from before a reload that changed whom to trust
      continue;
    }
    const bool quick =
        (look == Look::kQuick || worker_.loop().has_just_looked()) && !connection.is_wary();
    if (quick || !connection.is_stale()) return &connection;
    connection.close();
  }
  return nullptr;
}

UpstreamH1* ConnPool::make(EndpointId endpoint) {
  auto connection = std::make_unique<UpstreamH1>(worker_, endpoint);
  all_.push_back(*connection);
  worker_.endpoint(endpoint).cells->connections.add();
  return connection.release();  // owned by all_; forget() takes it back
}

void ConnPool::keep(UpstreamH1& connection) {
  EndpointState& state = worker_.endpoint(connection.endpoint());
  const auto& snapshot = *worker_.snapshot();
  const routing::Pool* pool = snapshot.find_pool(state.pool);
  if (pool == nullptr || worker_.draining() ||
      state.idle_count >= pool->settings.idle_connections_max) {
    connection.close();
    return;
  }
  const auto own = static_cast<std::uint32_t>(pool->settings.idle_timeout.count());
  const std::uint32_t limit =
      connection.idle_limit_ms_ > 0 ? std::min(connection.idle_limit_ms_, kIdleLimitMaxMs) : own;
  connection.phase_ = UpstreamH1::Phase::kIdle;
  state.idle.push_front(connection.idle_link_);
  ++state.idle_count;
  state.cells->idle.set(state.idle_count);
  worker_.loop().deadlines().arm(connection.deadline_, worker_.loop().turn() + Millis(limit));
}

void ConnPool::unlist_idle(UpstreamH1& connection) {
  if (!connection.idle_link_.link.linked()) return;
  EndpointState& state = worker_.endpoint(connection.endpoint());
  connection.idle_link_.link.unlink();
  connection.deadline_.disarm();
  --state.idle_count;
  state.cells->idle.set(state.idle_count);
}

void ConnPool::close_idle(EndpointId endpoint) {
  while (IdleLink* link = worker_.endpoint(endpoint).idle.front()) link->connection->close();
}

void ConnPool::close_idle_all() {
  all_.for_each([](UpstreamH1& connection) {
    if (connection.idle_link_.link.linked()) connection.close();
  });
}

void ConnPool::forget(UpstreamH1& connection) {
  unlist_idle(connection);
  connection.all_link_.unlink();
  worker_.endpoint(connection.endpoint()).cells->connections.sub();
  worker_.loop().retire(std::unique_ptr<net::Retired>(&connection));
}

void ConnPool::close_all() {
  while (UpstreamH1* connection = all_.front()) connection->close();
}

}  // namespace segue::proxy

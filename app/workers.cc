// Threads and messages; what workers report is carried over to the control thread here.
#include "app/workers.h"

#include <algorithm>
#include <random>
#include <string>

#include <pthread.h>

namespace segue::app {

Workers::Workers(std::uint32_t count, const conf::Log& log, net::Mailbox& mailbox)
    : mailbox_(mailbox),
      access_format_(log.access_format == conf::Log::AccessFormat::kJson
                         ? telemetry::AccessFormat::kJson
                         : telemetry::AccessFormat::kLogfmt) {
  for (std::uint32_t i = 0; i < count; ++i) {
    counters_.push_back(std::make_unique<telemetry::WorkerCounters>());
    if (!log.access_file.empty())
      rings_.push_back(std::make_unique<telemetry::AccessRing>(log.access_buffer));
  }
}

Workers::~Workers() {
  stop();
}

void Workers::start(std::shared_ptr<const routing::Snapshot> snapshot, WorkersEvents& events) {
  events_ = &events;
  publication_.publish(std::move(snapshot));
  std::random_device random;
  for (std::uint32_t i = 0; i < count(); ++i) {
    proxy::WorkerOptions options;
    options.index = i;
    options.count = count();
    options.seed = std::uint64_t{random()} << 32 | random();
    options.publication = &publication_;
    options.counters = counters_[i].get();
    options.access_ring = rings_.empty() ? nullptr : rings_[i].get();
    options.access_format = access_format_;
    options.reports = this;
    options.memory = &memory_;
    workers_.push_back(std::make_unique<proxy::Worker>(options));
  }
  for (std::uint32_t i = 0; i < count(); ++i) {
    threads_.emplace_back([worker = workers_[i].get()] { worker->run(); });
    pthread_setname_np(threads_.back().native_handle(), ("segue-w" + std::to_string(i)).c_str());
  }
}

void Workers::publish(std::shared_ptr<const routing::Snapshot> snapshot) {
  publication_.publish(std::move(snapshot));
  for (const auto& worker : workers_) worker->post_catch_up([] {});
}

void Workers::when_caught_up(std::function<void()> done) {
  const auto missing = std::make_shared<std::size_t>(workers_.size());
  for (const auto& worker : workers_)
    worker->post_catch_up([this, missing, done] {
      mailbox_.post([missing, done] {
        if (--*missing == 0) done();
      });
    });
}

void Workers::add_listener(const std::shared_ptr<proxy::ListenerState>& state,
                           std::span<const int> fds) {
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->post_listener(state, fds[i]);
}

void Workers::replace_listener(const std::shared_ptr<proxy::ListenerState>& state) {
  for (const auto& worker : workers_) worker->post_listener_settings(state);
}

void Workers::close_listener(ListenerId id) {
  for (const auto& worker : workers_) worker->post_close_listener(id);
}

void Workers::set_pool_tls(PoolId id, std::shared_ptr<const net::TlsClient> tls) {
  publication_.set_pool_tls(id, std::move(tls));
}

void Workers::close_tunnels(PoolId id, Millis over) {
  for (const auto& worker : workers_) worker->post_close_tunnels(id, over);
}

void Workers::recent(std::function<void(telemetry::RecentTraffic)> done) {
  struct Gathered {
    telemetry::RecentTraffic all;
    std::size_t missing;
    std::function<void(telemetry::RecentTraffic)> done;
  };
  const auto gathered = std::make_shared<Gathered>(Gathered{{}, workers_.size(), std::move(done)});
  for (const auto& worker : workers_)
    worker->post_recent([this, gathered](telemetry::RecentTraffic part) {
      mailbox_.post([gathered, part = std::move(part)] {
        telemetry::RecentTraffic& all = gathered->all;
        all.cohorts.insert(all.cohorts.end(), part.cohorts.begin(), part.cohorts.end());
        all.deliveries.insert(all.deliveries.end(), part.deliveries.begin(), part.deliveries.end());
        if (--gathered->missing == 0) gathered->done(std::move(all));
      });
    });
}

void Workers::drain() {
  for (const auto& worker : workers_) worker->post_drain();
}

void Workers::stop() {
  for (const auto& worker : workers_) worker->post_stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  workers_.clear();
}

std::vector<const telemetry::WorkerCounters*> Workers::counters() const {
  std::vector<const telemetry::WorkerCounters*> all;
  for (const auto& counters : counters_) all.push_back(counters.get());
  return all;
}

std::vector<telemetry::AccessRing*> Workers::access_rings() const {
  std::vector<telemetry::AccessRing*> all;
  for (const auto& ring : rings_) all.push_back(ring.get());
  return all;
}

void Workers::on_gateway_errors(std::span<const EndpointId> endpoints) {
  std::vector<EndpointId> once(endpoints.begin(), endpoints.end());
  std::sort(once.begin(), once.end());
  once.erase(std::unique(once.begin(), once.end()), once.end());
  mailbox_.post([this, once = std::move(once)] {
    for (const EndpointId endpoint : once) events_->on_gateway_error(endpoint);
  });
}

void Workers::on_probe(EndpointId endpoint, std::optional<bool> ok) {
  mailbox_.post([this, endpoint, ok] { events_->on_probe(endpoint, ok); });
}

void Workers::on_drained(std::uint32_t) {
  mailbox_.post([this] {
    if (++drained_ == count()) events_->on_all_drained();
  });
}

}  // namespace segue::app

// A control thread for tests: real Desired, real build(), no workers. Changes settle at once, or
// when told.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "admin/control.h"
#include "admin/history.h"
#include "routing/build.h"
#include "routing/route_table.h"

namespace segue::admin::test {

inline conf::Pool pool_of(std::string name, std::vector<std::string> addresses) {
  conf::Pool pool;
  pool.name = std::move(name);
  for (std::string& address : addresses) pool.endpoints.push_back({std::move(address), 1, {}});
  return pool;
}

/// Pools old (one endpoint) and new (two); routes webhooks (old 90, new 10, by header X-Repo) and
/// ui.
inline conf::Config two_pools() {
  conf::Config config;
  config.file = "segue.toml";
  conf::Listener edge;
  edge.name = "edge";
  edge.address = "127.0.0.1:0";
  config.listeners = {edge};
  config.pools = {pool_of("old", {"10.0.0.5:8080"}),
                  pool_of("new", {"10.0.0.6:8080", "10.0.0.7:8080"})};
  conf::Route webhooks;
  webhooks.name = "webhooks";
  webhooks.match.host = "ci.example.com";
  webhooks.match.path = "/github-webhook/";
  webhooks.match.methods = {"POST"};
  webhooks.split = {{"old", 90, {}}, {"new", 10, {}}};
  webhooks.cohort = {{conf::CohortKey::Kind::kHeader, "X-Repo"}};
  webhooks.fallback = {"old"};
  webhooks.kind = conf::Route::Kind::kWebhook;
  conf::Route ui;
  ui.name = "ui";
  ui.match.path_prefix = "/";
  ui.split = {{"old", 100, {}}, {"new", 0, {}}};
  config.routes = {webhooks, ui};
  return config;
}

/// A journal in memory: what tests put there.
struct FakeHistory final : History {
  FakeHistory() { info.dir = "/var/lib/segue"; }
  StateInfo info;
  std::vector<RevisionDetail> kept;  // oldest first
  std::optional<std::uint64_t> undone;
  std::optional<Refusal> broken;  // the answer to everything
  Control* control = nullptr;

  StateInfo state() const override { return info; }
  void list(std::uint64_t before, std::uint64_t limit,
            Told<std::vector<RevisionInfo>> told) override {
    if (broken) return told(fail(*broken));
    std::vector<RevisionInfo> all;
    for (auto one = kept.rbegin(); one != kept.rend() && all.size() < limit; ++one)
      if (before == 0 || one->info.number < before) all.push_back(one->info);
    told(std::move(all));
  }
  void find(std::uint64_t number, Told<RevisionDetail> told) override {
    if (broken) return told(fail(*broken));
    for (const RevisionDetail& one : kept)
      if (one.info.number == number) return told(one);
    told(fail(Refusal{Refusal::Kind::kNotFound, "there is no such revision", {}}));
  }
  void undo(std::optional<std::uint64_t> number, Change change, Control::Done done) override {
    if (broken) return done(fail(*broken));
    undone = number.value_or(kept.empty() ? 0 : kept.back().info.number);
    change.operations = {routing::Restore{}};
    control->change(std::move(change), std::move(done));
  }
  void image(Told<std::string> told) override {
    if (broken) return told(fail(*broken));
    told(std::string("SQLite format 3\0and more", 24));
  }
};

class FakeControl final : public Control {
 public:
  explicit FakeControl(conf::Config config = two_pools()) {
    fake_history.control = this;
    desired_.config = std::make_shared<const conf::Config>(std::move(config));
    for (const conf::Pool& pool : desired_.config->pools)
      for (const conf::Endpoint& endpoint : pool.endpoints) {
        routing::EndpointState& state =
            desired_.endpoints[desired_.endpoint_id(pool.name, endpoint.address)];
        state.health = routing::EndpointState::Health::kUp;
        if (const auto socket = SocketAddress::parse(endpoint.address)) state.socket = *socket;
      }
    for (auto& worker : workers_) worker = std::make_unique<telemetry::WorkerCounters>();
    publish();
    settled_ = snapshot_->generation;
  }

  // Levers for tests.
  FakeHistory fake_history;
  bool settle_at_once = true;
  bool is_ready = true;
  ProcessInfo info{"0.1.0", "abc123", 1'700'000'000'000, 4711, false, 52 * 1024 * 1024, 0};
  std::map<EndpointId, health::Report> reports;
  telemetry::RecentTraffic traffic;                          // what recent() gives
  std::map<std::string, health::Failback::State> failbacks;  // by pool; without: it takes everybody
  std::vector<std::pair<std::string, health::Failback::Ramp>> released;
  std::vector<std::pair<std::string, Millis>> closed;  // tunnels
  std::vector<Author> authors;                         // of every change, in order
  std::optional<Refusal> refuse_reload;                // what reload() answers
  std::vector<std::string> needs_restart;              // what a reload says

  /// Answers what waits.
  void settle() {
    settled_ = snapshot_->generation;
    auto waiting = std::exchange(waiting_, {});
    for (const auto& [applied, done] : waiting) {
      Applied now = applied;
      now.generation = settled_;
      done(now);
    }
  }
  telemetry::WorkerCounters& worker(std::size_t i) { return *workers_[i]; }
  routing::Desired& world() { return desired_; }
  EndpointId endpoint(const std::string& pool, const std::string& address) {
    return desired_.endpoint_id(pool, address);
  }
  SeriesId series(const std::string& route, const std::string& pool) {
    return desired_.series.of(route + "\n" + pool);
  }
  /// Requests of (route, pool) that worker 0 served, by the weights that the route has now.
  void count(const std::string& route, const std::string& pool, std::uint64_t requests,
             std::uint64_t us = 1000, std::uint64_t failures = 0) {
    std::uint64_t generation = 0;
    for (const auto& each : snapshot_->routes)
      if (each != nullptr && each->settings.name == route) generation = each->weights_generation;
    count_by(generation, route, pool, requests, us, failures);
  }
  /// The same by older weights: requests that began before a change and ended after it.
  void count_by(routing::Generation generation, const std::string& route, const std::string& pool,
                std::uint64_t requests, std::uint64_t us = 1000, std::uint64_t failures = 0) {
    telemetry::SeriesCells& cells = worker(0).series.at(series(route, pool));
    for (std::uint64_t i = 0; i < requests; ++i)
      cells.since_change.count(generation, i < failures, us);
    cells.by_class[2].add(requests - failures);
    cells.by_class[5].add(failures);
    cells.failures.add(failures);
    for (std::uint64_t i = 0; i < requests; ++i) cells.total.record(us);
    worker(0).worker.requests.add(requests);
  }
  /// A cohort that worker 0 saw at `pool`, in a delivery of this id.
  void saw(const std::string& route, const std::string& pool, const std::string& key,
           const std::string& delivery) {
    telemetry::RecentCohort cohort;
    cohort.route = desired_.routes.of(route);
    cohort.pool = cohort.before = desired_.pools.of(pool);
    cohort.hash = routing::cohort_hash(key);
    cohort.key.set(key);
    cohort.first_ms = cohort.last_ms = 1'700'000'000'000;
    cohort.requests = 1;
    traffic.cohorts.push_back(cohort);
    telemetry::RecentDelivery seen;
    seen.route = cohort.route;
    seen.pool = cohort.pool;
    seen.hash = cohort.hash;
    seen.id.set(delivery);
    seen.key.set(key);
    seen.wall_ms = cohort.last_ms;
    seen.why = "split";
    seen.status = 200;
    traffic.deliveries.push_back(seen);
  }
  void health_of(const std::string& pool, const std::string& address,
                 routing::EndpointState::Health state) {
    desired_.endpoints[endpoint(pool, address)].health = state;
    reports[endpoint(pool, address)].state = state;
    publish();
    settled_ = snapshot_->generation;
  }

  // Control
  std::shared_ptr<const routing::Snapshot> snapshot() const override { return snapshot_; }
  routing::Generation settled() const override { return settled_; }
  const routing::Desired& desired() const override { return desired_; }
  std::vector<const telemetry::WorkerCounters*> workers() const override {
    return {workers_[0].get(), workers_[1].get()};
  }
  std::vector<CertificateInfo> certificates() const override { return {}; }
  std::vector<ListenerInfo> listeners() const override {
    return {{ListenerId{0}, "edge", "127.0.0.1:34567"}};
  }
  ProcessInfo process() const override { return info; }
  health::Report health(EndpointId id) const override {
    const auto known = reports.find(id);
    if (known != reports.end()) return known->second;
    health::Report report;
    report.state = routing::EndpointState::Health::kUp;
    return report;
  }
  health::Failback::State failback(const routing::Pool& pool) const override {
    const auto known = failbacks.find(pool.name);
    return known == failbacks.end() ? health::Failback::State() : known->second;
  }
  void release(std::string pool, health::Failback::Ramp ramp, Author author, Done done) override {
    authors.push_back(author);
    const bool changed = failbacks.erase(pool) > 0;
    released.emplace_back(std::move(pool), ramp);
    finish({.changed = changed}, std::move(done));
  }
  void close_tunnels(const routing::Pool& pool, Millis over, Author author) override {
    authors.push_back(author);
    closed.emplace_back(pool.name, over);
  }
  telemetry::EventLog& events() override { return events_; }
  bool ready() const override { return is_ready; }
  const History& history() const override { return fake_history; }
  History& history() override { return fake_history; }

  void recent(std::function<void(telemetry::RecentTraffic)> done) override { done(traffic); }
  void change(Change change, Done done) override {
    if (change.if_match && *change.if_match != snapshot_->generation)
      return done(fail(Refusal{Refusal::Kind::kPrecondition, "somebody was faster", {}}));
    routing::Runtime next = desired_.runtime;
    for (const routing::Operation& operation : change.operations) {
      auto applied = routing::apply(*desired_.config, std::move(next), operation);
      if (!applied) {
        const routing::RefusedOperation& refused = applied.error();
        return done(
            fail(Refusal{refused.not_found ? Refusal::Kind::kNotFound : Refusal::Kind::kInvalid,
                         refused.text,
                         {}}));
      }
      next = *std::move(applied);
    }
    authors.push_back(change.author);
    Applied applied{.changed = next != desired_.runtime};
    applied.differences = routing::difference(*desired_.config, desired_.runtime, next);
    std::swap(desired_.runtime, next);
    desired_.hear_operators();
    if (change.dry_run) {
      applied.would_serve = *routing::build(desired_, snapshot_);
      applied.generation = snapshot_->generation;
      std::swap(desired_.runtime, next);
      desired_.hear_operators();
      return done(std::move(applied));
    }
    finish(std::move(applied), std::move(done));
  }
  void reload(bool weights_from_file, Author author, Done done) override {
    authors.push_back(author);
    if (refuse_reload) return done(fail(*refuse_reload));
    if (weights_from_file) desired_.runtime.weights.clear();
    finish({.needs_restart = needs_restart}, std::move(done));
  }

 private:
  void publish() {
    auto built = routing::build(desired_, snapshot_);
    if (!built) throw std::runtime_error(built.error().front().to_string());
    snapshot_ = *built;
  }
  void finish(Applied applied, Done done) {
    if (applied.changed) publish();
    if (!settle_at_once) {
      waiting_.emplace_back(std::move(applied), std::move(done));
      return;
    }
    applied.generation = settled_ = snapshot_->generation;
    done(std::move(applied));
  }

  routing::Desired desired_;
  std::shared_ptr<const routing::Snapshot> snapshot_;
  routing::Generation settled_ = 0;
  std::unique_ptr<telemetry::WorkerCounters> workers_[2];
  telemetry::EventLog events_;
  std::vector<std::pair<Applied, Done>> waiting_;
};

}  // namespace segue::admin::test

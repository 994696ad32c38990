// From what should be to what every worker serves; health comes in, snapshots go out.
#include "app/control.h"

#include <algorithm>

#include <unistd.h>

#include "app/session_secret.h"
#include "routing/build.h"
#include "segue/version.h"

namespace segue::app {

using admin::Applied;
using routing::Generation;

Control::Control(net::Loop& loop, Workers& workers, Listeners& listeners, TlsDesk& tls,
                 MemoryWatch& memory, std::shared_ptr<const conf::Config> config)
    : loop_(loop),
      workers_(workers),
      listeners_(listeners),
      tls_(tls),
      memory_(memory),
      state_(loop, events_),
      queue_([this](Revision revision, std::function<void(const ChangeQueue::Number&)> told) {
        state_.append(std::move(revision), std::move(told));
      }),
      health_(loop, desired_, workers, tls, *this),
      failback_(
          loop, desired_, [this](EndpointId id) { return health_.report(id).last_result; },
          [this] { on_rotation_changed(); }),
      coalesce_(new uv_timer_t{}),
      started_with_(std::move(config)),
      tls_watch_(loop, tls,
                 {[this] { on_tls_files_changed(); },
                  [this](const admin::CertificateInfo& shown, int days) {
                    on_certificate_expiring(shown, days);
                  }}) {
  desired_.config = started_with_;
  desired_.session_secret = fresh_session_secret();
  uv_timer_init(loop.uv(), coalesce_);
  coalesce_->data = this;
}

Control::~Control() {
  uv_close(reinterpret_cast<uv_handle_t*>(coalesce_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

Status<Problems> Control::start() {
  memory_.set_limit(desired_.config->limits.memory_max);
  restore();
  health_.configure();
  Status<Problems> built = commit();
  if (built) serving_ = true;
  return built;
}

void Control::begin_drain() {
  draining_ = true;
  events_.emit("process.draining", {});
}

admin::ProcessInfo Control::process() const {
  const BuildInfo build = build_info();
  admin::ProcessInfo info;
  info.version = build.version;
  info.commit = build.commit;
  info.started_wall_ms = started_wall_ms_;
  info.pid = static_cast<std::uint64_t>(getpid());
  info.draining = draining_;
  info.memory_resident = resident_bytes();
  info.memory_max = desired_.config->limits.memory_max;
  info.access_write_errors = access_ == nullptr ? 0 : access_->write_errors();
  return info;
}

// From Desired to every worker.

Status<Problems> Control::commit() {
  rotation_changed_ = false;
  auto next = routing::build(desired_, snapshot_);
  if (next && failback_.observe(**next, now())) next = routing::build(desired_, snapshot_);
  if (!next) return fail(std::move(next).error());
  const std::shared_ptr<const routing::Snapshot> before = std::move(snapshot_);
  snapshot_ = std::move(*next);
  if (before == nullptr) return segue::Done{};  // the workers start with it
  publish_tls();
  workers_.publish(snapshot_);
  // Who hears of it finds it so.
  for (auto&& news : {health_.take_news(), changed_pools(*before), failback_.take_news()})
    for (const telemetry::Event& event : news) events_.emit(event.name, event.facts, event.level);
  return segue::Done{};
}

void Control::publish_tls() {
  for (const auto& pool : snapshot_->pools) {
    if (pool == nullptr) continue;
    auto tls = tls_.client(pool->name);
    if (pool_tls_.size() <= pool->id.index()) pool_tls_.resize(pool->id.index() + 1);
    if (tls == pool_tls_[pool->id.index()]) continue;
    workers_.set_pool_tls(pool->id, tls);
    pool_tls_[pool->id.index()] = std::move(tls);
  }
}

void Control::on_tls_files_changed() {
  if (reloading_) return;  // what a reload has prepared waits; they are looked at again
  const conf::Config& config = *desired_.config;
  if (Status<Problems> read = tls_.prepare(config); !read) {
    const std::string first = read.error().front().to_string();
    if (first != tls_problem_)
      events_.emit("certificates.refused", {{"first", first}}, telemetry::Event::Level::kError);
    tls_problem_ = first;
    return;  // the files may be half written: they are looked at again
  }
  tls_problem_.clear();
  tls_.apply();
  publish_tls();
  listeners_.apply(config);
  health_.configure();
  events_.emit("certificates.reloaded", {});
}

void Control::on_certificate_expiring(const admin::CertificateInfo& shown, int days) {
  events_.emit(days == 0 ? "certificate.expired" : "certificate.expiring",
               {{"listener", shown.listener},
                {"file", shown.file},
                {"names", shown.names},
                {"within_days", std::to_string(days)}},
               days > 7 ? telemetry::Event::Level::kWarn : telemetry::Event::Level::kError);
}

std::vector<telemetry::Event> Control::changed_pools(const routing::Snapshot& before) const {
  std::vector<telemetry::Event> changed;
  for (std::size_t i = 0; i < snapshot_->pools.size(); ++i) {
    const auto& pool = snapshot_->pools[i];
    const bool existed = i < before.pools.size() && before.pools[i] != nullptr;
    if (pool == nullptr || !existed || pool->eligible == before.pools[i]->eligible) continue;
    telemetry::Event event;
    event.name = pool->eligible ? "pool.eligible" : "pool.ineligible";
    event.facts = {{"pool", pool->name},
                   {"in_rotation", std::to_string(pool->in_rotation.size())},
                   {"healthy_min", std::to_string(pool->settings.healthy_min)},
                   {"generation", std::to_string(snapshot_->generation)}};
    event.level = pool->eligible ? telemetry::Event::Level::kInfo : telemetry::Event::Level::kWarn;
    changed.push_back(std::move(event));
  }
  return changed;
}

void Control::answer(Applied applied, const Done& done) {
  applied.generation = snapshot_->generation;
  done(std::move(applied));
}

/// For what workers are told of besides the snapshot.
void Control::answer_when_caught_up(Applied applied, Done done) {
  applied.generation = snapshot_->generation;
  workers_.when_caught_up(
      [applied = std::move(applied), done = std::move(done)] { done(applied); });
}

// Health.

void Control::on_rotation_changed() {
  if (snapshot_ == nullptr) return;  // start() builds the first one
  rotation_changed_ = true;
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(coalesce_)) == 0) commit_rotation();
}

/// The first flip is served at once; those that follow within kCoalesceMs make one snapshot
/// together.
void Control::commit_rotation() {
  if (!rotation_changed_) return;
  rotation_changed_ = false;
  const Status<Problems> built = commit();
  if (!built)
    for (const Problem& problem : built.error())
      events_.emit("snapshot.refused", {{"problem", problem.to_string()}},
                   telemetry::Event::Level::kError);
  uv_timer_start(
      coalesce_, [](uv_timer_t* timer) { static_cast<Control*>(timer->data)->commit_rotation(); },
      kCoalesceMs, 0);
}

Control::Place Control::place_of(EndpointId endpoint) const {
  for (const auto& pool : snapshot_->pools) {
    if (pool == nullptr) continue;
    for (const routing::Endpoint& candidate : pool->endpoints)
      if (candidate.id == endpoint) return {pool.get(), &candidate};
  }
  return {};
}

bool Control::may_eject(EndpointId endpoint) {
  const Place place = place_of(endpoint);
  return place.pool != nullptr && place.pool->in_rotation.size() > 1;
}

void Control::renew_probe(EndpointId endpoint) {
  const Place place = place_of(endpoint);
  if (place.endpoint != nullptr && place.endpoint->probe_taken != nullptr)
    place.endpoint->probe_taken->store(false, std::memory_order_relaxed);
}

}  // namespace segue::app

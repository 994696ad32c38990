// The control thread's heart: the one writer of what should be (Desired), and the way from there to
// what every worker serves.
//
// A file, an operator's command, a health flip and an ejection all end in commit(): build the next
// snapshot, publish it, answer. Rotation flips are gathered for kCoalesceMs
// first, so that a rack failure is one snapshot and not forty. What operators change is on the disk
// before it is served, one change after the other.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <uv.h>

#include "admin/control.h"
#include "admin/history.h"
#include "app/change_queue.h"
#include "app/failback_desk.h"
#include "app/health_desk.h"
#include "app/listeners.h"
#include "app/memory_watch.h"
#include "app/state_desk.h"
#include "app/workers.h"
#include "lib/net/loop.h"
#include "routing/desired.h"
#include "telemetry/access_log.h"
#include "telemetry/events.h"

namespace segue::app {

class Control final : public admin::Control, public admin::History, HealthEvents, Deadline::Owner {
 public:
  static constexpr std::uint64_t kCoalesceMs = 20;
  static constexpr const char* kOurName = "segue";  ///< author of what ends by itself
  /// Changes that are served and not written yet; beyond, only what they lead to is written.
  static constexpr std::size_t kOwedMax = 64;

  /// `config` is what `file` said at start. Everything given outlives the Control.
  Control(net::Loop& loop, Workers& workers, Listeners& listeners, TlsDesk& tls,
          MemoryWatch& memory, std::shared_ptr<const conf::Config> config);
  ~Control();

  /// Reads what is kept of earlier changes; `dir` is where, "" for nowhere. Errors: a sentence,
  /// when another process has it.
  Status<std::string> open_state(std::string dir);
  /// The first snapshot, and checks begin. Errors: why the configuration cannot run.
  Status<Problems> start();
  const std::shared_ptr<const routing::Snapshot>& current() const noexcept { return snapshot_; }
  HealthDesk& health_desk() noexcept { return health_; }
  StateDesk& state_desk() noexcept { return state_; }
  void watch(const telemetry::AccessWriter* access) noexcept { access_ = access; }  ///< outlives it

  /// Tells the workers how each pool is spoken to; before they hear of a snapshot with it.
  void publish_tls();
  void begin_drain();  ///< no further changes are taken; /ready turns false

  // admin::Control
  std::shared_ptr<const routing::Snapshot> snapshot() const override { return snapshot_; }
  routing::Generation settled() const override { return snapshot_->generation; }
  const routing::Desired& desired() const override { return desired_; }
  std::vector<const telemetry::WorkerCounters*> workers() const override {
    return workers_.counters();
  }
  std::vector<admin::ListenerInfo> listeners() const override { return listeners_.list(); }
  std::vector<admin::CertificateInfo> certificates() const override { return tls_.certificates(); }
  admin::ProcessInfo process() const override;
  health::Report health(EndpointId endpoint) const override { return health_.report(endpoint); }
  health::Failback::State failback(const routing::Pool& pool) const override {
    return failback_.state(pool.settings, now());
  }
  telemetry::EventLog& events() override { return events_; }
  bool ready() const override { return serving_ && !draining_; }
  void recent(std::function<void(telemetry::RecentTraffic)> done) override {
    workers_.recent(std::move(done));
  }
  void change(admin::Change change, Done done) override;
  void release(std::string pool, health::Failback::Ramp ramp, admin::Author author,
               Done done) override;
  void close_tunnels(const routing::Pool& pool, Millis over, admin::Author author) override;
  void reload(bool weights_from_file, admin::Author author, Done done) override;
  const History& history() const override { return *this; }
  History& history() override { return *this; }

  // admin::History (control_history.cc)
  admin::StateInfo state() const override;
  void list(std::uint64_t before, std::uint64_t limit,
            Told<std::vector<admin::RevisionInfo>> told) override;
  void find(std::uint64_t number, Told<admin::RevisionDetail> told) override;
  void undo(std::optional<std::uint64_t> number, admin::Change change, Done done) override;
  void image(Told<std::string> told) override;

 private:
  using Generation = routing::Generation;

  void on_deadline(Deadline& deadline) override;

  // HealthEvents
  void on_rotation_changed() override;
  bool may_eject(EndpointId endpoint) override;
  void renew_probe(EndpointId endpoint) override;
  void on_history_changed() override;

  // Changes (control_change.cc)
  struct Item;
  struct Reload;
  using ItemRef = std::shared_ptr<Item>;
  std::optional<admin::Refusal> refused(std::optional<routing::Generation> if_match) const;
  Result<routing::Runtime, admin::Refusal> apply(const routing::Runtime& to,
                                                 const std::vector<routing::Operation>& all) const;
  void submit(admin::Change change, std::string title, Done done);
  void rehearse_only(admin::Change change, const Done& done);
  std::optional<Revision> begin(Item& item);
  void end(Item& item, const ChangeQueue::Number& number);
  void serve_at_once(const ItemRef& item);
  void owe(admin::Change change, std::string title);  ///< for what is served already
  void owe(const ItemRef& item);
  Revision begin_owed(Item& item);
  void end_owed(Item& item, const ChangeQueue::Number& number);
  routing::Runtime with_owed(routing::Runtime runtime) const;
  Revision revision_of(const admin::Author& author, const std::string& title,
                       const routing::Runtime& before, const routing::Runtime& after) const;
  Result<std::shared_ptr<const routing::Snapshot>, Problems> rehearse(
      std::shared_ptr<const conf::Config> config, routing::Runtime runtime);
  Status<Problems> install(routing::Runtime runtime);
  void announce(const std::vector<routing::Difference>& differences, const admin::Author& author);
  void arm_expiry();
  void expire();

  // The file, read again (control_reload.cc)
  std::optional<Revision> begin(Reload& reload);
  void end(Reload& reload, const ChangeQueue::Number& number);
  void serve(Reload& reload);
  void refuse(Reload& reload, Problems problems);

  // What is kept (control_history.cc)
  void restore();
  void on_state_recovered(const std::string& text);

  Status<Problems> commit();
  void commit_rotation();
  void answer(admin::Applied applied, const Done& done);
  void answer_when_caught_up(admin::Applied applied, Done done);
  struct Place {
    const routing::Pool* pool = nullptr;
    const routing::Endpoint* endpoint = nullptr;
  };
  Place place_of(EndpointId endpoint) const;
  std::vector<telemetry::Event> changed_pools(const routing::Snapshot& before) const;

  void on_tls_files_changed();
  void on_certificate_expiring(const admin::CertificateInfo& shown, int days);

  net::Loop& loop_;
  Workers& workers_;
  Listeners& listeners_;
  TlsDesk& tls_;
  std::vector<std::shared_ptr<const net::TlsClient>>
      pool_tls_;  // by PoolId, as the workers have it
  MemoryWatch& memory_;
  telemetry::EventLog events_;
  StateDesk state_;
  ChangeQueue queue_;
  routing::Runtime kept_;     // what the journal says; desired_ has that and what is owed to it
  std::deque<ItemRef> owed_;  // served and not written, in order
  routing::Desired desired_;
  std::shared_ptr<const routing::Snapshot> snapshot_;  // the newest, null before start()
  HealthDesk health_;
  FailbackDesk failback_;
  uv_timer_t* coalesce_;                                    // freed by its close callback
  Deadline expiry_{*this};                                  // of what operators set for a while
  const telemetry::AccessWriter* access_ = nullptr;         // null without an access log
  const std::shared_ptr<const conf::Config> started_with_;  // part of it holds until the end
  TlsWatch tls_watch_;
  std::uint64_t started_wall_ms_ = wall_clock_ms();
  std::string tls_problem_;        // told of already
  bool rotation_changed_ = false;  // and not in a snapshot yet
  bool serving_ = false;
  bool reloading_ = false;  // a file was read and is not served yet
  bool draining_ = false;
};

}  // namespace segue::app

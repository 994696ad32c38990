// Failback as the control thread runs it: one state machine per pool, fed by the snapshots that are
// about to be served and by the clock; what it decides is Desired::pool_states.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "health/failback.h"
#include "lib/base/deadlines.h"
#include "lib/net/loop.h"
#include "routing/desired.h"
#include "routing/snapshot.h"
#include "telemetry/events.h"

namespace segue::app {

/// What a pool looks like to its failback.
health::Failback::Sight sight_of(const routing::Desired& desired, const routing::Pool& pool);

class FailbackDesk final : Deadline::Owner {
 public:
  using Facts = std::vector<std::pair<std::string, std::string>>;
  /// What the last check of an endpoint said, as evidence; "" when there was none.
  using LastResult = std::function<std::string(EndpointId)>;

  /// `on_change` comes from the loop: a snapshot has to be built, or there is news to be told with
  /// the next one. `desired` outlives this; only its pool_states are written.
  FailbackDesk(net::Loop& loop, routing::Desired& desired, LastResult last_result,
               std::function<void()> on_change);

  /// Looks at what is about to be served. True when pools shall admit others than they do there:
  /// it has to be built again.
  bool observe(const routing::Snapshot& built, Instant now);

  /// The operator wants the pool back; `by` is added to the facts of what is told. False when there
  /// is nothing to release.
  bool release(const std::string& pool, health::Failback::Ramp ramp, const Facts& by, Instant now);

  health::Failback::State state(const conf::Pool& pool, Instant now) const;

  /// What happened since the last call, to be told once the snapshot that shows it is served.
  std::vector<telemetry::Event> take_news() { return std::exchange(news_, {}); }

 private:
  void on_deadline(Deadline& deadline) override;
  std::string evidence(const routing::Pool& pool) const;
  /// Takes over what the machine decided. True when that is different from before.
  bool settle(const std::string& pool, const health::Failback& machine);
  void tell(const std::string& pool, std::vector<health::Failback::News> news, const Facts& more);

  net::Loop& loop_;
  routing::Desired& desired_;
  const LastResult last_result_;
  const std::function<void()> on_change_;
  std::map<std::string, health::Failback> machines_;  // by pool
  std::vector<telemetry::Event> news_;
  Deadline every_second_{*this};
};

}  // namespace segue::app

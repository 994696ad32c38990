// Where active checks, passive ejection and name resolution meet Desired: each says what it found
// about an endpoint, and rotation follows from that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/tls_desk.h"
#include "app/workers.h"
#include "health/history.h"
#include "health/outlier.h"
#include "health/prober.h"
#include "health/report.h"
#include "lib/base/deadlines.h"
#include "lib/net/loop.h"
#include "lib/net/resolve.h"
#include "routing/desired.h"
#include "telemetry/events.h"

namespace segue::app {

class HealthEvents {
 public:
  virtual void on_rotation_changed() = 0;  ///< something in Desired::endpoints is different
  virtual bool may_eject(
      EndpointId endpoint) = 0;  ///< it is not the last one its pool has in rotation
  virtual void renew_probe(EndpointId endpoint) = 0;  ///< a half-open one may be tried once more
  virtual void on_history_changed() {}  ///< HealthDesk::history() is different, and worth keeping

 protected:
  ~HealthEvents() = default;
};

class HealthDesk final : Deadline::Owner {
 public:
  static constexpr Seconds kResolveEvery{30};  ///< of names; sooner after a failure
  static constexpr Seconds kResolveRetry{2};

  /// Everything given outlives it. Writes only Desired::endpoints.
  HealthDesk(net::Loop& loop, routing::Desired& desired, const Workers& workers, const TlsDesk& tls,
             HealthEvents& owner);

  /// Takes over what Desired::config says now; known endpoints keep their history.
  void configure();

  /// The last verdicts on the endpoints, where there are any, and taking them over after a restart:
  /// once, before the first configure(). What the file no longer has is forgotten.
  std::vector<health::History> history() const;
  void remember(std::vector<health::History> history) { remembered_ = std::move(history); }

  health::Report report(EndpointId endpoint) const;

  /// What happened since the last call, to be told once the snapshot that shows it is served.
  std::vector<telemetry::Event> take_news() { return std::exchange(news_, {}); }

  void look(EndpointId endpoint) { outliers_.look(endpoint, now()); }
  void on_probe(EndpointId endpoint, std::optional<bool> ok);

 private:
  struct Known {
    std::string pool, address;
    Millis slow_start{0};
    bool failed = false;  // a failure was seen, and it did not come back since
  };
  struct Name {
    std::string host;
    std::uint16_t port = 0;
    Instant due;
    bool asked = false;
  };
  void on_flip(const health::Flip& flip);
  void on_outlier(const health::Outliers::Change& change);
  void on_deadline(Deadline& deadline) override;
  void resolve_due();
  void on_resolved(EndpointId endpoint,
                   const Result<std::vector<SocketAddress>, std::string>& found);
  void check_all();
  void warm_up(EndpointId endpoint);
  void end_warming();
  void tell(const char* name, std::vector<std::pair<std::string, std::string>> facts,
            telemetry::Event::Level level);
  std::vector<std::pair<std::string, std::string>> facts_of(EndpointId endpoint) const;

  net::Loop& loop_;
  routing::Desired& desired_;
  const TlsDesk& tls_;
  HealthEvents& owner_;
  std::vector<telemetry::Event> news_;
  std::unordered_map<EndpointId, Known> known_;
  std::vector<health::History> remembered_;  // from before the start; empty after configure()
  std::map<EndpointId, Name> names_;         // endpoints that are host names
  health::Prober prober_;
  health::Outliers outliers_;
  net::Resolver resolver_;
  Deadline every_second_{*this};
};

}  // namespace segue::app

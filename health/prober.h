// Checks every endpoint on its own schedule and says when what they say changes.
//
// Control thread only. State belongs to (check settings, endpoint): a reload that changes neither
// changes nothing here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "health/probe.h"
#include "health/report.h"
#include "health/verdict.h"
#include "lib/base/chunk.h"
#include "lib/base/deadlines.h"
#include "lib/base/rng.h"
#include "lib/net/loop.h"

namespace segue::health {

/// What is to be checked.
struct CheckTarget {
  EndpointId endpoint;
  std::string name;                     ///< the address as configured, sent as Host by default
  std::optional<SocketAddress> socket;  ///< none while unresolved: it is not checked then
  conf::Health settings;
  std::shared_ptr<const net::TlsClient> tls;  ///< null: plain
  /// What an endpoint that the prober does not know yet begins with: kChecking, or what it had
  /// before a restart.
  EndpointState::Health known = EndpointState::Health::kChecking;
  std::uint64_t known_since_wall_ms = 0;  ///< 0: now
  std::uint64_t known_transitions = 0;
};

struct Flip {
  EndpointId endpoint;
  EndpointState::Health from, to;
  const char* cause;    ///< "check_passed", "check_failed", "check_starting" or "check_asked_drain"
  std::uint32_t count;  ///< checks in a row that led here
  std::string evidence;  ///< of the last of them: "status 500, expected 200-399"
};

class Prober final : private Deadline::Owner {
 public:
  /// Checks at the same time; those beyond wait for their turn.
  static constexpr std::size_t kRunningMax = 64;

  using OnFlip = std::function<void(const Flip&)>;

  /// `on_flip` comes from the loop, never from inside a call of this class; it may call update().
  /// `seed` is of the jitter.
  Prober(net::Loop& loop, OnFlip on_flip, std::uint64_t seed,
         std::size_t running_max = kRunningMax);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// Checks `targets` from now on and nothing else. New ones are checked at once, up to the limit.
  /// Where settings changed, what was up stays up until its new check fails, and everything else is
  /// checking. Does not call `on_flip`: read state() of each target afterwards.
  void update(std::vector<CheckTarget> targets);

  /// kChecking for an unknown endpoint, kUnchecked where there is no check.
  EndpointState::Health state(EndpointId endpoint) const;
  /// What is known of `endpoint`, but for the passive part.
  Report report(EndpointId endpoint) const;

  std::size_t running() const noexcept { return running_; }

 private:
  struct Check;
  void add(CheckTarget target);
  void replace(Check& check, CheckTarget target);
  void schedule(Check& check, Instant due);
  void schedule_next(Check& check);
  void start_due();
  void start(Check& check);
  void finished(Check& check, const Finding& finding);
  void stop(Check& check);
  void on_deadline(Deadline&) override { start_due(); }

  net::Loop& loop_;
  const OnFlip on_flip_;
  const std::size_t running_max_;
  Rng rng_;
  ChunkPool chunks_;
  std::unordered_map<EndpointId, std::unique_ptr<Check>> checks_;
  std::set<std::pair<Instant, EndpointId>> due_;  // every check that is scheduled and not running
  std::size_t running_ = 0;
  Deadline wake_{*this};  // armed for the first of due_ while there is room to run it
};

}  // namespace segue::health

// The facts of one exchange, for counters and for one line of the access log.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "telemetry/counters.h"

namespace segue::telemetry {

/// How far the exchange had come when it ended.
enum class Phase : std::uint8_t {
  kHead,
  kRouting,
  kQueue,
  kConnect,
  kSend,
  kWait,
  kRelay,
  kTunnel,
  kDone
};
const char* to_string(Phase phase) noexcept;  ///< "head", "routing", …

struct AttemptRecord {
  std::string_view pool;
  std::string_view endpoint;
  Fault fault = Fault::kNone;    ///< kNone: it answered
  bool reused = false;           ///< on a kept-alive connection
  bool retry = false;            ///< this attempt repeats the one before
  Proof proof = Proof::kUnsent;  ///< only with `retry`: why it was allowed
};

/// Views hold during AccessLog::write() only. Instants are unset where a phase was not reached.
struct Record {
  std::uint64_t wall_ms = 0;                                ///< when the request began
  std::string_view request_id, client, method, host, path;  ///< path without query, as received
  std::string_view listener, route, pool, endpoint;
  std::string_view delivery, event;  ///< of a forge's webhook; "" for none
  std::string_view cohort_key, cohort_name;
  const char* why = "";      ///< how the first pool was chosen: a word that lasts
  std::uint64_t cohort = 0;  ///< hash; 0 with has_cohort unset
  bool has_cohort = false;
  std::uint8_t minor = 1;
  std::uint16_t status = 0;    ///< sent to the client; 0: none
  Error error;                 ///< who ended it, when it did not end well
  Phase phase = Phase::kDone;  ///< where it ended
  SessionState session = SessionState::kNone;
  OverrideState tester_override = OverrideState::kNone;
  std::uint64_t generation = 0;
  static constexpr std::size_t kAttemptsMax = 5;
  std::array<AttemptRecord, kAttemptsMax> attempts;
  std::size_t attempts_count = 0;
  std::uint64_t bytes_in = 0,
                bytes_out = 0;  ///< of the client's side: request and response with heads
  Micros queue{0}, connect{0}, first_byte{0}, total{0};
};

}  // namespace segue::telemetry

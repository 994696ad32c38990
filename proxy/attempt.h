// May this request be sent again? Only on proof that the first sending had no effect. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/error.h"
#include "lib/http/message.h"
#include "telemetry/counters.h"

namespace segue::proxy {

/// What is known about an attempt that failed before a final response head.
struct FailedAttempt {
  Error error;
  http::Method method = http::Method::kOther;
  bool bytes_written = false;   ///< some byte of the request left this process for this endpoint
  bool bytes_received = false;  ///< some byte of a response came, a 1xx included
  bool reused = false;          ///< on a connection that had served before
  bool body_replayable = true;  ///< no body, none read yet, or all of it still in the replay buffer
  bool retry_stale_post = false;  ///< the route's word on (c) for methods that are not idempotent
};

/// The proof that allows another attempt, or none:
/// (a) no byte of it was written: any method;
/// (c) a reused connection died before any response byte: idempotent methods, others where allowed;
/// (d) an idempotent method whose body can be replayed, and the connection broke.
/// A response that came too late or made no sense is an answer: the server may be at work on it.
std::optional<telemetry::Proof> proof_for_retry(const FailedAttempt& attempt) noexcept;

}  // namespace segue::proxy

// The proofs, in order of strength.
#include "proxy/attempt.h"

namespace segue::proxy {

std::optional<telemetry::Proof> proof_for_retry(const FailedAttempt& attempt) noexcept {
  using telemetry::Proof;
  if (attempt.error.side != Side::kUpstream || !attempt.body_replayable) return std::nullopt;
  if (!attempt.bytes_written) return Proof::kUnsent;
  const bool broke =
      attempt.error.fault == Fault::kClosedEarly || attempt.error.fault == Fault::kReset;
  if (!broke || attempt.bytes_received) return std::nullopt;
  const bool idempotent = http::is_idempotent(attempt.method);
  if (attempt.reused && (idempotent || attempt.retry_stale_post)) return Proof::kReusedConnection;
  if (idempotent) return Proof::kIdempotent;
  return std::nullopt;
}

}  // namespace segue::proxy

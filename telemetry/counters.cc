// The words for proofs, the same in the access log and in metrics.
#include "telemetry/counters.h"

namespace segue::telemetry {

const char* to_string(Proof proof) noexcept {
  switch (proof) {
    case Proof::kUnsent: return "unsent";
    case Proof::kReusedConnection: return "reused_connection";
    case Proof::kIdempotent: return "idempotent";
    case Proof::kCount: break;
  }
  return "unknown";
}

}  // namespace segue::telemetry

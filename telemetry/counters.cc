// The words for proofs, sessions and overrides, the same in the access log and in metrics.
#include "telemetry/counters.h"

namespace segue::telemetry {

const char* to_string(Proof proof) noexcept {
  switch (proof) {
    case Proof::kUnsent: return "unsent";
    case Proof::kReusedConnection: return "reused_connection";
    case Proof::kIdempotent: return "idempotent";
    case Proof::kLookup: return "lookup";
    case Proof::kCount: break;
  }
  return "unknown";
}

const char* to_string(SessionState state) noexcept {
  switch (state) {
    case SessionState::kNone: return "none";
    case SessionState::kNew: return "new";
    case SessionState::kKept: return "kept";
    case SessionState::kAway: return "away";
    case SessionState::kRedrawn: return "redrawn";
    case SessionState::kMoved: return "moved";
    case SessionState::kCount: break;
  }
  return "unknown";
}

const char* to_string(OverrideState state) noexcept {
  switch (state) {
    case OverrideState::kNone: return "none";
    case OverrideState::kTaken: return "taken";
    case OverrideState::kRefused: return "refused";
    case OverrideState::kCount: break;
  }
  return "unknown";
}

}  // namespace segue::telemetry

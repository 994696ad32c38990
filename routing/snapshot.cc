// Words for rotation, the same in logs, metrics and the admin API.
#include "routing/snapshot.h"

namespace segue::routing {

const char* to_string(Rotation rotation) noexcept {
  switch (rotation) {
    case Rotation::kIn: return "in";
    case Rotation::kHalfOpen: return "half_open";
    case Rotation::kDrain: return "drain";
    case Rotation::kOut: return "out";
  }
  return "unknown";
}

const char* to_string(Cause cause) noexcept {
  switch (cause) {
    case Cause::kNone: return "none";
    case Cause::kChecking: return "checking";
    case Cause::kUnhealthy: return "unhealthy";
    case Cause::kStarting: return "starting";
    case Cause::kEjected: return "ejected";
    case Cause::kAskedDrain: return "asked_drain";
    case Cause::kUnresolved: return "unresolved";
    case Cause::kOperator: return "operator";
  }
  return "unknown";
}

}  // namespace segue::routing

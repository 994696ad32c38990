// The words for phases, as the access log writes them.
#include "telemetry/record.h"

namespace segue::telemetry {

const char* to_string(Phase phase) noexcept {
  switch (phase) {
    case Phase::kHead: return "head";
    case Phase::kRouting: return "routing";
    case Phase::kQueue: return "queue";
    case Phase::kConnect: return "connect";
    case Phase::kSend: return "send";
    case Phase::kWait: return "wait";
    case Phase::kRelay: return "relay";
    case Phase::kTunnel: return "tunnel";
    case Phase::kDone: return "done";
  }
  return "unknown";
}

}  // namespace segue::telemetry

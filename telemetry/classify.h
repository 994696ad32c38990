// Is this outcome a success, a failure, or nobody's? One definition for health, metrics and (later)
// rollouts.
#pragma once

#include <cstdint>

#include "lib/base/error.h"

namespace segue::telemetry {

/// 502, 503 and 504, whether the upstream sent them or we do because of it.
constexpr bool is_gateway_error(std::uint16_t status) noexcept {
  return status == 502 || status == 503 || status == 504;
}

/// A failure of the pool: the upstream's fault, or a final status of 500 and above. A client that
/// hangs up is in neither number.
constexpr bool is_failure(std::uint16_t status, Error error) noexcept {
  if (error.fault != Fault::kNone) return error.side == Side::kUpstream;
  return status >= 500;
}

}  // namespace segue::telemetry

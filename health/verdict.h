// Single checks to a state: a few in a row decide, one alone never brings down what was up.
//
//              one pass                    fall failures
//   checking ───────────▶ up ─────────────────────────────▶ down, or starting
//       │                 ▲ ▲        rise passes               │
//       │ starting        │ └──────────────────────────────────┘
//       ▼       one pass  │
//   starting ─────────────┘         asked to drain: at once, from anywhere
//
// Pure: no clock, no I/O.
#pragma once

#include <cstdint>

#include "health/report.h"

namespace segue::health {

/// What one check found.
enum class Outcome : std::uint8_t {
  kPass,
  kFail,
  kStarting,    ///< a failure that says that it will pass soon
  kAskedDrain,  ///< an answer by which the endpoint asks for no new traffic
};

struct Thresholds {
  std::uint32_t rise = 2;  ///< passes in a row until up; ≥ 1
  std::uint32_t fall = 3;  ///< failures in a row until down; ≥ 1
};

class Verdict {
 public:
  using Health = EndpointState::Health;

  Verdict() = default;
  /// Begins in a state that is known from before: kUp stays until `fall` failures.
  explicit Verdict(Health state) : state_(state), fresh_(state == Health::kChecking) {}

  /// Takes one outcome in. True when the state changed.
  bool judge(Outcome outcome, Thresholds thresholds) noexcept;

  Health state() const noexcept { return state_; }
  std::uint32_t passes() const noexcept { return passes_; }      ///< in a row
  std::uint32_t failures() const noexcept { return failures_; }  ///< in a row

  /// The next check should come soon: checks in a row are being counted, or a pass is expected.
  bool changing() const noexcept;

 private:
  Health next(Outcome outcome, Thresholds thresholds) const noexcept;

  Health state_ = Health::kChecking;
  std::uint32_t passes_ = 0, failures_ = 0;
  bool fresh_ = true;  // never was up or down: the first pass is enough
};

}  // namespace segue::health

// Words for rotation, the same in logs, metrics and the admin API.
#include "routing/snapshot.h"

#include <algorithm>

#include "lib/base/hash.h"

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

bool admits(const Pool& pool, CohortHash cohort) noexcept {
  // Another order than that of the split: who comes back first has nothing to do with weights.
  constexpr std::uint64_t kAdmission = 0x61646d697373696fu;
  return pool.admitted >= kAdmitsAll || mix(cohort, kAdmission) % kAdmitsAll < pool.admitted;
}

std::uint32_t tag_of(std::string_view name) noexcept {
  const auto tag = static_cast<std::uint32_t>(siphash(name));
  return tag == 0 ? 1 : tag;  // 0 is nobody's
}

PinTable::PinTable(std::vector<Pin> pins) : pins_(std::move(pins)) {
  std::ranges::sort(pins_, {}, &Pin::cohort);
}

const PinTable::Pin* PinTable::find(CohortHash cohort) const noexcept {
  const auto at = std::ranges::lower_bound(pins_, cohort, {}, &Pin::cohort);
  return at == pins_.end() || at->cohort != cohort ? nullptr : &*at;
}

}  // namespace segue::routing

// Jitter is drawn anew each time, so endpoints that met once part again.
#include "health/schedule.h"

#include <algorithm>

namespace segue::health {

Micros delay_to_next(const conf::Health& check, const Verdict& verdict, Spread spread, Rng& rng) {
  Millis interval = check.interval;
  if (verdict.changing()) {
    interval = std::min(check.interval_changing, check.interval);
  } else if (verdict.state() == Verdict::Health::kDown) {
    interval = check.interval_down;
  }
  const double factor =
      spread == Spread::kYes ? rng.unit() : 1 + check.jitter * (2 * rng.unit() - 1);
  return Micros(static_cast<std::int64_t>(static_cast<double>(Micros(interval).count()) * factor));
}

}  // namespace segue::health

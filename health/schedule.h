// When an endpoint is checked next: often while its state is open, otherwise at its interval, and
// never in step with the others.
#pragma once

#include "health/verdict.h"
#include "lib/base/clock.h"
#include "lib/base/rng.h"

namespace segue::health {

/// Whether this is the delay that spreads endpoints over their interval, which each takes once.
enum class Spread : bool { kNo, kYes };

/// The time from the end of one check to the beginning of the next. The interval of the state
/// (changing, down, else normal) ± `check.jitter`; with kYes uniform between nothing and all of it.
Micros delay_to_next(const conf::Health& check, const Verdict& verdict, Spread spread, Rng& rng);

}  // namespace segue::health

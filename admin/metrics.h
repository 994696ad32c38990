// What /metrics shows: the names that belong to the workers' counters, filled from Control.
#pragma once

#include "admin/control.h"
#include "admin/observed.h"
#include "telemetry/exposition.h"

namespace segue::admin {

/// Series and endpoints that the configuration no longer has are included: counters never go back.
telemetry::Exposition exposition(Control& control, const Observed& observed, Instant now);

}  // namespace segue::admin

// What no section can see alone: references between sections, names and addresses given twice,
// routes that another one hides.
#pragma once

#include "conf/config.h"
#include "conf/cursor.h"

namespace segue::conf {

/// `config` was read from `root`, perhaps with problems: only what could be read is judged, so that
/// no problem is reported for being the consequence of another.
void check(const Cursor& root, const Config& config);

void check_routes(const Cursor& root, const Config& config);  ///< the part of it about routes

}  // namespace segue::conf

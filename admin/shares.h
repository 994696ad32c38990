// What a pool gets of a route's traffic now: of the weights, those that can take traffic, and of
// those that come back after a failure the part that is back.
#pragma once

#include <cstddef>

#include "routing/snapshot.h"

namespace segue::admin {

/// The part of the route's cohorts that branch `branch` of the split takes now, 0…1; what is
/// missing to 1 over all branches is at the fallback pools. Pins and sessions are not looked at.
double effective_share(const routing::Snapshot& snapshot, const routing::Route& route,
                       std::size_t branch);

}  // namespace segue::admin

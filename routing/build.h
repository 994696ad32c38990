// Desired -> the next Snapshot. Pure but for giving out ids.
#pragma once

#include <memory>

#include "lib/base/problem.h"
#include "lib/base/result.h"
#include "routing/desired.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// Builds generation previous->generation + 1 (1 without a previous one). Shares with `previous`
/// every pool, every route and the whole route table where nothing changed. Refuses rather than
/// repairs: on problems the old snapshot goes on serving. `desired` only gets new ids.
///
/// Rotation of an endpoint: the operator's word; else unresolved; else health; else outlier
/// (rotation.h). An outlier never takes the last endpoint of a pool that is otherwise in rotation.
///
/// Weights: what an operator set, by pool name, else the file's. They are refused when together
/// they make no split (all 0), also when a reload brought that about: set them anew, or forget
/// them.
Result<std::shared_ptr<const Snapshot>, Problems> build(
    Desired& desired, const std::shared_ptr<const Snapshot>& previous);

}  // namespace segue::routing

// Desired -> the next Snapshot. Pure but for giving out ids.
#pragma once

#include <memory>

#include "lib/base/problem.h"
#include "routing/desired.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// Builds generation previous->generation + 1 (1 without a previous one). Shares with `previous` every
/// pool and the whole route table where nothing changed. Refuses rather than repairs: on problems the
/// old snapshot goes on serving. `desired` only gets new ids.
///
/// Rotation of an endpoint: the operator's word; else unresolved; else health; else outlier. An outlier
/// never takes the last endpoint of a pool that is otherwise in rotation.
Result<std::shared_ptr<const Snapshot>, Problems> build(Desired& desired,
                                                        const std::shared_ptr<const Snapshot>& previous);

}  // namespace segue::routing

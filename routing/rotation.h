// Who of a pool is in rotation, and why the others are not. Pure.
#pragma once

#include <memory>

#include "routing/desired.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// Where an endpoint stands: the operator's word (drain, out); else unresolved, for nobody can send
/// to nowhere; else the operator's "ready"; else health; else outlier. `checked` is false for pools
/// without active checks: their endpoints are as good as up.
Standing standing_of(const EndpointState& state, bool resolved, bool checked) noexcept;

/// The same if no outlier had been seen.
Standing standing_without_outlier(EndpointState state, bool resolved, bool checked) noexcept;

/// Whether anybody has said anything about the endpoint yet.
bool has_verdict(const EndpointState& state, bool checked) noexcept;

/// The pool as `desired` has it: `previous` itself (may be null) when nothing about it has changed.
/// Gives out endpoint ids. An outlier never takes the last endpoint that is otherwise in rotation:
/// of several, one that was in rotation before stays, else a half-open one, else the first.
std::shared_ptr<const Pool> build_pool(Desired& desired, const conf::Pool& settings,
                                       const std::shared_ptr<const Pool>& previous);

}  // namespace segue::routing

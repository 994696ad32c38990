// The last step of every change: conditions are checked, control is asked, and the answer waits
// until every worker serves what was asked for.
#pragma once

#include <functional>
#include <optional>

#include "admin/call.h"
#include "admin/json.h"

namespace segue::admin {

/// The request's If-Match; refuses with 400 when it is malformed and with 412 when it names another
/// generation than the newest. `matched` holds what control shall check again.
bool check_if_match(const Call& call, std::optional<routing::Generation>& matched);

/// What a change did, for its answer; called with the snapshot of then.
using Describe = std::function<Json(const routing::Snapshot&, const Applied&)>;

/// What to hand to Control. Answers `{"generation": …, "settled": true, "changed": …, …describe(),
/// "warnings": […]}` once settled; 202 with "settled": false after Limits::settle.
Control::Done answer_when_settled(const Call& call, Describe describe);

}  // namespace segue::admin

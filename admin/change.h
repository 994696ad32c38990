// The last step of every change: conditions are checked, control is asked, and the answer waits
// until every worker serves what was asked for; or, for a rehearsal, says what would move.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

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

/// The members that every body of a change may have, with `own`.
std::vector<std::string> change_members(std::vector<std::string> own);

/// The body's "for" ("15m") as a wall clock time from now; 0 without one.
std::uint64_t until_of(const Json& body, Problems& problems);

/// Asks Control for `operations` with the body's reason and dry_run, and answers. Without
/// `describe` the differences alone are told. Refuses with 422 when there are `problems`;
/// `sentence` then says so when there are several.
void submit(Call& call, const Json& body, std::vector<routing::Operation> operations,
            Problems problems, Describe describe = {},
            std::string_view sentence = "the change is not possible; nothing was changed");

/// The same for what is asked of Control in another way; the change has no operations yet.
using Ask = std::function<void(Change, Control::Done)>;
void submit(Call& call, const Json& body, const Ask& ask, Problems problems, Describe describe = {},
            std::string_view sentence = "the change is not possible; nothing was changed");

}  // namespace segue::admin

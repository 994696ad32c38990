// application/problem+json (RFC 9457): every refusal of the admin API, with sentences a person can
// act on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/control.h"
#include "admin/message.h"
#include "lib/base/problem.h"

namespace segue::admin {

/// One refusal. `type` is "urn:segue:problem:" and a word per status; `errors` say which parts are
/// wrong.
///
/// {"type": …, "title": "Not Found", "status": 404, "detail": "…", "errors": [{"path": …, "detail":
/// …}]}
Response problem_response(int status, std::string_view detail, const Problems& errors = {});

/// What control said no to, with its status: 422, 404, 412 or 503.
Response problem_response(const Refusal& refusal);

/// ": unknown pool \"nwe\"; did you mean \"new\"?" without the colon. With nothing near, what there
/// is is listed.
std::string unknown_word(std::string_view what, std::string_view word,
                         const std::vector<std::string>& known);

}  // namespace segue::admin

// The framing, Host and connection rules that llhttp leaves open: from a parsed head to a judged
// one.
//
// One request in must be exactly one request out; whatever two servers could read differently is
// refused. Each rule carries its RFC section where it is enforced.
#pragma once

#include "lib/base/result.h"
#include "lib/http/message.h"

namespace segue::http {

/// Fills in path, query, authority, body, keep_alive, upgrade and expects_continue, and marks
/// hop-by-hop fields. Errors (side kClient): kBadMessage, kMethodRefused for CONNECT.
Status<> judge_request(Head& head) noexcept;

/// The same for a response to a request with `method`; `upgrade_asked` when that request offered an
/// upgrade. Errors (side kUpstream): kBadMessage.
Status<> judge_response(Head& head, Method method, bool upgrade_asked) noexcept;

}  // namespace segue::http

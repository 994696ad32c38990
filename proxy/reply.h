// Answers of our own: a complete response with a short page and the reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/base/gather.h"
#include "lib/http/h1_writer.h"
#include "lib/http/status.h"

namespace segue::proxy {

// Seconds a client is asked to wait after a 503.
inline constexpr int kRetryAfterSeconds = 1;

/// "X-Segue-Reason: …\r\n" and what else belongs to `fault`: content type, Retry-After, Allow.
std::string reply_fields(Fault fault, http::Page page);

/// Status line, `head_fields` (complete lines), length, connection and `body`, which is not sent
/// (but counted) when `body_wanted` is false (HEAD).
enum class Body : bool { kOmit, kSend };
void write_reply(Gather& out, std::uint16_t status, std::string_view head_fields,
                 std::string_view body, http::Persistence persistence, Body wanted);

}  // namespace segue::proxy

// Heads, chunk frames and trailers as HTTP/1.1 puts them on the wire.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/base/gather.h"
#include "lib/http/message.h"

namespace segue::http {

/// What the Connection field of a head says.
enum class Persistence : std::uint8_t { kDefault, kKeepAlive, kClose, kUpgrade };

/// A request: origin form (or "*"), the fields that are not hop-by-hop in their order and case,
/// `extra`, then framing. `host` is sent as Host where the head has none (HTTP/1.0).
void write_request_head(Gather& out, const Head& head, std::span<const Field> extra,
                        BodyLength body, Persistence persistence, std::string_view host);

/// A response, always as HTTP/1.1 (RFC 9112 §2.3).
void write_response_head(Gather& out, const Head& head, std::span<const Field> extra,
                         BodyLength body, Persistence persistence);

/// The size line of a chunk of `bytes` ≥ 1; its data and "\r\n" follow.
void write_chunk_size(Gather& out, std::uint64_t bytes);

/// The last chunk and the trailer section.
void write_last_chunk(Gather& out, std::span<const Field> trailers);

}  // namespace segue::http

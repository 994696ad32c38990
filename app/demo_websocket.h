// The server's half of RFC 6455 as far as an echo needs it.
#pragma once

#include <string>
#include <string_view>

namespace segue::app {

/// Sec-WebSocket-Accept for a client's Sec-WebSocket-Key (RFC 6455 §4.2.2).
std::string websocket_accept(std::string_view key);

/// Takes whole frames off the front of `in` and appends the answers to `out`: data comes back as it
/// is, a ping as pong, a close as close. False when the connection is over: after a close, or a
/// frame that is unmasked or larger than kFrameMax.
bool websocket_echo(std::string& in, std::string& out);

inline constexpr std::size_t kFrameMax = 4 << 20;  ///< bytes of payload

}  // namespace segue::app

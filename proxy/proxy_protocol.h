// The PROXY protocol, versions 1 and 2: who is at the other end of a connection that a proxy made
// for somebody else (haproxy.org, proxy-protocol.txt §2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lib/base/address.h"

namespace segue::proxy {

struct ProxyHeader {
  enum class Outcome : std::uint8_t { kMore, kOk, kBad } outcome = Outcome::kMore;
  std::size_t bytes = 0;  ///< of the header; what follows is the connection's
  SocketAddress source;   ///< AF_UNSPEC for UNKNOWN and LOCAL: keep the real peer
};

/// The header at the beginning of `bytes`. kMore at most for 107 bytes (v1) or 16 + 520 bytes (v2).
ProxyHeader parse_proxy_header(std::span<const char> bytes) noexcept;

/// The header for a connection made for `source`, as text (v1) or binary (v2). A source or
/// destination that has no IP address gives UNKNOWN or LOCAL.
std::string make_proxy_header_v1(const SocketAddress& source, const SocketAddress& destination);
std::string make_proxy_header_v2(const SocketAddress& source, const SocketAddress& destination);

}  // namespace segue::proxy

// What the proxy says about the client: X-Forwarded-*, X-Request-Id, traceparent, and on request
// Forwarded and Via (RFC 7239, RFC 9110 §7.6.3).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/rng.h"
#include "lib/http/message.h"
#include "proxy/client.h"

namespace segue::proxy {

/// The fields added to one request. Reused from exchange to exchange: warm, it allocates nothing
/// unless a trusted proxy's X-Forwarded-For is long.
class ForwardedFields {
 public:
  static constexpr std::size_t kFieldsMax = 11;

  /// Fills the fields for `head` and marks those of the client that they replace as hop_by_hop.
  /// From a peer that is not trusted what came in is replaced; from a trusted one X-Forwarded-For
  /// is appended to and the rest kept. traceparent is continued, or begun. Views hold until the
  /// next make().
  std::span<const http::Field> make(http::Head& head, const ClientInfo& client,
                                    const conf::Forwarding& settings, Rng& rng);

  /// The id of the request, ours or a trusted peer's. Holds until the next make().
  std::string_view request_id() const noexcept { return request_id_; }

 private:
  void add(std::string_view name, std::string_view value);
  std::array<http::Field, kFieldsMax> fields_;
  std::size_t count_ = 0;
  std::array<char, 32> id_;
  std::array<char, 55> trace_;
  std::string_view request_id_;
  std::string forwarded_for_, forwarded_;
};

/// The first address a trusted chain vouches for: the last element of X-Forwarded-For that is not
/// itself a trusted proxy, or the first one when all are; the peer where it is not trusted or says
/// nothing. What is no address ends the chain. A view into the field or the peer's host.
std::string_view client_address(const http::Head& head, const ClientInfo& client) noexcept;

}  // namespace segue::proxy

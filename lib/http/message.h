// A request or response head as values: what the parser finds, the rules judge, routing reads and
// the writer sends.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace segue::http {

/// Fields the proxy treats specially; every other name is kOther. `field_id` knows them all.
enum class FieldId : std::uint8_t {
  kOther,
  kHost,
  kConnection,
  kProxyConnection,
  kKeepAlive,
  kContentLength,
  kTransferEncoding,
  kTe,
  kTrailer,
  kUpgrade,
  kHttp2Settings,
  kExpect,
  kCookie,
  kSetCookie,
  kAuthorization,
  kProxyAuthorization,
  kProxyAuthenticate,
  kLocation,
  kForwarded,
  kVia,
  kXForwardedFor,
  kXForwardedProto,
  kXForwardedHost,
  kXForwardedPort,
  kXForwardedOther,  // any other X-Forwarded-*
  kXRealIp,
  kXSslClient,  // X-SSL-Client-Verify, -Subject, -Fingerprint
  kXRequestId,
  kTraceparent,
  kRetryAfter,
  kAccept,
  kCount,
};

struct Field {
  std::string_view name;   ///< as received; compare with http::same_name()
  std::string_view value;  ///< without surrounding whitespace (RFC 9110 §5.5)
  FieldId id = FieldId::kOther;
  bool hop_by_hop = false;  ///< stays here: never forwarded (RFC 9110 §7.6.1)
};

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kPut,
  kDelete,
  kOptions,
  kTrace,
  kPatch,
  kConnect,
  kOther
};

/// RFC 9110 §9.2.2: sending it twice is the same as sending it once.
constexpr bool is_idempotent(Method method) noexcept {
  return method == Method::kGet || method == Method::kHead || method == Method::kPut ||
         method == Method::kDelete || method == Method::kOptions || method == Method::kTrace;
}

/// How the end of a body is known (RFC 9112 §6.3).
struct BodyLength {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked, kUntilClose } kind = Kind::kNone;
  std::uint64_t bytes = 0;  ///< only for kLength

  bool operator==(const BodyLength&) const = default;
};

/// A request or response head. Every view points into the connection's head buffer and holds until
/// the connection reads its next head.
struct Head {
  // Requests; empty in a response.
  std::string_view method;
  std::string_view target;     ///< the request target byte for byte (RFC 9112 §3.2)
  std::string_view path;       ///< of the target, raw, without query; "*" for OPTIONS *
  std::string_view query;      ///< raw, without '?'
  std::string_view authority;  ///< from an absolute-form target, else from Host
  bool has_query = false;      ///< tells "/a?" from "/a"
  Method method_id = Method::kOther;

  // Responses.
  std::uint16_t status = 0;  ///< 0 in a request
  std::string_view reason;

  std::uint8_t minor = 1;  ///< HTTP/1.minor
  bool upgrade = false;    ///< Connection: upgrade with an Upgrade field
  bool keep_alive = true;  ///< the peer would take another message on this connection
  bool expects_continue = false;
  std::span<Field> fields;
  BodyLength body;

  /// The first field with this id, or null. Only ids other than kOther.
  const Field* find(FieldId id) const noexcept {
    for (const Field& field : fields)
      if (field.id == id) return &field;
    return nullptr;
  }
};

}  // namespace segue::http

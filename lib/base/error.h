// What went wrong on the data path, small enough to return in a register.
#pragma once

#include <cstdint>

namespace segue {

/// The fault itself. Each enumerator documents the status the client sees when no response has
/// been sent yet; `http::status_for(Error)` is the one mapping. `to_string` gives the word used in
/// the access log, in metrics and in the `X-Segue-Reason` header.
enum class Fault : std::uint8_t {
  kNone,
  kBadMessage,        // 400 from the client, 502 from an upstream (RFC 9112 §2.2)
  kTargetTooLong,     // 414
  kHeadTooLarge,      // 431 (RFC 6585 §5); 502 when an upstream sent it
  kVersion,           // 505: not HTTP/1.x
  kMethodRefused,     // 405: CONNECT
  kAmbiguousTarget,   // 400: original and normalised path would match different routes
  kNoRoute,           // 404
  kLookupFailed,      // 404: one pool had said so, and no other could say more
  kNoEndpoint,        // 503 + Retry-After: no pool of the route is eligible
  kQueueFull,         // 503 + Retry-After
  kQueueTimeout,      // 503 + Retry-After
  kConnectFailed,     // 502: refused, unreachable or reset while connecting
  kConnectTimeout,    // 504
  kHeadTimeout,       // 408: the client's head took too long
  kBodyTimeout,       // 408: the client's body stood still
  kFirstByteTimeout,  // 504: no response head in time
  kStreamTimeout,     // 504: the upstream's body stood still, or the whole request took too long
  kClosedEarly,       // 502: the peer closed before the message was complete
  kReset,             // 502: the peer reset the connection
  kIdle,              // no status: a kept-alive connection stood idle for too long
  kOverloaded,        // 503 + Retry-After: a limit of our own (connections, memory, descriptors)
  kDraining,          // 503 + Retry-After: the process stops
  kNotTls,            // 400: plain HTTP on a listener that speaks TLS
  kBodyTooLarge,      // 413
  kTlsFailed,         // 502: no TLS connection to an upstream; no status: a client's handshake
};

/// Who is to blame. Only kUpstream counts against an endpoint's health or a pool's failure ratio:
/// a client that hangs up must not roll back a rollout.
enum class Side : std::uint8_t { kClient, kUpstream, kSelf };

/// The rule of HTTP that a message broke, beside Fault::kBadMessage and its like: what its sender
/// has to put right. `http::explain(Rule)` has the sentence and the clause.
enum class Rule : std::uint8_t {
  kNone,
  kSyntax,           // of the start line or a field (RFC 9112 §2.2, §5.1)
  kLineEnd,          // CR LF, and no other control character (RFC 9112 §2.2)
  kMethod,           // a method that nobody knows (RFC 9110 §9.1)
  kRequestLine,      // single spaces (RFC 9112 §3)
  kTarget,           // RFC 9112 §3.2
  kHostMissing,      // RFC 9112 §3.2
  kHostRepeated,     // RFC 9112 §3.2
  kHostInvalid,      // RFC 9112 §3.2, RFC 3986 §3.2.2
  kHostDiffers,      // from an absolute target (RFC 9112 §3.2.2)
  kNameCollision,    // '_' and '-': two fields that some servers take for one
  kCodingUnknown,    // a Transfer-Encoding other than one "chunked" (RFC 9112 §6.1)
  kCodingInOldHttp,  // Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)
  kCodingAndLength,  // RFC 9112 §6.1
  kLengthRepeated,   // RFC 9112 §6.3
  kLengthInvalid,    // RFC 9110 §8.6
  kConnection,       // too many options (RFC 9110 §7.6.1)
  kChunk,            // size, extension or end of a chunk (RFC 9112 §7.1)
  kStatus,           // RFC 9112 §4
  kUpgrade,          // a 101 that nobody asked for, or to something else (RFC 9110 §15.2.2)
  kInterim,          // too many 1xx responses
};

struct Error {
  Fault fault = Fault::kNone;
  Side side = Side::kSelf;
  Rule rule = Rule::kNone;

  explicit operator bool() const noexcept { return fault != Fault::kNone; }
};
static_assert(sizeof(Error) == 3);

/// The fault's word: lower case with underscores, "none" for kNone. Static storage.
const char* to_string(Fault fault) noexcept;
const char* to_string(Side side) noexcept;
const char* to_string(Rule rule) noexcept;  ///< "host_missing"; "none" for kNone

}  // namespace segue

// Words for faults and sides, the same in logs, metrics and headers.
#include "lib/base/error.h"

namespace segue {

const char* to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::kNone: return "none";
    case Fault::kBadMessage: return "bad_message";
    case Fault::kTargetTooLong: return "target_too_long";
    case Fault::kHeadTooLarge: return "head_too_large";
    case Fault::kVersion: return "version";
    case Fault::kMethodRefused: return "method_refused";
    case Fault::kAmbiguousTarget: return "ambiguous_target";
    case Fault::kNoRoute: return "no_route";
    case Fault::kLookupFailed: return "lookup_failed";
    case Fault::kNoEndpoint: return "no_endpoint";
    case Fault::kQueueFull: return "queue_full";
    case Fault::kQueueTimeout: return "queue_timeout";
    case Fault::kConnectFailed: return "connect_failed";
    case Fault::kConnectTimeout: return "connect_timeout";
    case Fault::kHeadTimeout: return "head_timeout";
    case Fault::kBodyTimeout: return "body_timeout";
    case Fault::kFirstByteTimeout: return "first_byte_timeout";
    case Fault::kStreamTimeout: return "stream_timeout";
    case Fault::kClosedEarly: return "closed_early";
    case Fault::kReset: return "reset";
    case Fault::kIdle: return "idle";
    case Fault::kOverloaded: return "overloaded";
    case Fault::kDraining: return "draining";
    case Fault::kNotTls: return "not_tls";
    case Fault::kBodyTooLarge: return "body_too_large";
    case Fault::kTlsFailed: return "tls_failed";
  }
  return "unknown";
}

const char* to_string(Side side) noexcept {
  switch (side) {
    case Side::kClient: return "client";
    case Side::kUpstream: return "upstream";
    case Side::kSelf: return "self";
  }
  return "unknown";
}

const char* to_string(Rule rule) noexcept {
  switch (rule) {
    case Rule::kNone: return "none";
    case Rule::kSyntax: return "syntax";
    case Rule::kLineEnd: return "line_end";
    case Rule::kMethod: return "method";
    case Rule::kRequestLine: return "request_line";
    case Rule::kTarget: return "target";
    case Rule::kHostMissing: return "host_missing";
    case Rule::kHostRepeated: return "host_repeated";
    case Rule::kHostInvalid: return "host_invalid";
    case Rule::kHostDiffers: return "host_differs";
    case Rule::kNameCollision: return "name_collision";
    case Rule::kCodingUnknown: return "coding_unknown";
    case Rule::kCodingInOldHttp: return "coding_in_old_http";
    case Rule::kCodingAndLength: return "coding_and_length";
    case Rule::kLengthRepeated: return "length_repeated";
    case Rule::kLengthInvalid: return "length_invalid";
    case Rule::kConnection: return "connection";
    case Rule::kChunk: return "chunk";
    case Rule::kStatus: return "status";
    case Rule::kUpgrade: return "upgrade";
    case Rule::kInterim: return "interim";
  }
  return "unknown";
}

}  // namespace segue

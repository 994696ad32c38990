// Judging heads: one pass over the fields, then the combinations.
#include "lib/http/h1_rules.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>

#include "lib/http/field.h"
#include "lib/http/target.h"

namespace segue::http {
namespace {

/// What one pass over the fields finds.
struct Survey {
  const Field* host = nullptr;
  Field* length = nullptr;
  const Field* coding = nullptr;
  const Field* upgrade = nullptr;
  const Field* expect = nullptr;
  int hosts = 0, lengths = 0, codings = 0, connections = 0;
  bool close = false, keep_alive = false, connection_upgrade = false, underscores = false;
  bool h2c = false;
};

/// Fields a peer may not make us drop by naming them in Connection: they carry framing, identity or
/// what the proxy itself says.
bool stays(FieldId id) {
  switch (id) {
    case FieldId::kHost:
    case FieldId::kContentLength:
    case FieldId::kTransferEncoding:
    case FieldId::kAuthorization:
    case FieldId::kCookie:
    case FieldId::kSetCookie:
    case FieldId::kForwarded:
    case FieldId::kVia:
    case FieldId::kXForwardedFor:
    case FieldId::kXForwardedProto:
    case FieldId::kXForwardedHost:
    case FieldId::kXForwardedPort:
    case FieldId::kXForwardedOther:
    case FieldId::kXRealIp:
    case FieldId::kXSslClient:
    case FieldId::kXRequestId:
    case FieldId::kTraceparent: return true;
    default: return false;
  }
}

bool is_hop_by_hop(FieldId id) {  // RFC 9110 §7.6.1
  switch (id) {
    case FieldId::kConnection:
    case FieldId::kProxyConnection:
    case FieldId::kKeepAlive:
    case FieldId::kTransferEncoding:
    case FieldId::kTe:
    case FieldId::kUpgrade:
    case FieldId::kHttp2Settings: return true;
    default: return false;
  }
}

void survey(Field& field, Survey& found) {
  switch (field.id) {
    case FieldId::kHost:
      found.host = &field;
      ++found.hosts;
      break;
    case FieldId::kContentLength:
      found.length = &field;
      ++found.lengths;
      break;
    case FieldId::kTransferEncoding:
      found.coding = &field;
      ++found.codings;
      break;
    case FieldId::kUpgrade:
      found.upgrade = &field;
      found.h2c = found.h2c || has_token(field.value, "h2c");
      break;
    case FieldId::kExpect: found.expect = &field; break;
    case FieldId::kConnection:
      ++found.connections;
      for_each_token(field.value, [&](std::string_view token) {
        if (same_name(token, "close")) found.close = true;
        if (same_name(token, "keep-alive")) found.keep_alive = true;
        if (same_name(token, "upgrade")) found.connection_upgrade = true;
      });
      break;
    default: break;
  }
}

/// Whether one of the bytes is '_'.
bool has_underscore(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  const std::uint64_t differs = word ^ ('_' * kOnes);
  return ((differs - kOnes) & ~differs & (0x80 * kOnes)) != 0;
}

/// Eight bytes at a time, because it looks at every name; the last word overlaps the one before.
bool has_underscore(std::string_view name) {
  if (name.size() < 8) return name.find('_') != std::string_view::npos;
  std::uint64_t word;
  for (std::size_t i = 0; i + 8 < name.size(); i += 8) {
    std::memcpy(&word, name.data() + i, 8);
    if (has_underscore(word)) return true;
  }
  std::memcpy(&word, name.data() + name.size() - 8, 8);
  return has_underscore(word);
}

Survey survey_fields(Head& head) {
  Survey found;
  for (Field& field : head.fields) {
    field.hop_by_hop = is_hop_by_hop(field.id);
    if (has_underscore(field.name)) found.underscores = true;
    survey(field, found);
  }
  return found;
}

// Options in the Connection fields of a head: each is looked for among all fields.
constexpr int kConnectionOptionsMax = 32;

/// Marks the fields that Connection names (RFC 9110 §7.6.1). False when it names too many.
bool mark_named(Head& head) {
  int options = 0;
  for (const Field& connection : head.fields) {
    if (connection.id != FieldId::kConnection) continue;
    for_each_token(connection.value, [&](std::string_view token) {
      if (++options > kConnectionOptionsMax) return;
      if (same_name(token, "close") || same_name(token, "keep-alive")) return;
      for (Field& field : head.fields)
        if (!stays(field.id) && same_name(field.name, token)) field.hop_by_hop = true;
    });
  }
  return options <= kConnectionOptionsMax;
}

char folded(char c) {
  return c == '_' ? '-' : to_lower(c);
}

bool same_folded(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (folded(a[i]) != folded(b[i])) return false;
  return true;
}

/// Servers that fold '_' to '-' (CGI, WSGI) would see two different fields as one, or take a
/// client's field for one of ours.
bool has_collision(const Head& head) {
  static constexpr std::string_view kOurs[] = {
      "content-length",      "transfer-encoding",    "host",
      "connection",          "x-forwarded-for",      "x-forwarded-proto",
      "x-forwarded-host",    "x-forwarded-port",     "x-request-id",
      "forwarded",           "traceparent",          "x-real-ip",
      "x-ssl-client-verify", "x-ssl-client-subject", "x-ssl-client-fingerprint"};
  for (const Field& field : head.fields) {
    if (field.name.find('_') == std::string_view::npos) continue;
    for (const std::string_view ours : kOurs)
      if (same_folded(field.name, ours)) return true;
    for (const Field& other : head.fields)
      if (&other != &field && !same_name(other.name, field.name) &&
          same_folded(other.name, field.name))
        return true;
  }
  return false;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

/// An IPv6 address, as it stands between brackets.
bool is_ipv6(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(copy) || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  in6_addr address;
  return inet_pton(AF_INET6, copy, &address) == 1;
}

/// reg-name or an IPv4 address, at least one character (RFC 3986 §3.2.2).
bool is_name(std::string_view text) {
  constexpr std::string_view kOthers = ".-_~!$&'()*+;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      kOthers.find(c) != std::string_view::npos;
    if (fine) continue;
    if (c != '%' || i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))
      return false;
    i += 2;
  }
  return !text.empty();
}

/// uri-host [ ":" port ] (RFC 3986 §3.2.2, §3.2.3); what they mean is nobody's business here.
bool is_host(std::string_view value) {
  const bool literal = value.starts_with('[');
  const std::size_t end = literal ? value.find(']') : value.find(':');
  if (literal && end == std::string_view::npos) return false;
  const std::string_view host = value.substr(literal ? 1 : 0, literal ? end - 1 : end);
  if (literal ? !is_ipv6(host) : !is_name(host)) return false;
  const std::size_t behind = literal ? end + 1 : std::min(end, value.size());
  if (behind == value.size()) return true;
  if (value[behind] != ':') return false;
  for (const char c : value.substr(behind + 1))
    if (c < '0' || c > '9') return false;
  return true;
}

/// Digits alone, at least one, without overflow (RFC 9110 §8.6).
bool parse_length(std::string_view value, std::uint64_t& out) {
  // Servers keep lengths in signed 64-bit numbers; what could wrap there, or hides in zeros, is
  // refused.
  constexpr std::size_t kDigitsMax = 18;
  if (value.empty() || value.size() > kDigitsMax) return false;
  for (const char c : value)
    if (c < '0' || c > '9') return false;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  return error == std::errc{} && end == value.data() + value.size();
}

Failure<Error> bad(Side side, Rule rule) {
  return fail(Error{Fault::kBadMessage, side, rule});
}

/// Transfer-Encoding and Content-Length, the same in both directions (RFC 9112 §6.1, §6.2).
Status<> judge_framing(const Head& head, const Survey& found, BodyLength& body, Side side) {
  if (found.codings > 0) {
    // §6.1: faulty in HTTP/1.0. Only "chunked", once: any other coding is one we cannot frame.
    if (head.minor == 0) return bad(side, Rule::kCodingInOldHttp);
    if (found.lengths > 0) return bad(side, Rule::kCodingAndLength);
    if (found.codings > 1 || !same_name(found.coding->value, "chunked"))
      return bad(side, Rule::kCodingUnknown);
    body.kind = BodyLength::Kind::kChunked;
  } else if (found.lengths > 0) {
    // §6.3: several, or a list, even of equal values.
    std::string_view& value = found.length->value;
    if (found.lengths > 1) return bad(side, Rule::kLengthRepeated);
    if (!parse_length(value, body.bytes)) return bad(side, Rule::kLengthInvalid);
    // A zero in front means octal to some; what is sent on means the same to all.
    value.remove_prefix(std::min(value.find_first_not_of('0'), value.size() - 1));
    body.kind = BodyLength::Kind::kLength;
  }
  return Done{};
}

}  // namespace

Status<> judge_request(Head& head) noexcept {
  if (head.method_id == Method::kConnect) return fail(Error{Fault::kMethodRefused, Side::kClient});
  const Survey found = survey_fields(head);

  // RFC 9112 §3.2: exactly one Host in HTTP/1.1; HTTP/1.0 may do without.
  if (found.hosts > 1) return bad(Side::kClient, Rule::kHostRepeated);
  if (found.hosts == 0 && head.minor == 1) return bad(Side::kClient, Rule::kHostMissing);
  if (found.host != nullptr && !is_host(found.host->value))
    return bad(Side::kClient, Rule::kHostInvalid);
  const auto target = split_target(head.target, head.method_id);
  if (!target) return bad(Side::kClient, Rule::kTarget);
  head.path = target->path;
  head.query = target->query;
  head.has_query = target->has_query;
  head.authority = found.host != nullptr ? found.host->value : target->authority;
  if (!target->authority.empty()) {
    // §3.2.2: an absolute form beats Host; where they differ, somebody behind us would disagree.
    if (found.host != nullptr && !same_name(found.host->value, target->authority))
      return bad(Side::kClient, Rule::kHostDiffers);
    if (!is_host(target->authority)) return bad(Side::kClient, Rule::kTarget);
  }
  if (found.underscores && has_collision(head)) return bad(Side::kClient, Rule::kNameCollision);

  Status<> framing = judge_framing(head, found, head.body, Side::kClient);
  if (!framing) return framing;
  if (found.connections > 0 && !mark_named(head)) return bad(Side::kClient, Rule::kConnection);
  const bool has_body = head.body.kind == BodyLength::Kind::kChunked || head.body.bytes > 0;
  // An upgrade is offered, not demanded (RFC 9110 §7.8): with a body, or from HTTP/1.0, we do not
  // pass it on. Nor HTTP/2 in the clear: what it would carry could not be looked at.
  head.upgrade = found.connection_upgrade && found.upgrade != nullptr && head.minor == 1 &&
                 !has_body && !found.h2c;
  head.keep_alive = !found.close && (head.minor == 1 || found.keep_alive);
  head.expects_continue =
      found.expect != nullptr && head.minor == 1 && same_name(found.expect->value, "100-continue");
  return Done{};
}

Status<> judge_response(Head& head, Method method, bool upgrade_asked) noexcept {
  if (head.status < 100 || head.status > 599) return bad(Side::kUpstream, Rule::kStatus);
  for (const char c : head.reason)  // RFC 9112 §4: no control characters in a reason phrase
    if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f) return bad(Side::kUpstream, Rule::kStatus);
  const Survey found = survey_fields(head);
  if (found.connections > 0 && !mark_named(head)) return bad(Side::kUpstream, Rule::kConnection);
  head.upgrade = head.status == 101;
  if (head.upgrade && (!upgrade_asked || found.upgrade == nullptr || !found.connection_upgrade))
    return bad(Side::kUpstream, Rule::kUpgrade);
  Status<> framing = judge_framing(head, found, head.body, Side::kUpstream);
  if (!framing) return framing;

  head.keep_alive = !found.close && (head.minor == 1 || found.keep_alive);
  // RFC 9112 §6.3: these never have a body, whatever their fields say.
  const bool bodiless =
      method == Method::kHead || head.status < 200 || head.status == 204 || head.status == 304;
  if (bodiless) {
    head.body = {};
    // RFC 9110 §8.6: no Content-Length in these, whoever sent it.
    if (head.status < 200 || head.status == 204)
      for (Field& field : head.fields)
        if (field.id == FieldId::kContentLength) field.hop_by_hop = true;
  } else if (head.body.kind == BodyLength::Kind::kNone) {
    head.body.kind = BodyLength::Kind::kUntilClose;
    head.keep_alive = false;
  }
  return Done{};
}

}  // namespace segue::http

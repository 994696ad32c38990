// Comparing names eight bytes at a time, and the switch that knows the proxy's own fields.
#include "lib/http/field.h"

#include <cstring>

#include "lib/http/cookie.h"

namespace segue::http {
namespace {

/// Every byte A–Z of the word to lower case, all others unchanged.
constexpr std::uint64_t lower_word(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  const std::uint64_t low = word & (0x7f * kOnes);
  const std::uint64_t above_z = low + (0x7f - 'Z') * kOnes;
  const std::uint64_t from_a = low + (0x80 - 'A') * kOnes;
  const std::uint64_t upper = (from_a ^ above_z) & ~word & (0x80 * kOnes);
  return word | (upper >> 2);
}

template <typename Word>
std::uint64_t load_lower(const char* at) noexcept {
  Word word;
  std::memcpy(&word, at, sizeof(word));
  return lower_word(word);
}

[[gnu::always_inline]] inline bool same_bytes(const char* a, const char* b,
                                              std::size_t size) noexcept {
  if (size >= 8) {  // the last word overlaps the one before
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (load_lower<std::uint64_t>(a + i) != load_lower<std::uint64_t>(b + i)) return false;
    }
    return load_lower<std::uint64_t>(a + size - 8) == load_lower<std::uint64_t>(b + size - 8);
  }
  if (size >= 4) {
    return load_lower<std::uint32_t>(a) == load_lower<std::uint32_t>(b) &&
           load_lower<std::uint32_t>(a + size - 4) == load_lower<std::uint32_t>(b + size - 4);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

/// `name` has the length of the literal already, whose words the compiler knows then.
template <std::size_t N>
bool is(std::string_view name, const char (&literal)[N]) noexcept {
  return same_bytes(name.data(), literal, N - 1);
}

}  // namespace

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_tchar(c)) return false;
  }
  return !text.empty();
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

// A table in the form of a switch, hence its size. NOLINTNEXTLINE(readability-function-size)
FieldId field_id(std::string_view name) noexcept {
  switch (name.size()) {
    case 2:
      if (is(name, "te")) return FieldId::kTe;
      break;
    case 3:
      if (is(name, "via")) return FieldId::kVia;
      break;
    case 4:
      if (is(name, "host")) return FieldId::kHost;
      break;
    case 6:
      if (is(name, "cookie")) return FieldId::kCookie;
      if (is(name, "accept")) return FieldId::kAccept;
      if (is(name, "expect")) return FieldId::kExpect;
      break;
    case 7:
      if (is(name, "upgrade")) return FieldId::kUpgrade;
      if (is(name, "trailer")) return FieldId::kTrailer;
      break;
    case 8:
      if (is(name, "location")) return FieldId::kLocation;
      break;
    case 9:
      if (is(name, "forwarded")) return FieldId::kForwarded;
      if (is(name, "x-real-ip")) return FieldId::kXRealIp;
      break;
    case 10:
      if (is(name, "connection")) return FieldId::kConnection;
      if (is(name, "keep-alive")) return FieldId::kKeepAlive;
      if (is(name, "set-cookie")) return FieldId::kSetCookie;
      break;
    case 11:
      if (is(name, "traceparent")) return FieldId::kTraceparent;
      if (is(name, "retry-after")) return FieldId::kRetryAfter;
      break;
    case 12:
      if (is(name, "x-request-id")) return FieldId::kXRequestId;
      break;
    case 13:
      if (is(name, "authorization")) return FieldId::kAuthorization;
      break;
    case 14:
      if (is(name, "content-length")) return FieldId::kContentLength;
      if (is(name, "http2-settings")) return FieldId::kHttp2Settings;
      break;
    case 15:
      if (is(name, "x-forwarded-for")) return FieldId::kXForwardedFor;
      break;
    case 16:
      if (is(name, "x-forwarded-host")) return FieldId::kXForwardedHost;
      if (is(name, "x-forwarded-port")) return FieldId::kXForwardedPort;
      if (is(name, "proxy-connection")) return FieldId::kProxyConnection;
      break;
    case 17:
      if (is(name, "transfer-encoding")) return FieldId::kTransferEncoding;
      if (is(name, "x-forwarded-proto")) return FieldId::kXForwardedProto;
      break;
    case 18:
      if (is(name, "proxy-authenticate")) return FieldId::kProxyAuthenticate;
      break;
    case 19:
      if (is(name, "proxy-authorization")) return FieldId::kProxyAuthorization;
      if (is(name, "x-ssl-client-verify")) return FieldId::kXSslClient;
      break;
    case 20:
      if (is(name, "x-ssl-client-subject")) return FieldId::kXSslClient;
      break;
    case 24:
      if (is(name, "x-ssl-client-fingerprint")) return FieldId::kXSslClient;
      break;
    default: break;
  }
  constexpr std::string_view kForwarded = "x-forwarded-";
  const bool forwarded = name.size() > kForwarded.size() && (name[0] | 0x20) == 'x' &&
                         name[1] == '-' && same_name(name.substr(0, kForwarded.size()), kForwarded);
  return forwarded ? FieldId::kXForwardedOther : FieldId::kOther;
}

bool has_token(std::string_view value, std::string_view token) noexcept {
  bool found = false;
  for_each_token(value, [&](std::string_view element) {
    found = same_name(element, token);
    return !found;
  });
  return found;
}

std::optional<std::string_view> find_cookie(std::span<const Field> fields,
                                            std::string_view name) noexcept {
  std::optional<std::string_view> found;
  for (const Field& field : fields) {
    if (field.id != FieldId::kCookie) continue;
    for_each_cookie(field.value, [&](const Cookie& cookie) {
      // Without '=' it is no cookie by that name, but a value without one (RFC 6265bis §5.5).
      if (cookie.pair.size() > cookie.value.size() && cookie.name == name) found = cookie.value;
      return !found;
    });
    if (found) break;
  }
  return found;
}

}  // namespace segue::http

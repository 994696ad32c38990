// Comparing names eight bytes at a time, and the switch that knows the proxy's own fields.
#include "lib/http/field.h"

#include <bit>
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

/// A name of at most kFoldedMax characters as numbers, in lower case: names of one length are equal
/// when these are. Words overlap where the length is no multiple of eight.
struct Folded {
  std::uint64_t first = 0, middle = 0, last = 0;
  bool operator==(const Folded&) const = default;
};
constexpr std::size_t kFoldedMax = 24;

/// `load(at, bytes)` gives that many (1, 4 or 8) bytes of the name from `at` on as a number.
template <typename Load>
[[gnu::always_inline]] constexpr Folded fold(std::size_t size, Load load) noexcept {
  if (size > 16) return {load(0, 8), load(8, 8), load(size - 8, 8)};
  if (size >= 8) return {load(0, 8), 0, load(size - 8, 8)};
  if (size >= 4) return {load(0, 4), 0, load(size - 4, 4)};
  Folded result;
  for (std::size_t i = 0; i < size; ++i) result.first = result.first << 8 | load(i, 1);
  return result;
}

/// Lower case where a byte has the bit of letters, which is exact for all that literals here are
/// made of: nothing but A-Z becomes a-z, and digits and '-' stay alone. (lower_word() costs thrice
/// that.)
template <typename Word>
[[gnu::always_inline]] inline std::uint64_t load_folded(const char* at) noexcept {
  constexpr auto kCase = static_cast<Word>(0x2020202020202020u);
  Word word;
  std::memcpy(&word, at, sizeof(word));
  return word | (static_cast<Word>(word >> 1) & kCase);
}

[[gnu::always_inline]] inline Folded folded(std::string_view name) noexcept {
  return fold(name.size(), [&](std::size_t at, std::size_t bytes) {
    const char* const from = name.data() + at;
    return bytes == 8   ? load_folded<std::uint64_t>(from)
           : bytes == 4 ? load_folded<std::uint32_t>(from)
                        : load_folded<std::uint8_t>(from);
  });
}

/// The same of a literal in lower case, when it is compiled.
template <std::size_t N>
consteval Folded literally(const char (&literal)[N]) {
  return fold(N - 1, [&](std::size_t at, std::size_t bytes) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::size_t place = std::endian::native == std::endian::little ? i : bytes - 1 - i;
      word |= static_cast<std::uint64_t>(static_cast<unsigned char>(literal[at + i])) << 8 * place;
    }
    return word;
  });
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
  const Folded is = name.size() <= kFoldedMax ? folded(name) : Folded{};
  switch (name.size()) {
    case 2:
      if (is == literally("te")) return FieldId::kTe;
      break;
    case 3:
      if (is == literally("via")) return FieldId::kVia;
      break;
    case 4:
      if (is == literally("host")) return FieldId::kHost;
      break;
    case 6:
      if (is == literally("cookie")) return FieldId::kCookie;
      if (is == literally("accept")) return FieldId::kAccept;
      if (is == literally("expect")) return FieldId::kExpect;
      break;
    case 7:
      if (is == literally("upgrade")) return FieldId::kUpgrade;
      if (is == literally("trailer")) return FieldId::kTrailer;
      break;
    case 8:
      if (is == literally("location")) return FieldId::kLocation;
      break;
    case 9:
      if (is == literally("forwarded")) return FieldId::kForwarded;
      if (is == literally("x-real-ip")) return FieldId::kXRealIp;
      break;
    case 10:
      if (is == literally("connection")) return FieldId::kConnection;
      if (is == literally("keep-alive")) return FieldId::kKeepAlive;
      if (is == literally("set-cookie")) return FieldId::kSetCookie;
      break;
    case 11:
      if (is == literally("traceparent")) return FieldId::kTraceparent;
      if (is == literally("retry-after")) return FieldId::kRetryAfter;
      break;
    case 12:
      if (is == literally("x-request-id")) return FieldId::kXRequestId;
      break;
    case 13:
      if (is == literally("authorization")) return FieldId::kAuthorization;
      break;
    case 14:
      if (is == literally("content-length")) return FieldId::kContentLength;
      if (is == literally("http2-settings")) return FieldId::kHttp2Settings;
      break;
    case 15:
      if (is == literally("x-forwarded-for")) return FieldId::kXForwardedFor;
      break;
    case 16:
      if (is == literally("x-forwarded-host")) return FieldId::kXForwardedHost;
      if (is == literally("x-forwarded-port")) return FieldId::kXForwardedPort;
      if (is == literally("proxy-connection")) return FieldId::kProxyConnection;
      break;
    case 17:
      if (is == literally("transfer-encoding")) return FieldId::kTransferEncoding;
      if (is == literally("x-forwarded-proto")) return FieldId::kXForwardedProto;
      break;
    case 18:
      if (is == literally("proxy-authenticate")) return FieldId::kProxyAuthenticate;
      break;
    case 19:
      if (is == literally("proxy-authorization")) return FieldId::kProxyAuthorization;
      if (is == literally("x-ssl-client-verify")) return FieldId::kXSslClient;
      break;
    case 20:
      if (is == literally("x-ssl-client-subject")) return FieldId::kXSslClient;
      break;
    case 24:
      if (is == literally("x-ssl-client-fingerprint")) return FieldId::kXSslClient;
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

// Entries to text and back.
#include "routing/session.h"

#include <algorithm>

#include "lib/http/cookie.h"

namespace segue::routing {
namespace {

constexpr std::size_t kEntryChars = SessionValue::kEntryChars;
constexpr std::size_t kSignedBytes = 20, kTagBytes = 8, kEntryBytes = kSignedBytes + kTagBytes;
static_assert(kEntryChars == (kEntryBytes * 8 + 5) / 6);

using Entry = std::array<char, kEntryBytes>;

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";  // RFC 4648 §5

constexpr auto kDigits = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return digits;
}();

template <typename Number>
char* put(char* at, Number number) noexcept {
  for (std::size_t i = 0; i < sizeof(Number); ++i) *at++ = static_cast<char>(number >> (8 * i));
  return at;
}

template <typename Number>
const char* get(const char* at, Number& number) noexcept {
  number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number |=
        static_cast<Number>(static_cast<Number>(static_cast<unsigned char>(*at++)) << (8 * i));
  return at;
}

std::uint64_t sign(const Entry& entry, const HashKey& key) noexcept {
  return mac({entry.data(), kSignedBytes}, key);
}

/// base64url without padding.
std::array<char, kEntryChars> to_text(const Entry& entry) noexcept {
  std::array<char, kEntryChars> text;
  std::size_t at = 0;
  std::uint32_t bits = 0;
  int held = 0;
  const auto emit = [&](int shift) { text[at++] = kAlphabet[(bits >> shift) & 63]; };
  for (const char byte : entry) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; emit(held)) held -= 6;
  }
  if (held > 0) {
    bits <<= 6;
    emit(held);
  }
  return text;
}

/// The only text of each entry is accepted: no padding, and no bits beyond the last byte.
bool from_text(std::string_view text, Entry& entry) noexcept {
  if (text.size() != kEntryChars) return false;
  std::uint32_t bits = 0;
  int held = 0;
  std::size_t at = 0;
  for (const char c : text) {
    const int digit = kDigits[static_cast<unsigned char>(c)];
    if (digit < 0) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    entry[at++] = static_cast<char>(bits >> held);
  }
  return (bits & ((1u << held) - 1)) == 0;
}

std::optional<Session> verified(std::string_view text, const HashKey& key) noexcept {
  Entry entry;
  if (!from_text(text, entry)) return std::nullopt;
  Session session;
  std::uint64_t tag = 0;
  const char* at = get(entry.data(), session.group);
  at = get(get(get(get(at, session.pool), session.epoch), session.id), tag);
  if (tag != sign(entry, key)) return std::nullopt;
  return session;
}

/// Calls `visit(text, session)` for the valid entries of every cookie `name` until it returns
/// false. A cookie of ours has no more than kEntriesMax: what follows them is not looked at.
template <typename Visit>
void for_each_session(std::span<const http::Field> fields, std::string_view name,
                      const HashKey& key, Visit&& visit) noexcept {
  bool more = true;
  for (const http::Field& field : fields) {
    if (field.id != http::FieldId::kCookie) continue;
    http::for_each_cookie(field.value, [&](const http::Cookie& cookie) {
      if (cookie.name != name) return true;
      std::string_view rest = cookie.value.substr(0, SessionValue::kCharsMax + 1);
      while (more && !rest.empty()) {
        const std::size_t end = rest.find('.');
        const std::string_view text = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (const auto session = verified(text, key)) more = visit(text, *session);
      }
      return more;
    });
    if (!more) return;
  }
}

}  // namespace

HashKey session_key(std::string_view secret) noexcept {
  return {mac(secret, {0x7365677565207365u, 0x7373696f6e206b30u}),
          mac(secret, {0x7365677565207365u, 0x7373696f6e206b31u})};
}

std::optional<Session> find_session(std::span<const http::Field> fields, std::string_view name,
                                    std::uint32_t group, const HashKey& key) noexcept {
  std::optional<Session> found;
  for_each_session(fields, name, key, [&](std::string_view, const Session& session) {
    if (session.group == group) found = session;
    return !found;
  });
  return found;
}

SessionValue::SessionValue(const Session& session, std::span<const http::Field> fields,
                           std::string_view name, const HashKey& key) noexcept {
  Entry entry;
  char* const at =
      put(put(put(put(entry.data(), session.group), session.pool), session.epoch), session.id);
  put(at, sign(entry, key));
  const auto own = to_text(entry);
  add({own.data(), own.size()});
  std::array<std::uint32_t, kEntriesMax> groups = {session.group};
  std::size_t count = 1;
  for_each_session(fields, name, key, [&](std::string_view text, const Session& other) {
    const auto end = groups.begin() + static_cast<std::ptrdiff_t>(count);
    if (std::find(groups.begin(), end, other.group) != end) return true;
    groups[count++] = other.group;
    add(text);
    return count < kEntriesMax;
  });
}

void SessionValue::add(std::string_view entry) noexcept {
  if (size_ > 0) text_[size_++] = '.';
  std::copy(entry.begin(), entry.end(), text_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += entry.size();
}

}  // namespace segue::routing

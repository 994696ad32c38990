// Eight bytes at a time as long as they are harmless, one character at a time where they are not.
#include "telemetry/escape.h"

#include <cstdint>
#include <cstring>

namespace segue::telemetry {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101u;
constexpr std::uint64_t kHighs = 0x8080808080808080u;

constexpr std::uint64_t zero_bytes(std::uint64_t word) noexcept {
  return (word - kOnes) & ~word & kHighs;
}

/// True when no byte of `word` needs care: 0x20…0x7e without '"' and '\'. May be false for a
/// harmless word (a borrow runs into the neighbour), never true for another.
constexpr bool is_plain(std::uint64_t word) noexcept {
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kHighs;
  return ((word & kHighs) | below_space | zero_bytes(word ^ kOnes * '"') |
          zero_bytes(word ^ kOnes * '\\') | zero_bytes(word ^ kOnes * 0x7f)) == 0;
}

/// Bytes of the UTF-8 character that begins at `at`, 0 when there is none (Unicode 15, table 3-7).
std::size_t utf8_length(const unsigned char* at, std::size_t left) noexcept {
  const auto tail = [at](std::size_t i) { return (at[i] & 0xc0) == 0x80; };
  const unsigned char lead = at[0];
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return left >= 2 && tail(1) ? 2 : 0;
  if (lead < 0xf0) {
    if (left < 3 || !tail(1) || !tail(2)) return 0;
    if (lead == 0xe0 && at[1] < 0xa0) return 0;  // overlong
    if (lead == 0xed && at[1] > 0x9f) return 0;  // surrogates
    return 3;
  }
  if (lead > 0xf4 || left < 4 || !tail(1) || !tail(2) || !tail(3)) return 0;
  if (lead == 0xf0 && at[1] < 0x90) return 0;  // overlong
  if (lead == 0xf4 && at[1] > 0x8f) return 0;  // above U+10FFFF
  return 4;
}

/// Writes the character at `*at` and moves `*at` behind it.
char* write_character(char* out, const char** at, const char* end) noexcept {
  const auto byte = static_cast<unsigned char>(**at);
  if (byte >= 0x80) {
    const std::size_t length = utf8_length(reinterpret_cast<const unsigned char*>(*at),
                                           static_cast<std::size_t>(end - *at));
    const char* from = length == 0 ? "\xef\xbf\xbd" : *at;
    const std::size_t bytes = length == 0 ? 3 : length;
    std::memcpy(out, from, bytes);
    *at += length == 0 ? 1 : length;
    return out + bytes;
  }
  ++*at;
  if (byte == '"' || byte == '\\') {
    *out++ = '\\';
    *out++ = static_cast<char>(byte);
  } else if (byte < 0x20 || byte == 0x7f) {
    constexpr char kHex[] = "0123456789abcdef";
    for (const char c : {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]}) *out++ = c;
  } else {
    *out++ = static_cast<char>(byte);
  }
  return out;
}

bool is_bare(std::string_view text) noexcept {
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '=') return false;
  }
  return text != "-";
}

}  // namespace

char* write_json_text(char* out, std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    std::uint64_t word = 0;
    while (end - at >= 8) {
      std::memcpy(&word, at, 8);
      if (!is_plain(word)) break;
      std::memcpy(out, at, 8);
      at += 8;
      out += 8;
    }
    // Up to eight characters, then try words again.
    for (int i = 0; i < 8 && at != end; ++i) out = write_character(out, &at, end);
  }
  return out;
}

char* write_logfmt_value(char* out, std::string_view text) noexcept {
  if (text.empty()) {
    *out++ = '-';
    return out;
  }
  if (is_bare(text)) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }
  *out++ = '"';
  out = write_json_text(out, text);
  *out++ = '"';
  return out;
}

void append_json_string(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize(before + kEscapedMax * text.size() + 2);
  char* at = out.data() + before;
  *at++ = '"';
  at = write_json_text(at, text);
  *at++ = '"';
  out.resize(static_cast<std::size_t>(at - out.data()));
}

void append_logfmt_value(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize(before + kEscapedMax * text.size() + 2);
  const char* end = write_logfmt_value(out.data() + before, text);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace segue::telemetry

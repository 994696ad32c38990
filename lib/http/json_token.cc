// Byte by byte wherever a cut could be; only runs of plain bytes are taken at once. That makes cuts
// harmless by construction.
#include "lib/http/json_token.h"

#include <algorithm>

#include "lib/http/json_bytes.h"

namespace segue::http {
namespace {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool may_follow_number(char c) noexcept {
  return c == ',' || c == '}' || c == ']' || is_json_space(c);
}

constexpr std::uint32_t kNoHex = 16;

constexpr std::uint32_t hex_value(char c) noexcept {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : kNoHex;
}

constexpr bool is_first_half(std::uint32_t unit) noexcept {
  return unit >= 0xd800 && unit < 0xdc00;
}
constexpr bool is_second_half(std::uint32_t unit) noexcept {
  return unit >= 0xdc00 && unit < 0xe000;
}

}  // namespace

void JsonToken::begin(Keep keep) noexcept {
  keep_ = keep;
  size_ = 0;
}

void JsonToken::begin_string(Keep keep) noexcept {
  begin(keep);
  in_ = In::kPlain;
}

void JsonToken::begin_number(Keep keep) noexcept {
  begin(keep);
  of_ = Of::kNothing;
}

void JsonToken::begin_literal(std::string_view literal) noexcept {
  begin(Keep::kNo);
  literal_ = literal;
}

JsonToken::Read JsonToken::string(const char*& at, const char* const end) noexcept {
  const char* run = at;  // what stands there as it is to be kept
  while (at != end) {
    switch (in_) {
      case In::kPlain: {
        at = json_plain_end(at, end);
        if (at == end) break;
        const char c = *at++;
        if (c == '"') return finish(run, at - 1);
        if (c == '\\') {
          append(run, at - 1);
          in_ = In::kEscape;
        } else if (!begin_utf8(static_cast<unsigned char>(c))) {
          return Read::kFault;
        }
        break;
      }
      case In::kUtf8:
        if (!continue_utf8(static_cast<unsigned char>(*at++))) return Read::kFault;
        break;
      case In::kEscape:
        if (!escape(*at++)) return Read::kFault;
        run = at;
        break;
      case In::kHex:
        if (!hex(*at++)) return Read::kFault;
        run = at;
        break;
      case In::kPair:
        if (*at++ != '\\') return Read::kFault;
        in_ = In::kPairEscape;
        break;
      case In::kPairEscape:
        if (*at++ != 'u') return Read::kFault;
        in_ = In::kHex;
        left_ = 4;
        unit_ = 0;
        break;
    }
  }
  // Within an escape there is nothing that stands for itself.
  if (in_ == In::kPlain || in_ == In::kUtf8) append(run, end);
  return Read::kCut;
}

JsonToken::Read JsonToken::finish(const char* run, const char* end) noexcept {
  if (keep_ == Keep::kNo) return Read::kWhole;
  text_ = {};
  if (size_ == 0) {  // all of it is in this piece
    const std::string_view whole(run, static_cast<std::size_t>(end - run));
    if (whole.size() <= kTextBytesMax) text_ = whole;
  } else {
    append(run, end);
    if (size_ <= kTextBytesMax) text_ = std::string_view(kept_.data(), size_);
  }
  return Read::kWhole;
}

/// The Unicode Standard 15.0, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
bool JsonToken::begin_utf8(unsigned char lead) noexcept {
  if (lead < 0xc2 || lead > 0xf4) return false;  // control characters too: RFC 8259 §7
  in_ = In::kUtf8;
  low_ = 0x80;
  high_ = 0xbf;
  if (lead < 0xe0) {
    left_ = 1;
  } else if (lead < 0xf0) {
    left_ = 2;
    if (lead == 0xe0) low_ = 0xa0;
    if (lead == 0xed) high_ = 0x9f;
  } else {
    left_ = 3;
    if (lead == 0xf0) low_ = 0x90;
    if (lead == 0xf4) high_ = 0x8f;
  }
  return true;
}

bool JsonToken::continue_utf8(unsigned char byte) noexcept {
  if (byte < low_ || byte > high_) return false;
  low_ = 0x80;
  high_ = 0xbf;
  if (--left_ == 0) in_ = In::kPlain;
  return true;
}

bool JsonToken::escape(char c) noexcept {
  in_ = In::kPlain;
  switch (c) {
    case '"':
    case '\\':
    case '/': break;
    case 'b': c = '\b'; break;
    case 'f': c = '\f'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    case 't': c = '\t'; break;
    case 'u':
      in_ = In::kHex;
      left_ = 4;
      unit_ = first_ = 0;
      return true;
    default: return false;
  }
  append(&c, &c + 1);
  return true;
}

bool JsonToken::hex(char c) noexcept {
  const std::uint32_t value = hex_value(c);
  if (value == kNoHex) return false;
  unit_ = unit_ << 4 | value;
  return --left_ > 0 || end_unit();
}

/// RFC 8259 §7: beyond the first plane a pair of escapes. Half a pair is no character.
bool JsonToken::end_unit() noexcept {
  if (first_ == 0 && is_first_half(unit_)) {
    first_ = unit_;
    in_ = In::kPair;
    return true;
  }
  if ((first_ != 0) != is_second_half(unit_)) return false;
  append_code_point(first_ == 0 ? unit_ : 0x10000 + ((first_ - 0xd800) << 10) + (unit_ - 0xdc00));
  in_ = In::kPlain;
  return true;
}

void JsonToken::append_code_point(std::uint32_t code) noexcept {
  std::array<char, 4> utf8;
  char* to = utf8.data();
  const auto put = [&to](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
  append(utf8.data(), to);
}

void JsonToken::append(const char* from, const char* to) noexcept {
  if (keep_ == Keep::kNo || size_ > kTextBytesMax) return;
  const auto bytes = static_cast<std::size_t>(to - from);
  const std::size_t fits = std::min(bytes, kTextBytesMax - size_);
  std::copy_n(from, fits, kept_.data() + size_);
  size_ += fits < bytes ? fits + 1 : fits;
}

JsonToken::Read JsonToken::number(const char*& at, const char* const end) noexcept {
  const char* const run = at;
  for (; at != end; ++at) {
    if (of_ == Of::kInteger) {
      while (at != end && is_digit(*at)) ++at;
      if (at == end) break;
    }
    bool over = false;
    if (!advance(*at, over)) return Read::kFault;
    // Of "0x10" or "1_000" a lenient reader would take more.
    if (over) return may_follow_number(*at) ? finish(run, at) : Read::kFault;
  }
  append(run, end);
  return Read::kCut;
}

/// The grammar of RFC 8259 §6, a byte at a time. `over`: the byte stands behind the number.
bool JsonToken::advance(char c, bool& over) noexcept {
  const bool digit = is_digit(c);
  const bool exponent = c == 'e' || c == 'E';
  switch (of_) {
    case Of::kNothing:
      if (c == '-') {
        of_ = Of::kMinus;
        return true;
      }
      [[fallthrough]];
    case Of::kMinus: of_ = c == '0' ? Of::kZero : Of::kInteger; return digit;
    case Of::kInteger:
      if (digit) return true;
      [[fallthrough]];
    case Of::kZero:
      if (digit) return false;
      if (c == '.') {
        of_ = Of::kPoint;
      } else if (exponent) {
        of_ = Of::kExponent;
      } else {
        over = true;
      }
      return true;
    case Of::kPoint: of_ = Of::kFraction; return digit;
    case Of::kFraction:
      if (exponent) {
        of_ = Of::kExponent;
      } else {
        over = !digit;
      }
      return true;
    case Of::kExponent:
      if (c == '+' || c == '-') {
        of_ = Of::kSign;
        return true;
      }
      [[fallthrough]];
    case Of::kSign: of_ = Of::kPower; return digit;
    case Of::kPower: over = !digit; return true;
  }
  return false;
}

bool JsonToken::is_number() const noexcept {
  return of_ == Of::kZero || of_ == Of::kInteger || of_ == Of::kFraction || of_ == Of::kPower;
}

JsonToken::Read JsonToken::literal(const char*& at, const char* const end) noexcept {
  while (at != end && !literal_.empty()) {
    if (*at++ != literal_.front()) return Read::kFault;
    literal_.remove_prefix(1);
  }
  return literal_.empty() ? Read::kWhole : Read::kCut;
}

}  // namespace segue::http

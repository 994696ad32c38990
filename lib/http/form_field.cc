// Byte by byte, but for the bulk of the value.
#include "lib/http/form_field.h"

#include <array>

namespace segue::http {
namespace {

constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digits() noexcept {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) digits[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 10; i < 16; ++i)
    digits[static_cast<std::size_t>('a' + i - 10)] =
        digits[static_cast<std::size_t>('A' + i - 10)] = i;
  return digits;
}
constexpr std::array<std::uint8_t, 256> kDigits = make_digits();

/// The value of a hex digit, or kNoDigit.
std::uint8_t hex_digit(char c) noexcept {
  return kDigits[static_cast<unsigned char>(c)];
}

/// Decodes as far as nothing is special: bytes that stand for themselves, spaces, whole escapes.
std::size_t decode_run(Bytes& in, std::span<char> out) noexcept {
  const char* from = in.data();
  const char* const end = from + in.size();
  char* to = out.data();
  const char* const full = to + out.size();
  while (from != end && to != full) {
    const char c = *from;
    if (c == '%') {
      if (end - from < 3) break;
      const std::uint8_t high = hex_digit(from[1]), low = hex_digit(from[2]);
      if ((high | low) == kNoDigit) break;
      *to++ = static_cast<char>(high << 4 | low);
      from += 3;
    } else if (c == '&') {
      break;
    } else {
      *to++ = c == '+' ? ' ' : c;
      ++from;
    }
  }
  in = in.subspan(static_cast<std::size_t>(from - in.data()));
  return static_cast<std::size_t>(to - out.data());
}

}  // namespace

void FormField::begin(std::string_view name) noexcept {
  name_ = name;
  matched_ = 0;
  escape_size_ = 0;
  where_ = Where::kName;
}

std::size_t FormField::read(Bytes& in, std::span<char> out) noexcept {
  std::size_t size = 0;
  // An escape that turns out to be none is up to kEscapeBytes of value at once.
  while (!in.empty() && !done() && size + kEscapeBytes <= out.size()) {
    const char c = in.front();
    if (escape_size_ > 0 && hex_digit(c) != kNoDigit) {
      if (escape_size_ == 1) {
        escape_[1] = c;
        escape_size_ = 2;
      } else {
        escape_size_ = 0;
        put(static_cast<char>(hex_digit(escape_[1]) << 4 | hex_digit(c)), out, size);
      }
      in = in.subspan(1);
      continue;
    }
    put_escape(out, size);
    if (done() || size + kEscapeBytes > out.size()) continue;
    if (where_ == Where::kValue) {
      const std::size_t run = decode_run(in, out.subspan(size));
      size += run;
      if (run > 0) continue;
    }
    in = in.subspan(1);
    if (c == '&') {
      const bool nameless = where_ == Where::kName && matched_ == name_.size();  // "payload&"
      where_ = where_ == Where::kValue || nameless ? Where::kBehind : Where::kName;
      matched_ = 0;
    } else if (c == '=' && where_ == Where::kName) {
      where_ = matched_ == name_.size() ? Where::kValue : Where::kOther;
    } else if (c == '%') {
      escape_size_ = 1;
    } else {
      put(c == '+' ? ' ' : c, out, size);
    }
  }
  return size;
}

std::size_t FormField::end(std::span<char> out) noexcept {
  std::size_t size = 0;
  put_escape(out, size);
  where_ = Where::kBehind;
  return size;
}

/// A decoded byte of a name or a value.
void FormField::put(char c, std::span<char> out, std::size_t& size) noexcept {
  if (where_ == Where::kValue) {
    out[size++] = c;
  } else if (where_ == Where::kName) {
    const bool same = matched_ < name_.size() && name_[matched_] == c;
    same ? static_cast<void>(++matched_) : static_cast<void>(where_ = Where::kOther);
  }
}

/// A '%' that was no escape stands for itself.
void FormField::put_escape(std::span<char> out, std::size_t& size) noexcept {
  const std::uint8_t pending = escape_size_;
  escape_size_ = 0;
  if (pending > 0) put('%', out, size);
  if (pending > 1) put(escape_[1], out, size);
}

}  // namespace segue::http

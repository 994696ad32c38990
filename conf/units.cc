// Units both ways. Decimals are kept exact: a number is digits times a power of ten until it has
// become whole milliseconds or bytes.
#include "conf/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace segue::conf {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
constexpr std::array<Unit, 5> kTimes{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 9> kSizes{{{"B", 1},
                                      {"KiB", std::uint64_t{1} << 10},
                                      {"MiB", std::uint64_t{1} << 20},
                                      {"GiB", std::uint64_t{1} << 30},
                                      {"TiB", std::uint64_t{1} << 40},
                                      {"KB", 1'000},
                                      {"MB", 1'000'000},
                                      {"GB", 1'000'000'000},
                                      {"TB", 1'000'000'000'000}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The longest run at the front of `text` for which `wanted` holds, which is then cut off.
template <typename F>
std::string_view take(std::string_view& text, F wanted) {
  std::size_t length = 0;
  while (length < text.size() && wanted(text[length])) ++length;
  const std::string_view run = text.substr(0, length);
  text.remove_prefix(length);
  return run;
}

// digits[.digits] × factor, when that is a whole number below 2^63.
std::optional<std::uint64_t> scaled(std::string_view whole, std::string_view fraction,
                                    std::uint64_t factor) {
  constexpr std::size_t kDigitsMax = 15;
  if (whole.size() + fraction.size() > kDigitsMax) return std::nullopt;
  std::uint64_t value = 0;
  std::uint64_t divisor = 1;
  for (const char c : whole) value = value * 10 + static_cast<unsigned>(c - '0');
  for (const char c : fraction) {
    value = value * 10 + static_cast<unsigned>(c - '0');
    divisor *= 10;
  }
  if (__builtin_mul_overflow(value, factor, &value) || value % divisor != 0) return std::nullopt;
  value /= divisor;
  return value <= INT64_MAX ? std::optional(value) : std::nullopt;
}

// Takes one "1.5KiB" off the front of `text`. A number alone has `bare` for a factor; 0 forbids it.
std::optional<std::uint64_t> take_quantity(std::string_view& text, std::span<const Unit> units,
                                           std::uint64_t bare) {
  const std::string_view whole = take(text, is_digit);
  std::string_view fraction;
  if (whole.empty()) return std::nullopt;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take(text, is_digit);
    if (fraction.empty()) return std::nullopt;
  }
  const std::string_view name = take(text, [](char c) { return !is_digit(c) && c != '.'; });
  if (name.empty()) return bare == 0 ? std::nullopt : scaled(whole, fraction, bare);
  for (const Unit& unit : units)
    if (unit.name == name) return scaled(whole, fraction, unit.factor);
  return std::nullopt;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::uint64_t total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const auto part = take_quantity(text, kTimes, 0);
    if (!part) return std::nullopt;
    total += *part;
    if (total > static_cast<std::uint64_t>(kDurationMax.count())) return std::nullopt;
  }
  return std::chrono::milliseconds(total);
}

std::string print_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms % 1000 != 0) return std::to_string(ms) + "ms";
  if (ms % 60'000 != 0 || ms == 0) return std::to_string(ms / 1000) + "s";
  if (ms % 3'600'000 != 0) return std::to_string(ms / 60'000) + "m";
  return std::to_string(ms / 3'600'000) + "h";
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto bytes = take_quantity(text, kSizes, 1);
  return text.empty() ? bytes : std::nullopt;
}

std::string print_size(std::uint64_t bytes) {
  for (const std::size_t i : {4u, 3u, 2u, 1u})
    if (bytes != 0 && bytes % kSizes[i].factor == 0)
      return std::to_string(bytes / kSizes[i].factor) + std::string(kSizes[i].name);
  return std::to_string(bytes);
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !std::isfinite(number) || number < 0) return std::nullopt;
  return number / 100;
}

}  // namespace segue::conf

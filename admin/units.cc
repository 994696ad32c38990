// Rounding first, then choosing the unit, so that 999.96 never becomes "1000.0".
#include "admin/units.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace segue::admin {
namespace {

// One decimal below 100, none above; ".0" is left out.
std::string short_number(double value) {
  std::array<char, 32> text;
  if (value < 99.95)
    std::snprintf(text.data(), text.size(), "%.1f", value);
  else
    std::snprintf(text.data(), text.size(), "%.0f", value);
  std::string out = text.data();
  if (out.ends_with(".0")) out.resize(out.size() - 2);
  return out;
}

std::string scaled(double value, double step, const std::array<const char*, 6>& units) {
  std::size_t i = 0;
  while (value >= step - 0.5 && i + 1 < units.size() && units[i + 1] != nullptr) {
    value /= step;
    ++i;
  }
  return short_number(value) + units[i];
}

}  // namespace

std::string human_count(std::uint64_t count) {
  if (count < 1000) return std::to_string(count);
  return scaled(static_cast<double>(count), 1000, {"", "k", "M", "G", "T", nullptr});
}

std::string human_exact(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, " ");
  return text;
}

std::string human_rate(double per_second) {
  if (per_second < 999.5) return short_number(per_second);
  return human_count(static_cast<std::uint64_t>(std::llround(per_second)));
}

std::string counted(std::uint64_t count, std::string_view noun) {
  return human_count(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string counted(std::uint64_t part, std::uint64_t whole, std::string_view noun) {
  return human_count(part) + " of " + counted(whole, noun);
}

std::string human_millis(double milliseconds) {
  if (milliseconds < 0.9995) return short_number(std::round(milliseconds * 1000)) + " µs";
  if (milliseconds < 999.5) return short_number(milliseconds) + " ms";
  return short_number(milliseconds / 1000) + " s";
}

std::string human_percent(double share) {
  const double percent = share * 100;
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  if (percent < 100 && percent >= 99.95) return ">99.9 %";
  return short_number(percent) + " %";
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  return scaled(static_cast<double>(bytes), 1024, {" B", " KiB", " MiB", " GiB", " TiB", nullptr});
}

std::string human_seconds(std::uint64_t seconds) {
  const auto pair = [](std::uint64_t big, const char* one, std::uint64_t small, const char* other) {
    std::string text = std::to_string(big) + one;
    if (small > 0) text += " " + std::to_string(small) + other;
    return text;
  };
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return pair(seconds / 60, " min", seconds % 60, " s");
  if (seconds < 86'400) return pair(seconds / 3600, " h", seconds % 3600 / 60, " min");
  return pair(seconds / 86'400, " d", seconds % 86'400 / 3600, " h");
}

}  // namespace segue::admin

// Days to a civil date after Howard Hinnant's `civil_from_days` (public domain).
#include "telemetry/timestamp.h"

namespace segue::telemetry {
namespace {

constexpr std::uint64_t kLastMs = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

char* write_digits(char* out, std::uint32_t value, int digits) noexcept {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

}  // namespace

char* write_timestamp(char* out, std::uint64_t wall_ms) noexcept {
  if (wall_ms > kLastMs) wall_ms = kLastMs;
  const auto ms = static_cast<std::uint32_t>(wall_ms % 1000);
  const std::uint64_t seconds = wall_ms / 1000;
  const auto of_day = static_cast<std::uint32_t>(seconds % 86'400);

  // Days since 0000-03-01, so that a leap day is the last of its year.
  const auto days = static_cast<std::uint32_t>(seconds / 86'400) + 719'468;
  const std::uint32_t era = days / 146'097;
  const std::uint32_t day_of_era = days % 146'097;
  const std::uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t march_month = (5 * day_of_year + 2) / 153;
  const std::uint32_t day = day_of_year - (153 * march_month + 2) / 5 + 1;
  const std::uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  const std::uint32_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);

  out = write_digits(out, year, 4);
  *out++ = '-';
  out = write_digits(out, month, 2);
  *out++ = '-';
  out = write_digits(out, day, 2);
  *out++ = 'T';
  out = write_digits(out, of_day / 3600, 2);
  *out++ = ':';
  out = write_digits(out, of_day / 60 % 60, 2);
  *out++ = ':';
  out = write_digits(out, of_day % 60, 2);
  *out++ = '.';
  out = write_digits(out, ms, 3);
  *out++ = 'Z';
  return out;
}

}  // namespace segue::telemetry

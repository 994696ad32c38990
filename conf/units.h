// Numbers with units as people write them: "250ms", "64KiB", "12.5%".
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segue::conf {

/// "250ms", "1.5s", "90s", "5m", "1h", "15d" or several of them together ("1h30m"). Nothing without
/// a unit, not even 0; whole milliseconds; at most kDurationMax. None when it is anything else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
inline constexpr std::chrono::milliseconds kDurationMax{std::chrono::hours{24 * 365}};

/// The shortest exact form with one unit: 90 000 ms is "90s", 120 000 ms is "2m".
std::string print_duration(std::chrono::milliseconds duration);

/// Bytes: "512", "512B", "64KiB", "1.5MiB", "2GiB", "1TiB", and decimal "64KB" (64 000). Whole
/// bytes. None when it is anything else or does not fit.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// "64KiB" where it is exact, else bytes without a unit.
std::string print_size(std::uint64_t bytes);

/// "12.5%" -> 0.125. None when it is anything else or negative.
std::optional<double> parse_percent(std::string_view text);

}  // namespace segue::conf

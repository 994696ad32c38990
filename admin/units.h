// Numbers as people read them: 1.2k, 3.4 ms, 12.5 %, 52 MiB, 3 d 4 h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace segue::admin {

std::string human_count(std::uint64_t count);  ///< "999", "1.2k", "34.5M"
std::string human_exact(std::uint64_t count);  ///< "999", "1 000 000": where every digit counts
std::string human_rate(double per_second);     ///< "0", "12.5", "1.2k"
/// "1 worker", "1.2k workers"; "1 of 1 worker", "0 of 2 workers"
std::string counted(std::uint64_t count, std::string_view noun);
std::string counted(std::uint64_t part, std::uint64_t whole, std::string_view noun);
std::string human_millis(double milliseconds);     ///< "340 µs", "3.4 ms", "120 ms", "1.5 s"
std::string human_percent(double share);           ///< 0…1: "0 %", "<0.1 %", "12.5 %", "100 %"
std::string human_bytes(std::uint64_t bytes);      ///< "512 B", "1.5 KiB", "52 MiB"
std::string human_seconds(std::uint64_t seconds);  ///< "42 s", "3 min 2 s", "4 h 5 min", "3 d 4 h"

}  // namespace segue::admin

// Numbers as people read them: 1.2k, 3.4 ms, 12.5 %, 52 MiB, 3 d 4 h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace segue::admin {

std::string human_count(std::uint64_t count);      ///< "999", "1.2k", "34.5M"
std::string human_millis(double milliseconds);     ///< "340 µs", "3.4 ms", "120 ms", "1.5 s"
std::string human_percent(double share);           ///< 0…1: "0 %", "<0.1 %", "12.5 %", "100 %"
std::string human_bytes(std::uint64_t bytes);      ///< "512 B", "1.5 KiB", "52 MiB"
std::string human_seconds(std::uint64_t seconds);  ///< "42 s", "3 min 2 s", "4 h 5 min", "3 d 4 h"

}  // namespace segue::admin

// Wall-clock time for people: RFC 3339 in UTC with milliseconds, without allocation or libc calls.
#pragma once

#include <cstddef>
#include <cstdint>

namespace segue::telemetry {

inline constexpr std::size_t kTimestampBytes = 24;  ///< "2026-01-31T23:59:59.999Z"

/// Writes `wall_ms` (milliseconds since the epoch, below the year 10000) as exactly kTimestampBytes
/// bytes and returns the end.
char* write_timestamp(char* out, std::uint64_t wall_ms) noexcept;

}  // namespace segue::telemetry

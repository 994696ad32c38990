// Time as the program sees it: monotonic instants, in microseconds since an arbitrary start.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace segue {

using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// A point in monotonic time.
struct Instant {
  std::uint64_t us = 0;  ///< microseconds; 0 means "never happened"

  constexpr auto operator<=>(const Instant&) const = default;
  constexpr explicit operator bool() const noexcept { return us != 0; }
};
constexpr Micros operator-(Instant later, Instant earlier) noexcept {
  return Micros(static_cast<std::int64_t>(later.us - earlier.us));
}
constexpr Instant operator+(Instant at, Micros by) noexcept {
  return {at.us + static_cast<std::uint64_t>(by.count())};
}

/// Now, from the vDSO: tens of nanoseconds, no system call.
inline Instant now() noexcept {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return {static_cast<std::uint64_t>(ts.tv_sec) * 1'000'000 +
          static_cast<std::uint64_t>(ts.tv_nsec) / 1000};
}

/// Wall-clock milliseconds since the epoch, for people and logs.
inline std::uint64_t wall_clock_ms() noexcept {
  timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  return static_cast<std::uint64_t>(ts.tv_sec) * 1000 +
         static_cast<std::uint64_t>(ts.tv_nsec) / 1'000'000;
}

}  // namespace segue

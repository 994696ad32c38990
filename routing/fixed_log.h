// A logarithm that is the same on every machine: base 2, fixed point, integers only (ADR 0012).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace segue::routing {

/// One unit of neg_log2() is 2^-kLogBits. 64 · 2^38 times the largest weight is still below 2^64,
/// so scores are compared in 64 bits.
inline constexpr int kLogBits = 38;

namespace detail {

__extension__ typedef __int128 Int128;            // NOLINT(modernize-use-using): not ISO C++
__extension__ typedef unsigned __int128 Uint128;  // NOLINT(modernize-use-using)

/// log2 of value / 2^63 in units of 2^-62, for value in [2^63, 2^64), bit by bit: squaring doubles
/// a logarithm. Slow; for the table.
constexpr std::int64_t log2_by_squaring(std::uint64_t value) noexcept {
  std::uint64_t result = 0;
  for (int bit = 61; bit >= 0; --bit) {
    const Uint128 square = static_cast<Uint128>(value) * value;  // in [2^126, 2^128)
    const bool above = (square >> 127) != 0;
    value = static_cast<std::uint64_t>(square >> (above ? 64 : 63));
    if (above) result |= std::uint64_t{1} << bit;
  }
  return static_cast<std::int64_t>(result);
}

struct LogStep {
  std::uint64_t reciprocal = 0;  ///< 2^64 over the middle of the step, which lies in (1, 2)
  std::int64_t log = 0;          ///< -log2(reciprocal / 2^64), in units of 2^-62
};

constexpr std::array<LogStep, 128> make_log_steps() noexcept {
  std::array<LogStep, 128> steps{};
  for (std::uint64_t i = 0; i < steps.size(); ++i) {
    const Uint128 one = static_cast<Uint128>(1) << 64;
    steps[i].reciprocal = static_cast<std::uint64_t>(one * 256 / (257 + 2 * i));
    // In (2^63, 2^64) as a mantissa, and so one power of two above what it stands for.
    steps[i].log = (std::int64_t{1} << 62) - log2_by_squaring(steps[i].reciprocal);
  }
  return steps;
}
inline constexpr std::array<LogStep, 128> kLogSteps = make_log_steps();

}  // namespace detail

/// -log2(hash / 2^64) in units of 2^-kLogBits, at least 1; a hash of 0 counts as 1. The error is
/// below one unit and a half: a share of one in eight millions is still right to four digits.
constexpr std::uint64_t neg_log2(std::uint64_t hash) noexcept {
  using detail::Int128;
  if (hash == 0) hash = 1;
  const int zeros = std::countl_zero(hash);
  const std::uint64_t mantissa = hash << zeros;  // in [2^63, 2^64), for [1, 2)
  const detail::LogStep& step = detail::kLogSteps[(mantissa >> 56) & 127];

  // mantissa · reciprocal = 1 + r with |r| ≤ 1/257, in units of 2^-63.
  const auto product =
      static_cast<std::uint64_t>((static_cast<detail::Uint128>(mantissa) * step.reciprocal) >> 64);
  const auto r = static_cast<std::int64_t>(product - (std::uint64_t{1} << 63));
  const auto times_r = [r](std::int64_t x) {
    return static_cast<std::int64_t>((static_cast<Int128>(x) * r) >> 63);
  };

  // log2(1 + r) = (r - r²/2 + r³/3 - r⁴/4) / ln 2 with an error below 2^-41; the coefficients are
  // 2^62 / (n · ln 2).
  const std::int64_t log =
      step.log + times_r(6653256548922161246 -
                         times_r(3326628274461080623 -
                                 times_r(2217752182974053749 - times_r(1663314137230540311))));
  const std::int64_t units =
      (static_cast<std::int64_t>(zeros + 1) << kLogBits) - (log >> (62 - kLogBits));
  return units < 1 ? 1 : static_cast<std::uint64_t>(units);
}

}  // namespace segue::routing

// Latencies in a histogram of fixed size: recording costs an increment, percentiles are within 1 %.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace segue::bench {

class Latency {
 public:
  void record(std::uint64_t nanoseconds) {
    ++cells_[cell_of(nanoseconds)];
    ++count_;
    if (nanoseconds > max_) max_ = nanoseconds;
  }

  /// In microseconds; `share` in 0…1. 0 when nothing was recorded.
  double percentile(double share) const {
    const auto want = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      seen += cells_[i];
      if (seen > want) return static_cast<double>(begin_of(i)) / 1000.0;
    }
    return max();
  }
  double max() const { return static_cast<double>(max_) / 1000.0; }

 private:
  // Values below 128 have a cell each; above, every power of two is cut into 128 cells.
  static constexpr unsigned kBits = 7;
  static constexpr std::uint64_t kLinear = 1U << kBits;

  static std::size_t cell_of(std::uint64_t value) {
    if (value < kLinear) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return static_cast<std::size_t>((std::uint64_t{shift} << kBits) + (value >> shift));
  }
  static std::uint64_t begin_of(std::size_t cell) {
    if (cell < 2 * kLinear) return cell;
    const std::uint64_t shift = (cell >> kBits) - 1;
    return (kLinear + (cell & (kLinear - 1))) << shift;
  }

  std::array<std::uint64_t, (64 - kBits + 1) * kLinear> cells_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace segue::bench

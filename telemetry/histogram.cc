// Linear interpolation: within half a power of two nothing finer is honest.
#include "telemetry/histogram.h"

#include <algorithm>
#include <numeric>

namespace segue::telemetry {

void Histogram::add(const Latency& cells) noexcept {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += cells.buckets[i].get();
  sum_us += cells.sum_us.get();
}

std::uint64_t Histogram::count() const noexcept {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

Micros Histogram::quantile(double q) const noexcept {
  const std::uint64_t total = count();
  if (total == 0) return Micros(0);
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(total);
  double before = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && before + here >= rank) {
      const std::uint64_t lower = i == 0 ? 0 : Latency::upper_us(i - 1);
      if (i == buckets.size() - 1) return Micros(lower);
      const auto width = static_cast<double>(Latency::upper_us(i) - lower);
      return Micros(lower + static_cast<std::uint64_t>(width * (rank - before) / here));
    }
    before += here;
  }
  return Micros(Latency::upper_us(buckets.size() - 2));
}

Micros Histogram::mean() const noexcept {
  const std::uint64_t total = count();
  return Micros(total == 0 ? 0 : sum_us / total);
}

Histogram& Histogram::operator+=(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  sum_us += other.sum_us;
  return *this;
}

Histogram Histogram::operator-(const Histogram& earlier) const noexcept {
  Histogram between;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    between.buckets[i] = buckets[i] - earlier.buckets[i];
  }
  between.sum_us = sum_us - earlier.sum_us;
  return between;
}

}  // namespace segue::telemetry

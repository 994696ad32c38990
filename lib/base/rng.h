// Random numbers for picks and jitter: xoshiro256** (Blackman and Vigna, 2018). Not for secrets.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace segue {

class Rng {
 public:
  /// The same seed gives the same numbers on every machine.
  explicit Rng(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) {  // SplitMix64, as its authors advise for seeding
      seed += 0x9e3779b97f4a7c15u;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, bound), bound ≥ 1. The bias is below 2^-32 for bounds below 2^32.
  std::uint64_t below(std::uint64_t bound) noexcept {
    __extension__ typedef unsigned __int128 Wide;  // NOLINT(modernize-use-using): not ISO C++
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }

  /// Uniform in [0, 1).
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace segue

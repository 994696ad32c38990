// A keyed 64-bit hash that is the same in every process and on every machine: SipHash-1-3.
//
// Cohorts are placed by it, so a change of this function is a change of everybody's pool. Keyed, so
// that clients who choose their key cannot choose their pool once the key is secret.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace segue {

struct HashKey {
  std::uint64_t k0 = 0x736567756520636fu;
  std::uint64_t k1 = 0x686f727420686173u;
};

/// SipHash with 1 compression and 3 finalisation rounds (Aumasson and Bernstein, 2012).
inline std::uint64_t siphash(std::string_view bytes, HashKey key = {}) noexcept {
  std::uint64_t v0 = 0x736f6d6570736575u ^ key.k0, v1 = 0x646f72616e646f6du ^ key.k1;
  std::uint64_t v2 = 0x6c7967656e657261u ^ key.k0, v3 = 0x7465646279746573u ^ key.k1;
  const auto round = [&] {
    v0 += v1;
    v1 = std::rotl(v1, 13);
    v1 ^= v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16);
    v3 ^= v2;
    v0 += v3;
    v3 = std::rotl(v3, 21);
    v3 ^= v0;
    v2 += v1;
    v1 = std::rotl(v1, 17);
    v1 ^= v2;
    v2 = std::rotl(v2, 32);
  };
  const char* at = bytes.data();
  for (std::size_t left = bytes.size() / 8; left > 0; --left, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    v3 ^= word;
    round();
    v0 ^= word;
  }
  std::uint64_t tail = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (std::size_t i = 0; i < bytes.size() % 8; ++i)
    tail |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  v3 ^= tail;
  round();
  v0 ^= tail;
  v2 ^= 0xff;
  round();
  round();
  round();
  return v0 ^ v1 ^ v2 ^ v3;
}

/// Mixes a 64-bit value with another; for placing an already hashed cohort against a salt.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t z = a ^ std::rotl(b, 23) ^ (b * 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace segue

// Keyed 64-bit hashes that are the same in every process and on every machine: SipHash-1-3 to place
// cohorts, SipHash-2-4 to sign.
//
// A change of siphash() is a change of everybody's pool. Keyed, so that clients who choose their
// key cannot choose their pool once the key is secret.
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

namespace detail {
/// SipHash-c-d (Aumasson and Bernstein, 2012).
template <int kCompression, int kFinalisation>
std::uint64_t siphash(std::string_view bytes, HashKey key) noexcept {
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
  const auto compress = [&](std::uint64_t word) {
    v3 ^= word;
    for (int i = 0; i < kCompression; ++i) round();
    v0 ^= word;
  };
  const char* at = bytes.data();
  for (std::size_t left = bytes.size() / 8; left > 0; --left, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    compress(word);
  }
  std::uint64_t tail = static_cast<std::uint64_t>(bytes.size()) << 56;
  for (std::size_t i = 0; i < bytes.size() % 8; ++i)
    tail |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  compress(tail);
  v2 ^= 0xff;
  for (int i = 0; i < kFinalisation; ++i) round();
  return v0 ^ v1 ^ v2 ^ v3;
}
}  // namespace detail

/// SipHash with 1 compression and 3 finalisation rounds: quick, for placing.
inline std::uint64_t siphash(std::string_view bytes, HashKey key = {}) noexcept {
  return detail::siphash<1, 3>(bytes, key);
}

/// SipHash-2-4, a message authentication code: who does not know `key` cannot make it.
inline std::uint64_t mac(std::string_view bytes, const HashKey& key) noexcept {
  return detail::siphash<2, 4>(bytes, key);
}

/// Mixes a 64-bit value with another; for placing an already hashed cohort against a salt.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t z = a ^ std::rotl(b, 23) ^ (b * 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace segue

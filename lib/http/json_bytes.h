// Where runs of bytes end in a JSON text: the loops in which nearly all of its bytes are read,
// sixteen at a time where the processor can (SSE2: every x86-64), else eight.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace segue::http {

/// Whether a byte of a string needs no look: ASCII, no control character, no quote, no backslash.
constexpr bool is_json_plain(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

constexpr bool is_json_space(char c) noexcept {  // RFC 8259 §2
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// The first byte from `at` on that is not is_json_plain(), or `end`. Eight at a time.
[[gnu::noinline]] inline const char* json_plain_end_by_words(const char* at,
                                                             const char* end) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101, kHighs = 0x80 * kOnes;
    for (; end - at >= 8; at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof(word));
      // A borrow runs only upwards: the lowest mark is right, and it is the only one that is used.
      const auto equal = [word](std::uint64_t c) {
        const std::uint64_t different = word ^ (kOnes * c);
        return (different - kOnes) & ~different;
      };
      const std::uint64_t control = (word - kOnes * 0x20) & ~word;
      const std::uint64_t marks = (word | control | equal('"') | equal('\\')) & kHighs;
      if (marks != 0) return at + std::countr_zero(marks) / 8;
    }
  }
  while (at != end && is_json_plain(*at)) ++at;
  return at;
}

/// The same, as fast as it goes here. Within its caller, where its constants stay in registers.
[[gnu::always_inline]] inline const char* json_plain_end(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  for (std::ptrdiff_t left = end - at - 16; left >= 0; left -= 16, at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Compared as signed numbers, what is beyond ASCII is below zero.
    const __m128i marks = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                       _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                    _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(marks));
    if (mask != 0) return at + std::countr_zero(mask);
  }
#endif
  return json_plain_end_by_words(at, end);
}

/// The first byte from `at` on that is not is_json_space(), or `end`.
inline const char* json_space_end(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  // A space alone is the usual one; longer runs are indentation.
  if (at != end && is_json_space(*at)) ++at;
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i spaces = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(' ')),
                                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'))),
                                        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')),
                                                     _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'))));
    const auto others = ~static_cast<unsigned>(_mm_movemask_epi8(spaces)) & 0xffffu;
    if (others != 0) return at + std::countr_zero(others);
  }
#endif
  while (at != end && is_json_space(*at)) ++at;
  return at;
}

}  // namespace segue::http

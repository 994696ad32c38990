// Where runs of bytes end in a JSON text: the loops in which nearly all of its bytes are read,
// sixteen at a time where the processor can (SSE2: every x86-64), else eight.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

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

/// A bit for each of eight bytes that is not is_json_plain(), the first lowest.
inline std::uint64_t json_marks_by_word(const char* at) noexcept {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101, kLows = 0x7f * kOnes;
  std::uint64_t word = 0;  // in one load where bytes are in that order
  for (unsigned i = 0; i < 8; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << 8 * i;
  // The high bit of each byte that is not zero; nothing is carried from one to the next.
  const auto other = [](std::uint64_t bytes) { return ((bytes & kLows) + kLows) | bytes; };
  const std::uint64_t plain = other(word & (0xe0 * kOnes)) & other(word ^ ('"' * kOnes)) &
                              other(word ^ ('\\' * kOnes)) & ~word;
  // The product brings the eight bits together at its top.
  return ((~plain >> 7 & kOnes) * 0x0102'0408'1020'4080) >> 56;
}

/// The same for sixteen bytes.
inline std::uint64_t json_marks(const char* at) noexcept {
#ifdef __SSE2__
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  // Compared as signed numbers, what is beyond ASCII is below zero.
  const __m128i marks = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                     _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                                  _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(marks));
#else
  return json_marks_by_word(at) | json_marks_by_word(at + 8) << 8;
#endif
}

/// The first byte from `at` on that is not is_json_plain(), or `end`.
inline const char* json_plain_end(const char* at, const char* end) noexcept {
  for (; end - at >= 16; at += 16)
    if (const std::uint64_t marks = json_marks(at); marks != 0) return at + std::countr_zero(marks);
  while (at != end && is_json_plain(*at)) ++at;
  return at;
}

/// json_plain_end() for many places of one piece, each behind the one before.
///
/// Marks of 64 bytes are made at once, wherever strings begin. A token's end so waits for two
/// shifts and not for a load and what is compared with it, which is most of the time where strings
/// are short: each begins where the one before was found to end.
class JsonPlainRuns {
 public:
  JsonPlainRuns(const char* at, const char* end) noexcept : block_(at), end_(end) { mark(); }

  [[gnu::always_inline]] inline const char* end_from(const char* at) noexcept {
    for (;;) {
      const auto offset = static_cast<std::size_t>(at - block_);
      if (offset < kBlock) {
        const std::uint64_t marks = marks_ >> offset;
        if (marks != 0) return at + std::countr_zero(marks);
        at = block_ + kBlock;
      }
      block_ += kBlock;
      mark();
    }
  }

 private:
  static constexpr std::size_t kBlock = 64;

  static std::uint64_t marks_of(const char* at) noexcept {
    return json_marks(at) | json_marks(at + 16) << 16 | json_marks(at + 32) << 32 |
           json_marks(at + 48) << 48;
  }
  [[gnu::always_inline]] inline void mark() noexcept {
    const auto left = static_cast<std::size_t>(end_ - block_);
    marks_ = left >= kBlock ? marks_of(block_) : marks_of_last(block_, left);
  }
  /// The end is a mark too.
  [[gnu::noinline]] static std::uint64_t marks_of_last(const char* at, std::size_t left) noexcept {
    std::array<char, kBlock> bytes{};
    std::copy_n(at, left, bytes.data());
    return marks_of(bytes.data());
  }

  const char* block_;
  const char* end_;
  std::uint64_t marks_ = 0;
};

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

// One string, number or literal of a JSON text, which may be cut anywhere. Strings are decoded,
// numbers kept as written; what nobody wants to see is only checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace segue::http {

/// Reusable. Between begin_…() and the end of a token, every piece is fed to the function of its
/// kind: from `at`, which then stands behind what was the token's, up to `end`.
class JsonToken {
 public:
  static constexpr std::size_t kTextBytesMax = 256;
  /// Nothing: it was longer than kTextBytesMax.
  using Text = std::optional<std::string_view>;
  enum class Keep : bool { kNo, kYes };
  enum class Read : std::uint8_t { kWhole, kCut, kFault };

  void begin_string(Keep keep) noexcept;          ///< behind its quote
  void begin_number(Keep keep) noexcept;          ///< before its first byte
  void begin_literal(std::string_view) noexcept;  ///< before it; the text lives on

  Read string(const char*& at, const char* end) noexcept;
  Read number(const char*& at, const char* end) noexcept;  ///< whole: at the byte behind it
  Read literal(const char*& at, const char* end) noexcept;
  bool is_number() const noexcept;  ///< what came so far could end here

  /// Of a token that is whole and was kept. Holds as long as the piece it ended in, and until the
  /// next begin_…().
  Text text() const noexcept { return text_; }

 private:
  // Where in a string, and what comes next.
  enum class In : std::uint8_t {
    kPlain,
    kUtf8,       // a continuation byte
    kEscape,     // what stands behind a backslash
    kHex,        // one of the four digits behind \u
    kPair,       // the backslash behind the first half of a surrogate pair
    kPairEscape  // and its u
  };
  enum class Of : std::uint8_t {  // where in a number, by what came last
    kNothing,
    kMinus,
    kZero,
    kInteger,
    kPoint,
    kFraction,
    kExponent,
    kSign,
    kPower
  };

  void begin(Keep keep) noexcept;
  Read finish(const char* run, const char* end) noexcept;
  bool begin_utf8(unsigned char lead) noexcept;
  bool continue_utf8(unsigned char byte) noexcept;
  bool escape(char c) noexcept;
  bool hex(char c) noexcept;
  bool end_unit() noexcept;
  bool advance(char c, bool& over) noexcept;
  void append(const char* from, const char* to) noexcept;
  void append_code_point(std::uint32_t code) noexcept;

  Keep keep_ = Keep::kNo;
  In in_ = In::kPlain;
  Of of_ = Of::kNothing;
  std::uint8_t left_ = 0;               // continuation bytes, or digits, that are to come
  unsigned char low_ = 0, high_ = 0;    // bounds of the next continuation byte
  std::uint32_t unit_ = 0, first_ = 0;  // UTF-16: this one, and the first half of a pair
  std::string_view literal_;            // what of it is to come
  std::size_t size_ = 0;                // one more than fits: too long
  std::array<char, kTextBytesMax> kept_;
  Text text_;
};

}  // namespace segue::http

// One field of an application/x-www-form-urlencoded body, decoded as the body comes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/base/bytes.h"

namespace segue::http {

/// The value of the first field of a name. Names and values are decoded as forms are: '+' is a
/// space, %XX a byte, and a '%' without two hex digits itself. Nothing of the body is kept.
class FormField {
 public:
  /// `name`, decoded, outlives the reading.
  void begin(std::string_view name) noexcept;

  static constexpr std::size_t kEscapeBytes = 3;

  /// Decodes the front of `in`, takes what it used from it, and says how many bytes of the value it
  /// has put into `out`, which has room for kEscapeBytes or more. To be called until `in` is empty
  /// or done().
  std::size_t read(Bytes& in, std::span<char> out) noexcept;

  /// The body is over; what an unfinished escape stood for goes to `out`.
  std::size_t end(std::span<char> out) noexcept;

  bool done() const noexcept { return where_ == Where::kBehind; }  ///< the value is complete

 private:
  enum class Where : std::uint8_t {
    kName,    // of a field, the same as the one wanted so far
    kOther,   // within another field
    kValue,   // of the field
    kBehind,  // it
  };
  void put(char c, std::span<char> out, std::size_t& size) noexcept;
  void put_escape(std::span<char> out, std::size_t& size) noexcept;

  std::string_view name_;
  std::size_t matched_ = 0;  // bytes of the name
  char escape_[2] = {};      // a '%' that is not complete, and what followed it
  std::uint8_t escape_size_ = 0;
  Where where_ = Where::kBehind;
};

}  // namespace segue::http

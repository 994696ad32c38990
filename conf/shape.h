// What a value must look like: the part of a key's description that is the same for parsing, for
// the JSON Schema and for the documentation.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace segue::conf {

/// Judges a string. "" when it is fine, else what is wrong, to stand behind the quoted string:
/// " has a port; hosts are matched without it".
using TextCheck = std::string (*)(std::string_view);

struct Shape {
  enum class Kind : std::uint8_t {
    kFlag,      ///< true or false
    kCount,     ///< whole number in [low, high]
    kSize,      ///< bytes in [low, high]
    kDuration,  ///< milliseconds in [low, high]
    kRatio,     ///< number in [ratio_low, ratio_high]
    kText,      ///< string that passes `check`
    kWord,      ///< one of `words`, in the order of the enumerators
    kTexts,     ///< list of strings that each pass `check`
    kOther,     ///< read by a function of its own; `type` and `schema` describe it
  };
  Kind kind = Kind::kOther;
  std::uint64_t low = 0, high = 0;
  double ratio_low = 0, ratio_high = 0;
  bool may_be_empty = false;  ///< kText, kTexts: empty is a value, not the absence of one
  TextCheck check = nullptr;
  std::span<const std::string_view> words{};
  std::string_view type{};    ///< kOther: for people, "string or list of strings"
  std::string_view schema{};  ///< kOther: JSON Schema of the value
};

enum class Empty : bool { kRefused, kAllowed };

constexpr Shape flag() {
  return {.kind = Shape::Kind::kFlag};
}
constexpr Shape count(std::uint64_t low, std::uint64_t high) {
  return {.kind = Shape::Kind::kCount, .low = low, .high = high};
}
constexpr Shape size(std::uint64_t low, std::uint64_t high) {
  return {.kind = Shape::Kind::kSize, .low = low, .high = high};
}
constexpr Shape duration(std::chrono::milliseconds low, std::chrono::milliseconds high) {
  return {.kind = Shape::Kind::kDuration,
          .low = static_cast<std::uint64_t>(low.count()),
          .high = static_cast<std::uint64_t>(high.count())};
}
constexpr Shape ratio(double low, double high) {
  return {.kind = Shape::Kind::kRatio, .ratio_low = low, .ratio_high = high};
}
constexpr Shape text(TextCheck check, Empty empty = Empty::kRefused) {
  return {.kind = Shape::Kind::kText, .may_be_empty = empty == Empty::kAllowed, .check = check};
}
constexpr Shape word(std::span<const std::string_view> words) {
  return {.kind = Shape::Kind::kWord, .words = words};
}
constexpr Shape texts(TextCheck check, Empty empty = Empty::kRefused) {
  return {.kind = Shape::Kind::kTexts, .may_be_empty = empty == Empty::kAllowed, .check = check};
}
constexpr Shape other(std::string_view type, std::string_view schema) {
  return {.kind = Shape::Kind::kOther, .type = type, .schema = schema};
}

/// What should be, for messages: "a whole number 1…100", "a duration 100ms…1h".
std::string expectation(const Shape& shape);

/// For the documentation's column "type": "duration, 100ms…1h".
std::string type_words(const Shape& shape);

}  // namespace segue::conf

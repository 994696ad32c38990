// A regular expression over whole paths that no path can make slow or deep.
#pragma once

#include <cstddef>
#include <regex>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace segue::routing {

/// Longer paths match no regular expression: what one match costs is bounded by this times the size
/// of the expression.
inline constexpr std::size_t kRegexPathMax = 2048;

/// An ECMAScript expression, compiled once. With libstdc++ it runs as a simulation of all its
/// states at once, without backtracking, so that its time is linear in the path; expressions with
/// back-references are refused there, for they cannot.
class PathRegex {
 public:
  /// Errors: a sentence.
  static Result<PathRegex, std::string> make(const std::string& text);

  /// Whether the whole of `path` matches. Allocates.
  bool matches(std::string_view path) const noexcept;

 private:
  explicit PathRegex(std::regex compiled) : compiled_(std::move(compiled)) {}
  std::regex compiled_;
};

}  // namespace segue::routing

// std::regex throws where we return; this is the only place that catches.
#include "routing/path_regex.h"

namespace segue::routing {
namespace {

constexpr std::regex::flag_type kFlags = std::regex::ECMAScript | std::regex::nosubs
#ifdef __GLIBCXX__
                                         | std::regex_constants::__polynomial
#endif
    ;

}  // namespace

Result<PathRegex, std::string> PathRegex::make(const std::string& text) {
  try {
    return PathRegex(std::regex(text, kFlags));
  } catch (const std::regex_error& error) {
    if (error.code() == std::regex_constants::error_complexity) {
      return fail("'" + text + "' has a back-reference, which cannot be matched in bounded time");
    }
    return fail("'" + text + "' is no regular expression: " + error.what());
  }
}

bool PathRegex::matches(std::string_view path) const noexcept {
  if (path.size() > kRegexPathMax) return false;
  try {
    return std::regex_match(path.begin(), path.end(), compiled_);
  } catch (const std::regex_error&) {
    return false;
  }
}

}  // namespace segue::routing

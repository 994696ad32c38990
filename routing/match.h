// One rule apart from its host and path: its conditions, its rank, and how it reads.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "lib/http/message.h"

namespace segue::routing {

/// The methods, headers and query parameters that a rule asks for. All must hold.
class Conditions {
 public:
  explicit Conditions(const conf::Match& match);

  /// One method of several counts as one condition.
  std::size_t count() const noexcept {
    return (methods_.empty() ? 0 : 1) + headers_.size() + query_.size();
  }

  /// Methods are compared exactly, header names in any case, header values exactly against each
  /// field of that name, query names and values decoded against each parameter. "*" asks for
  /// presence only.
  bool hold(const http::Head& head) const noexcept;

 private:
  std::vector<std::string> methods_;
  std::vector<std::pair<std::string, std::string>> headers_, query_;
};

/// Where a rule stands in the order of precedence, but for its place in the file: the lesser comes
/// first.
struct Rank {
  enum class Host : unsigned char { kExact, kWildcard, kAny } host = Host::kAny;
  std::size_t host_short = 0;  ///< SIZE_MAX - length of a wildcard
  enum class Path : unsigned char { kExact, kPrefix, kRegex, kAny } path = Path::kAny;
  std::size_t path_short = 0;  ///< SIZE_MAX - length of a normalised prefix
  std::size_t conditions_few = 0;

  explicit Rank(const conf::Match& match);
  auto operator<=>(const Rank&) const = default;
};

/// A path of the configuration as it travels: what may not stand in a request target becomes %XX.
enum class Hex : bool { kUpper, kLower };
std::string escape_path(std::string_view path, Hex digits);

/// The same normalised (http::normalise).
std::string normal_path(std::string_view path);

/// A prefix without the slashes at its end: whole segments are compared, so they say nothing.
constexpr std::string_view without_slashes(std::string_view prefix) noexcept {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return prefix;
}

/// "host ci.example.com exact, path prefix /job, method POST, header X-A: b": for people.
std::string describe(const conf::Match& match);

}  // namespace segue::routing

// All routes of a snapshot, and which of them takes a request.
//
// Precedence, most specific first: exact host before wildcard host (longer before shorter) before
// any host; exact path before prefix (longer before shorter) before regular expression before any
// path; then more of methods, headers and query before fewer; then the order in the file.
//
// Hosts are compared in any case, without port; "*.example.com" takes every host that ends so, of
// any depth, but not "example.com". A prefix takes whole segments and a '/' at its end says
// nothing; "/" takes every path, "*" (OPTIONS *) too. Paths in the configuration may be written as
// people read them
// ("/job/Prüfung 1") or as they travel ("/job/Pr%C3%BCfung%201"). All kinds of path are compared
// with the path as received and, where that differs, with its normalised form (http::normalise).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "lib/base/ids.h"
#include "lib/http/message.h"

namespace segue::routing {

class RouteTable {
 public:
  RouteTable();  ///< no routes
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  struct Rule {
    RouteId id;
    std::string name;
    conf::Match match;
  };
  /// `rules` come from a checked Config, in file order: regular expressions compile (PathRegex),
  /// and at most one of path, path_prefix and path_regex is set.
  static RouteTable make(std::vector<Rule> rules);

  struct Match {
    RouteId route;  ///< invalid: no route
    bool ambiguous =
        false;  ///< the path as received and its normalised form lead to different routes
  };

  /// Hash lookups by host, exact path and prefix segments; cost independent of the number of routes
  /// but for regular expressions, which are tried one by one (on paths up to kRegexPathMax). No
  /// allocation unless the path needs normalising beyond kNormaliseMax or a regular expression is
  /// tried. When ambiguous, `route` is that of the normalised form.
  Match find(const http::Head& head) const noexcept;

  /// Paths up to this many bytes are normalised on the stack.
  static constexpr std::size_t kNormaliseMax = 8192;

  /// Rules in order of precedence, as `segue check --print` shows them.
  const std::vector<Rule>& in_precedence() const noexcept;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace segue::routing

// All routes of a snapshot, and which of them takes a request.
//
// Precedence, most specific first: exact host before wildcard host (longer before shorter) before any
// host; exact path before prefix (longer before shorter) before regular expression before any path; then
// more of methods, headers and query before fewer; then the order in the file.
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
  RouteTable();
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  struct Rule {
    RouteId id;
    std::string name;
    conf::Match match;
  };
  /// `rules` come from a checked Config, in file order: regular expressions compile.
  static RouteTable make(std::vector<Rule> rules);

  struct Match {
    RouteId route;                 ///< invalid: no route
    bool ambiguous = false;        ///< the path as received and its normalised form lead to different routes
  };

  /// Hash lookups by host, exact path and prefix segments; cost independent of the number of routes
  /// but for regular expressions, which are tried one by one. No allocation unless the path needs
  /// normalising beyond 8 KiB or a regular expression is tried.
  Match find(const http::Head& head) const noexcept;

  /// Rules in order of precedence, as `segue check --print` shows them.
  const std::vector<Rule>& in_precedence() const noexcept;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace segue::routing

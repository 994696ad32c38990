// Whether routes lead to pools that exist, and whether requests reach them.
//
// Names are looked up in the document rather than in the Config: there they have positions.
#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "conf/check.h"
#include "conf/suggest.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

/// "routes[0] "ui" (line 12)"
std::string named(std::size_t index, const Route& route) {
  return "routes[" + std::to_string(index) + "]" +
         (route.name.empty() ? "" : " " + quoted(route.name)) + " (line " +
         std::to_string(route.at.line) + ")";
}

class Pools {
 public:
  explicit Pools(const Config& config) {
    for (const Pool& pool : config.pools) names_.push_back(pool.name);
    std::ranges::sort(names_);
  }
  bool has(std::string_view name) const { return std::ranges::binary_search(names_, name); }

  /// Complains at `position` unless there is such a pool.
  bool expect(const Cursor& at, Position position, const std::string& name) const {
    if (has(name)) return true;
    const std::string hint = did_you_mean(name, names_);
    const std::string pools = names_.empty() ? "" : "; the pools are " + listed(names_);
    at.complain(position, "there is no pool " + quoted(name) + (hint.empty() ? pools : hint));
    return false;
  }

 private:
  std::vector<std::string_view> names_;
};

void check_references(const Cursor& route, const Route& config, const Pools& pools) {
  if (const auto split = route.find("split"))
    for (const Member& member : split->node().members)
      pools.expect(split->member(member), member.at, member.key);
  if (const auto fallback = route.find("fallback"))
    for (std::size_t i = 0; i < fallback->node().items.size(); ++i) {
      const Cursor item = fallback->item(i);
      if (item.node().is(Node::Kind::kString)) pools.expect(item, item.node().at, item.node().text);
    }
  const auto unknown = route.find("unknown");
  if (!unknown || config.unknown.empty()) return;
  if (!pools.expect(*unknown, unknown->node().at, config.unknown)) return;
  const bool reachable =
      std::ranges::find(config.split, config.unknown, &Route::Branch::pool) != config.split.end() ||
      std::ranges::find(config.fallback, config.unknown) != config.fallback.end();
  if (!reachable)
    unknown->complain(quoted(config.unknown) +
                      " is neither in this route's split nor in its fallback");
}

// Two matches with the same text take the same requests.
std::string canonical(const Match& match) {
  const auto lower = [](std::string text) {
    for (char& c : text)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
  };
  std::vector<std::string> parts;
  for (const std::string& method : match.methods) parts.push_back("m" + method);
  for (const auto& [name, value] : match.headers) parts.push_back("h" + lower(name) + "\n" + value);
  for (const auto& [name, value] : match.query) parts.push_back("q" + name + "\n" + value);
  std::ranges::sort(parts);
  const std::string prefix = match.path_prefix.size() > 1 && match.path_prefix.ends_with('/')
                                 ? match.path_prefix.substr(0, match.path_prefix.size() - 1)
                                 : match.path_prefix;
  std::string out = match.host + "\n" + match.path + "\n" + prefix + "\n" + match.path_regex;
  for (const std::string& part : parts) out += "\n" + part;
  return out;
}

// Routes whose match could not be read as it was meant: "routes[2]".
std::unordered_set<std::string> with_broken_match(const Problems& problems) {
  std::unordered_set<std::string> out;
  for (const Problem& problem : problems)
    if (const std::size_t end = problem.path.find("].match"); end != std::string::npos)
      out.insert(problem.path.substr(0, end + 1));
  return out;
}

// Which routes no request can reach, as far as their matches are the same or plainly wider.
class Hidden {
 public:
  Hidden(const Cursor& routes, const Config& config)
      : config_(config), broken_(with_broken_match(routes.problems())) {
    for (std::size_t i = 0; i < config.routes.size(); ++i)
      if (takes_every_path(config.routes[i].match))
        catch_all_.try_emplace(config.routes[i].match.host, i);
  }

  /// Complains when another route takes all that `route`, the i-th, could. In file order.
  void check(const Cursor& route, std::size_t i) {
    const Match& match = config_.routes[i].match;
    if (!broken_.empty() && broken_.contains(route.path())) return;
    const auto [twin, added] = first_.try_emplace(canonical(match), i);
    const auto wide = catch_all_.find(match.host);
    if (!added)
      complain(route, twin->second, "matches the same and comes first");
    else if (wide != catch_all_.end() && match.path.empty() && match.path_prefix.empty())
      complain(route, wide->second,
               std::string("takes every path of that host, and prefixes come before ") +
                   (match.path_regex.empty() ? "no path at all" : "regular expressions"));
  }

 private:
  static bool takes_every_path(const Match& match) {
    return match.path_prefix == "/" && match.methods.empty() && match.headers.empty() &&
           match.query.empty();
  }
  void complain(const Cursor& route, std::size_t other, const std::string& why) const {
    const auto match = route.find("match");
    (match ? *match : route)
        .complain("no request reaches this route: " + named(other, config_.routes[other]) + " " +
                  why);
  }

  const Config& config_;
  std::unordered_set<std::string> broken_;
  std::unordered_map<std::string, std::size_t> first_;      // by canonical match
  std::unordered_map<std::string, std::size_t> catch_all_;  // by host
};

}  // namespace

void check_routes(const Cursor& root, const Config& config) {
  const auto routes = root.find("routes");
  if (!routes) return;
  const Pools pools(config);
  Hidden hidden(*routes, config);
  std::unordered_map<std::string_view, std::size_t> names;
  for (std::size_t i = 0; i < config.routes.size(); ++i) {
    const Route& route = config.routes[i];
    const Cursor at = routes->item(i);
    check_references(at, route, pools);
    hidden.check(at, i);
    const auto name = at.find("name");
    if (!name || route.name.empty()) continue;
    const auto [twin, added] = names.try_emplace(route.name, i);
    if (!added)
      name->complain(quoted(route.name) + " is the name of " +
                     named(twin->second, config.routes[twin->second]) + " already");
  }
}

}  // namespace segue::conf

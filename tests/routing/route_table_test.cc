// Which route takes a request, by table and against a naive search over random rules.
#include "routing/route_table.h"

#include <algorithm>
#include <optional>
#include <regex>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "lib/http/field.h"
#include "lib/http/target.h"
#include "routing/match.h"
#include "routing/path_regex.h"

namespace segue::routing {
namespace {

struct Request {
  std::string method = "GET", authority = "ci.example.com", target;
  std::vector<http::Field> fields;

  http::Head head() {
    http::Head head;
    head.method = method;
    head.authority = authority;
    const std::string_view view = target;
    const std::size_t mark = view.find('?');
    head.path = view.substr(0, mark);
    if (mark != std::string_view::npos) head.query = view.substr(mark + 1);
    head.fields = fields;
    return head;
  }
};

RouteTable table_of(const std::vector<conf::Match>& matches) {
  std::vector<RouteTable::Rule> rules;
  for (std::uint32_t i = 0; i < matches.size(); ++i) {
    rules.push_back({RouteId{i}, "r" + std::to_string(i), matches[i]});
  }
  return RouteTable::make(std::move(rules));
}

int index_of(RouteId id) {
  return id.valid() ? static_cast<int>(id.value) : -1;
}

/// The index of the rule that takes GET `target` at `authority`; -1 none, -2 ambiguous.
int find(const RouteTable& table, std::string target, std::string authority = "ci.example.com") {
  Request request{"GET", std::move(authority), std::move(target), {}};
  const RouteTable::Match match = table.find(request.head());
  return match.ambiguous ? -2 : index_of(match.route);
}

conf::Match host(std::string host) {
  return {.host = std::move(host),
          .path = "",
          .path_prefix = "",
          .path_regex = "",
          .methods = {},
          .headers = {},
          .query = {}};
}
conf::Match exact(std::string path) {
  conf::Match m;
  m.path = std::move(path);
  return m;
}
conf::Match prefix(std::string path) {
  conf::Match m;
  m.path_prefix = std::move(path);
  return m;
}
conf::Match regex(std::string path) {
  conf::Match m;
  m.path_regex = std::move(path);
  return m;
}

// ---- the naive reference: every rule is tried, and the best one that matches is taken ----

std::string folded(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), http::to_lower);
  return out;
}

bool naive_path(const conf::Match& m, const std::string& path) {
  if (!m.path.empty()) return path == m.path;
  if (!m.path_prefix.empty()) {
    std::string p = m.path_prefix;
    while (!p.empty() && p.back() == '/') p.pop_back();
    return path == p || path.rfind(p + "/", 0) == 0 || p.empty();
  }
  if (!m.path_regex.empty()) return std::regex_match(path, std::regex(m.path_regex));
  return true;
}

int naive_find(const std::vector<conf::Match>& rules, const http::Head& head,
               const std::string& path) {
  const std::string name = folded(http::host_of(head.authority));
  using Key = std::tuple<int, int, int, int, int, int>;
  std::optional<Key> best;
  int found = -1;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const conf::Match& m = rules[i];
    int host_class = 2, wildcard = 0;
    if (m.host.rfind("*.", 0) == 0) {
      const std::string suffix = m.host.substr(1);
      if (name.size() <= suffix.size() || name.substr(name.size() - suffix.size()) != suffix) {
        continue;
      }
      host_class = 1;
      wildcard = -static_cast<int>(suffix.size());
    } else if (!m.host.empty()) {
      if (name != m.host) continue;
      host_class = 0;
    }
    if (!naive_path(m, path) || !Conditions(m).hold(head)) continue;
    const int path_class = !m.path.empty()          ? 0
                           : !m.path_prefix.empty() ? 1
                           : !m.path_regex.empty()  ? 2
                                                    : 3;
    const int prefix_size =
        path_class == 1 ? -static_cast<int>(without_slashes(m.path_prefix).size()) : 0;
    const int few =
        -static_cast<int>((m.methods.empty() ? 0u : 1u) + m.headers.size() + m.query.size());
    const Key key{host_class, wildcard, path_class, prefix_size, few, static_cast<int>(i)};
    if (best && *best < key) continue;
    best = key;
    found = static_cast<int>(i);
  }
  return found;
}

template <typename T>
const T& one_of(Rng& rng, const std::vector<T>& from) {
  return from[rng.below(from.size())];
}

std::string random_path(Rng& rng, bool odd) {
  static const std::vector<std::string> kPlain = {"a", "b", "job", "x1", "login", "aa"};
  static const std::vector<std::string> kOdd = {"a", "b",   "%61",   "..",  ".",
                                                "",  "a;x", "b%2Fa", "job", "%62"};
  std::string path;
  for (std::size_t n = rng.below(5); n > 0; --n) path += "/" + one_of(rng, odd ? kOdd : kPlain);
  if (path.empty() || rng.below(4) == 0) path += "/";
  return path;
}

conf::Match random_rule(Rng& rng) {
  static const std::vector<std::string> kHosts = {
      "",      "",  "ci.example.com", "a.b.example.com", "*.example.com", "*.b.example.com",
      "*.com", "ci"};
  static const std::vector<std::string> kRegexes = {"/a/.*", ".*/job", "/(a|b)/[^/]+/?", "/",
                                                    "/x\\d+.*"};
  conf::Match m;
  m.host = one_of(rng, kHosts);
  switch (rng.below(4)) {
    case 0: m.path = random_path(rng, false); break;
    case 1: m.path_prefix = random_path(rng, false); break;
    case 2:
      if (rng.below(3) == 0) {
        m.path_regex = one_of(rng, kRegexes);
      } else {
        m.path_prefix = "/";
      }
      break;
    default: break;
  }
  if (rng.below(4) == 0) m.methods = {"POST"};
  if (rng.below(4) == 0) m.methods.push_back("GET");
  if (rng.below(5) == 0) m.headers.emplace_back("x-a", rng.below(2) == 0 ? "1" : "*");
  if (rng.below(6) == 0) m.query.emplace_back("q", rng.below(2) == 0 ? "1 2" : "*");
  return m;
}

Request random_request(Rng& rng) {
  static const std::vector<std::string> kHosts = {"ci.example.com",
                                                  "CI.Example.com:8080",
                                                  "a.b.example.com",
                                                  "b.example.com",
                                                  "x.a.b.example.com",
                                                  "example.com",
                                                  "com",
                                                  "ci",
                                                  "other",
                                                  ""};
  Request request;
  request.method = rng.below(2) == 0 ? "GET" : "POST";
  request.authority = one_of(rng, kHosts);
  request.target = random_path(rng, rng.below(3) == 0);
  if (rng.below(3) == 0) request.target += rng.below(2) == 0 ? "?q=1+2" : "?p&q=3";
  if (rng.below(3) == 0) request.fields.push_back({"X-A", rng.below(2) == 0 ? "1" : "2"});
  return request;
}

}  // namespace

TEST_SUITE("routing/route_table") {
  TEST_CASE("an exact host comes before a wildcard, a longer before a shorter, any host last") {
    const RouteTable table = table_of(
        {host(""), host("*.example.com"), host("*.ci.example.com"), host("a.ci.example.com")});
    CHECK(find(table, "/", "a.ci.example.com") == 3);
    CHECK(find(table, "/", "A.CI.example.COM:8080") == 3);
    CHECK(find(table, "/", "b.ci.example.com") == 2);
    CHECK(find(table, "/", "x.b.ci.example.com") == 2);
    CHECK(find(table, "/", "ci.example.com") == 1);
    CHECK(find(table, "/", "example.com") == 0);
    CHECK(find(table, "/", "badexample.com") == 0);
    CHECK(find(table, "/", "") == 0);
    CHECK(find(table, "/", std::string(300, 'a') + ".example.com") == 0);
  }

  TEST_CASE(
      "a more specific host wins over a more specific path, but only where it matches at all") {
    conf::Match narrow = exact("/a");
    narrow.host = "ci.example.com";
    const RouteTable table = table_of({exact("/a/b"), host("*.example.com"), narrow});
    CHECK(find(table, "/a/b", "x.example.com") == 1);
    CHECK(find(table, "/a", "ci.example.com") == 2);
    CHECK(find(table, "/a/b", "ci.example.com") == 1);
    CHECK(find(table, "/a/b", "other") == 0);
  }

  TEST_CASE("IPv6 addresses are hosts with or without brackets in the file") {
    const RouteTable table = table_of({host("::1"), host("[::2]"), host("")});
    CHECK(find(table, "/", "[::1]:8080") == 0);
    CHECK(find(table, "/", "[::2]") == 1);
    CHECK(find(table, "/", "[::3]") == 2);
  }

  TEST_CASE("an exact path comes before a prefix, a prefix before an expression, any path last") {
    const RouteTable table = table_of(
        {conf::Match{}, regex("/job/.*"), prefix("/job"), prefix("/job/app/"), exact("/job/app")});
    CHECK(find(table, "/job/app") == 4);
    CHECK(find(table, "/job/app/") == 3);
    CHECK(find(table, "/job/app/1") == 3);
    CHECK(find(table, "/job/apps") == 2);
    CHECK(find(table, "/job") == 2);
    CHECK(find(table, "/jobs") == 0);
    CHECK(find(table, "*") == 0);
    CHECK(find(table_of({conf::Match{}, regex("/job/.*")}), "/job/x") == 1);
    CHECK(find(table_of({conf::Match{}, regex("/job/.*")}), "/x/job/x") == 0);
    CHECK(find(table_of({prefix("/")}), "*") == 0);
    CHECK(find(table_of({prefix("/a")}), "*") == -1);
    CHECK(find(RouteTable(), "/") == -1);
  }

  TEST_CASE("more conditions come before fewer, then the order in the file") {
    conf::Match post = prefix("/"), both = prefix("/"), none = prefix("/"), again = prefix("/");
    post.methods = {"POST", "PUT"};
    both.methods = {"POST"};
    both.headers = {{"X-GitHub-Event", "push"}};
    const RouteTable table = table_of({none, again, post, both});
    Request request{"POST", "x", "/a", {{"x-github-event", "push"}}};
    CHECK(index_of(table.find(request.head()).route) == 3);
    request.fields[0].value = "ping";
    CHECK(index_of(table.find(request.head()).route) == 2);
    request.method = "PUT";
    CHECK(index_of(table.find(request.head()).route) == 2);
    request.method = "post";
    CHECK(index_of(table.find(request.head()).route) == 0);
  }

  TEST_CASE("a longer prefix whose conditions fail leaves the request to a shorter one") {
    conf::Match narrow = prefix("/job/app");
    narrow.methods = {"POST"};
    const RouteTable table = table_of({narrow, prefix("/job"), exact("/job/app/1")});
    CHECK(find(table, "/job/app/2") == 1);
    CHECK(find(table, "/job/app/1") == 2);
  }

  TEST_CASE("headers and query parameters match by value or by presence, in any of several") {
    conf::Match m;
    m.headers = {{"X-A", "1"}, {"X-B", "*"}};
    m.query = {{"repo", "org/app"}, {"flag", "*"}};
    const RouteTable table = table_of({m});
    Request request{
        "GET", "x", "/?flag&repo=other&repo=org%2Fapp", {{"x-a", "0"}, {"X-b", ""}, {"X-A", "1"}}};
    CHECK(index_of(table.find(request.head()).route) == 0);
    Request without = request;
    without.target = "/?repo=org%2Fapp";
    CHECK(index_of(table.find(without.head()).route) == -1);
    without = request;
    without.fields.pop_back();
    CHECK(index_of(table.find(without.head()).route) == -1);
  }

  TEST_CASE("a path whose normalised form leads elsewhere is ambiguous") {
    const RouteTable table = table_of({prefix("/"), prefix("/admin"), exact("/github-webhook/")});
    CHECK(find(table, "/admin/x") == 1);
    for (const char* path :
         {"//admin/x", "/%61dmin", "/x/../admin", "/x/..;/admin", "/x/..%2fadmin", "/admin/../y",
          "/.//admin", "//github-webhook/", "/admin;x", "/x\\..\\admin", "/x/..%5Cadmin"}) {
      CAPTURE(path);
      CHECK(find(table, path) == -2);
    }
    CHECK(find(table, "/admin//x") == 1);
    CHECK(find(table, "/a//b") == 0);
    CHECK(find(table, "/job/group%2Fproject/x;y") == 0);
  }

  TEST_CASE("a normalised path beyond the stack's scratch is judged as well") {
    const RouteTable table = table_of({prefix("/"), prefix("/admin")});
    const std::string filler(2 * RouteTable::kNormaliseMax, 'x');
    CHECK(find(table, "/" + filler + "/../admin") == -2);
    CHECK(find(table, "/admin/./" + filler) == 1);
  }

  TEST_CASE("a path in the file may be written for people or as it travels") {
    const RouteTable table = table_of({prefix("/"), prefix("/job/Prüfung 1"), exact("/job/%c3%a4"),
                                       prefix("/api/group%2Fproject"), prefix("/x/./y//z")});
    CHECK(find(table, "/job/Pr%C3%BCfung%201/2") == 1);
    CHECK(find(table, "/job/Pr%c3%bcfung%201") == 1);
    CHECK(find(table, "/job/Prüfung%201") == 0);  // half and half is no spelling of ours
    CHECK(find(table, "/job/%c3%a4") == 2);
    CHECK(find(table, "/job/%C3%A4") == 2);
    CHECK(find(table, "/api/group%2Fproject/issues") == 3);
    CHECK(find(table, "/x/y/z/1") == 4);
    CHECK(find(table, "/x/./y//z/1") == 4);
  }

  TEST_CASE("an expression matches the whole path and no path that is too long") {
    const RouteTable table = table_of({regex("/a+"), prefix("/x")});
    CHECK(find(table, "/aaa") == 0);
    CHECK(find(table, "/aaab") == -1);
    CHECK(find(table, "/" + std::string(kRegexPathMax - 1, 'a')) == 0);
    CHECK(find(table, "/" + std::string(kRegexPathMax, 'a')) == -1);
  }

  TEST_CASE("expressions that make others back-track for ever take no time") {
    const RouteTable table =
        table_of({regex("/(a+)+b"), regex("/(a|aa)*c"), regex("/(.*)*(.*)*(.*)*d")});
    CHECK(find(table, "/" + std::string(500, 'a')) == -1);
    CHECK(find(table, "/" + std::string(500, 'a') + "c") == 1);
  }

  TEST_CASE("an expression that does not compile is a sentence") {
    CHECK(PathRegex::make("/(a").error().starts_with("'/(a' is no regular expression: "));
    CHECK(PathRegex::make("/(a)\\1").ok() == false);
    CHECK(PathRegex::make("/[a-z]{2,3}").value().matches("/abc"));
  }

  TEST_CASE("prefixes of any depth work") {
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "/s" + std::to_string(i);
    const RouteTable table = table_of({prefix("/"), prefix(deep), exact(deep + "/end")});
    CHECK(find(table, deep) == 1);
    CHECK(find(table, deep + "/x") == 1);
    CHECK(find(table, deep + "/end") == 2);
    CHECK(find(table, deep + "x") == 0);
    CHECK(find(table, deep.substr(0, deep.size() - 1)) == 0);
  }

  TEST_CASE("rules are listed by precedence") {
    conf::Match post = prefix("/a");
    post.methods = {"POST"};
    const RouteTable table =
        table_of({conf::Match{}, regex("/.*"), prefix("/a"), prefix("/a/b/"), exact("/"), post,
                  host("*.b.c"), host("*.a.b.c"), host("x")});
    std::vector<std::uint32_t> order;
    for (const RouteTable::Rule& rule : table.in_precedence()) order.push_back(rule.id.value);
    CHECK(order == std::vector<std::uint32_t>{8, 7, 6, 4, 3, 5, 2, 1, 0});
  }

  TEST_CASE("a rule reads as a phrase") {
    conf::Match m = prefix("/job");
    m.host = "*.example.com";
    m.methods = {"GET", "HEAD"};
    m.headers = {{"X-A", "*"}, {"X-B", "1"}};
    m.query = {{"q", "2"}};
    CHECK(describe(m) ==
          "host *.example.com wildcard, path prefix /job, method GET or HEAD, header X-A present, "
          "header X-B: 1, query q=2");
    CHECK(describe({}) == "everything");
  }

  TEST_CASE("ten thousand routes are told apart") {
    std::vector<conf::Match> rules;
    for (int i = 0; i < 10'000; ++i) {
      conf::Match m = i % 2 == 0 ? exact("/service-" + std::to_string(i))
                                 : prefix("/team/" + std::to_string(i));
      if (i % 5 == 0) m.host = "h" + std::to_string(i % 100) + ".example.com";
      rules.push_back(m);
    }
    const RouteTable table = table_of(rules);
    for (int i = 0; i < 10'000; ++i) {
      const conf::Match& m = rules[static_cast<std::size_t>(i)];
      const std::string at = m.host.empty() ? "other" : m.host;
      REQUIRE(find(table, m.path.empty() ? m.path_prefix + "/x" : m.path, at) == i);
    }
  }

  TEST_CASE("random tables agree with trying every rule") {
    for (std::uint64_t seed = 1; seed <= 500; ++seed) {
      CAPTURE(seed);
      Rng rng(seed);
      std::vector<conf::Match> rules;
      for (std::size_t n = rng.below(30); n > 0; --n) rules.push_back(random_rule(rng));
      const RouteTable table = table_of(rules);
      for (int i = 0; i < 40; ++i) {
        Request request = random_request(rng);
        const http::Head head = request.head();
        CAPTURE(request.target);
        CAPTURE(request.authority);
        const int raw = naive_find(rules, head, std::string(head.path));
        std::string scratch(head.path.size(), '\0');
        std::string_view normal;
        REQUIRE(http::normalise(head.path, scratch, normal));
        const int other = naive_find(rules, head, std::string(normal));
        const RouteTable::Match match = table.find(head);
        REQUIRE(index_of(match.route) == other);
        REQUIRE(match.ambiguous == (raw != other));
      }
    }
  }
}

}  // namespace segue::routing

// Broken routes and exactly what is said about them.
#include <doctest/doctest.h>

#include "tests/conf/files.h"

namespace segue::conf {
namespace {

TEST_SUITE("conf/problems of routes") {
  std::vector<std::string> route(const std::string& keys,
                                 const std::string& split = "{ old = 1 }") {
    return tests::complaints_with_rest("[[routes]]\nname = \"r\"\nsplit = " + split + "\n" + keys);
  }

  TEST_CASE("splits name pools that exist, with weights of which one is not 0") {
    using Lines = std::vector<std::string>;
    CHECK(route("", "{ odl = 1 }") == Lines{"segue.toml:3:11: routes[0].split.odl: there is no "
                                            "pool \"odl\"; did you mean \"old\"?"});
    CHECK(route("", "{ blue = 1 }") == Lines{"segue.toml:3:11: routes[0].split.blue: there is no "
                                             "pool \"blue\"; the pools are \"new\" and \"old\""});
    CHECK(route("", "{ old = 0, new = 0 }") ==
          Lines{"segue.toml:3:9: routes[0].split: all weights are 0, expected at least one pool "
                "with a weight"});
    CHECK(
        route("", "{ old = 2000000 }") ==
        Lines{"segue.toml:3:17: routes[0].split.old: 2000000, expected a whole number 0…1000000"});
    CHECK(
        route("", "{ old = \"90%\" }") ==
        Lines{"segue.toml:3:17: routes[0].split.old: \"90%\", expected a whole number 0…1000000"});
    CHECK(route("", "{}") == Lines{"segue.toml:3:9: routes[0].split: 0 pools, expected 1…8"});
    CHECK(route("", "\"old\"") == Lines{"segue.toml:3:9: routes[0].split: \"old\", expected "
                                        "weights by pool such as { old = 90, new = 10 }"});
    CHECK(tests::complaints_with_rest("[[routes]]\nname = \"r\"") ==
          Lines{"segue.toml:1:1: routes[0]: no split, expected table of weights by pool"});
  }

  TEST_CASE("a split has at most eight branches") {
    std::string pools, split = "{ old = 1";
    for (const char* name : {"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"}) {
      pools += "[pools." + std::string(name) + "]\nendpoints = [\"a:1\"]\n";
      split += ", " + std::string(name) + " = 1";
    }
    CHECK(tests::complaints_with_rest("[[routes]]\nname = \"r\"\nsplit = " + split + " }\n" +
                                      pools) ==
          std::vector<std::string>{"segue.toml:3:9: routes[0].split: 9 pools, expected 1…8"});
  }

  TEST_CASE("fallback and unknown name pools that exist and that the route knows") {
    using Lines = std::vector<std::string>;
    CHECK(route("fallback = [\"new\", \"nwe\", \"new\"]") ==
          Lines{"segue.toml:4:20: routes[0].fallback[1]: there is no pool \"nwe\"; did you mean "
                "\"new\"?",
                "segue.toml:4:27: routes[0].fallback[2]: \"new\" stands here twice"});
    CHECK(
        route("unknown = \"nwe\"") ==
        Lines{
            "segue.toml:4:11: routes[0].unknown: there is no pool \"nwe\"; did you mean \"new\"?"});
    CHECK(route("unknown = \"new\"") == Lines{"segue.toml:4:11: routes[0].unknown: \"new\" is "
                                              "neither in this route's split nor in its fallback"});
    CHECK(route("unknown = \"new\"\nfallback = [\"new\"]") == Lines{});
  }

  TEST_CASE("matches that match nothing are refused") {
    struct One {
      std::string match, line;
    };
    for (const One& c : {
             One{"{ path = \"/a\", path_prefix = \"/\" }",
                 "4:9: routes[0].match: more than one of path, path_prefix and path_regex, "
                 "expected one at most"},
             {"{ path = \"a\" }", "4:18: routes[0].match.path: \"a\" does not begin with \"/\""},
             {"{ path = \"/a?b=c\" }",
              "4:18: routes[0].match.path: \"/a?b=c\" has a query; match it with query = { name = "
              "\"value\" }"},
             {"{ path = \"/a#b\" }",
              "4:18: routes[0].match.path: \"/a#b\" has a fragment, which no request carries"},
             {"{ path_prefix = \"/a//b\" }",
              "4:25: routes[0].match.path_prefix: \"/a//b\" has an empty segment \"//\""},
             {"{ path_prefix = \"/a/../b\" }",
              "4:25: routes[0].match.path_prefix: \"/a/../b\" has a segment \".\" or \"..\""},
             {"{ path_prefix = \"\" }",
              "4:25: routes[0].match.path_prefix: \"\", expected a string that is not empty"},
             {"{ host = \"ci.example.com:8080\" }",
              "4:18: routes[0].match.host: \"ci.example.com:8080\" has a port; hosts are matched "
              "without it"},
             {"{ host = \"https://ci\" }",
              "4:18: routes[0].match.host: \"https://ci\" is a URL, expected the host alone"},
             {"{ host = \"ci.*.com\" }",
              "4:18: routes[0].match.host: \"ci.*.com\" is not a host, expected one such as "
              "\"ci.example.com\" or "
              "\"*.example.com\""},
             {"{ methods = [\"get\"] }",
              "4:22: routes[0].match.methods[0]: \"get\" is not a method; did you mean \"GET\"?"},
             {"{ methods = [\"CONNECT\"] }",
              "4:22: routes[0].match.methods[0]: \"CONNECT\" is refused on every route"},
             {"{ methods = [] }",
              "4:21: routes[0].match.methods: an empty list, expected at least one string"},
             {"{ headers = { \"a b\" = \"*\" } }",
              "4:23: routes[0].match.headers.\"a b\": \"a b\" is not a header name"},
         }) {
      CAPTURE(c.match);
      CHECK(route("match = " + c.match) == std::vector<std::string>{"segue.toml:" + c.line});
    }
  }

  TEST_CASE("regular expressions that do not compile say why") {
    struct One {
      std::string regex, why;
    };
    for (const One& c : {One{"(a", "an unmatched \"(\" or \")\", or a repetition of nothing"},
                         {"[a", "a \"[\" without its \"]\""},
                         {"*a", "an unmatched \"(\" or \")\", or a repetition of nothing"},
                         {"[[:nope:]]", "an unknown class of characters"},
                         {"[b-a]", "a bad range of characters"},
                         {R"((a)\1)", "a back reference, which takes unbounded time"},
                         {"((a{900}){900}){9}", "more states than it may have"}}) {
      CAPTURE(c.regex);
      const std::string quote = c.regex.find('\\') == std::string::npos ? "\"" : "'";
      CHECK(route("match.path_regex = '" + c.regex + "'") ==
            std::vector<std::string>{"segue.toml:4:20: routes[0].match.path_regex: " + quote +
                                     c.regex + quote + " is not a regular expression: it has " +
                                     c.why});
    }
    CHECK(route("match.path_regex = '" + std::string(1001, 'a') + "'")
              .front()
              .ends_with("…\" has more than 1000 bytes"));
  }

  TEST_CASE("cohorts are the keys that this version knows") {
    const std::string forms =
        ", expected \"request\", \"client\", \"session\", \"repository\", \"cookie:NAME\", "
        "\"header:NAME\", \"query:NAME\", \"path:/job/{*}/\" or \"json:/pointer\"";
    struct One {
      std::string cohort, line;
    };
    for (const One& c : {
             One{"\"json:repository\"",
                 "4:10: routes[0].cohort: \"repository\" does not begin with \"/\", expected one "
                 "like "
                 "\"/repository/id\""},
             {"\"json:/a~b\"",
              "4:10: routes[0].cohort: \"/a~b\" has a \"~\" that is neither \"~0\" nor \"~1\" (RFC "
              "6901)"},
             {"\"json:/1/2/3/4/5/6/7/8/9\"",
              "4:10: routes[0].cohort: \"/1/2/3/4/5/6/7/8/9\" goes through more than 8 names"},
             {"\"repository:id\"",
              "4:10: routes[0].cohort: \"id\" is no preference; \"repository:name\" puts names "
              "before "
              "ids"},
             {"\"cooky:S\"",
              "4:10: routes[0].cohort: \"cooky:S\"" + forms + "; did you mean \"cookie\"?"},
             {"3", "4:10: routes[0].cohort: 3" + forms},
             {"\"cookie\"",
              "4:10: routes[0].cohort: \"cookie\" names nothing, expected \"cookie:NAME\""},
             {"\"path:\"",
              "4:10: routes[0].cohort: \"path:\" names nothing, expected \"path:/job/{*}/\""},
             {"\"client:x\"",
              "4:10: routes[0].cohort: \"client:x\" has an argument, expected \"client\""},
             {"\"header:a b\"", "4:10: routes[0].cohort: \"a b\" is not a header name"},
             {"\"path:/job/\"",
              "4:10: routes[0].cohort: \"/job/\" needs {*} once, as in \"/job/{*}/\""},
             {"\"path:/{*}/{*}\"",
              "4:10: routes[0].cohort: \"/{*}/{*}\" needs {*} once, as in \"/job/{*}/\""},
             {"[]", "4:10: routes[0].cohort: 0 keys, expected 1…8"},
             {"[\"client\", \"cookie:S\"]",
              "4:21: routes[0].cohort[1]: \"cookie:S\" is never reached: every request has the key "
              "before it"},
         }) {
      CAPTURE(c.cohort);
      CHECK(route("cohort = " + c.cohort) == std::vector<std::string>{"segue.toml:" + c.line});
    }
  }

  TEST_CASE("a route that another one hides is named with the other") {
    const std::string two = R"([[routes]]
name = "a"
match = { host = "CI.example.com", path_prefix = "/job/", methods = ["GET", "HEAD"], headers = { X-A = "*" } }
split = { old = 1 }
[[routes]]
name = "b"
match = { host = "ci.example.com", path_prefix = "/job", methods = ["HEAD", "GET"], headers = { x-a = "*" } }
split = { new = 1 })";
    CHECK(
        tests::complaints_with_rest(two) ==
        std::vector<std::string>{
            "segue.toml:7:9: routes[1].match: no request reaches this route: routes[0] \"a\" (line "
            "1) matches the same and comes first"});
  }

  TEST_CASE("a route that a prefix of all paths hides is named with it") {
    const auto hidden = [](const std::string& match) {
      return tests::complaints_with_rest(
          "[[routes]]\nname = \"a\"\nsplit = { old = 1 }\nmatch = " + match +
          "\n[[routes]]\nname = \"ui\"\nsplit = { old = 1 }\nmatch = { path_prefix = \"/\" }");
    };
    const std::string all =
        "segue.toml:4:9: routes[0].match: no request reaches this route: routes[1] \"ui\" (line 5) "
        "takes every "
        "path of that host, and prefixes come before ";
    CHECK(hidden("{ path_regex = '/a+' }") ==
          std::vector<std::string>{all + "regular expressions"});
    CHECK(hidden("{ methods = [\"POST\"] }") == std::vector<std::string>{all + "no path at all"});
    CHECK(hidden("{ methods = [\"POST\"], path_prefix = \"/\" }").empty());
    CHECK(hidden("{ host = \"ci.example.com\" }").empty());
    CHECK(hidden("{ path = \"/a\" }").empty());
  }

  TEST_CASE("a match that could not be read hides nothing") {
    CHECK(tests::complaints_with_rest(
              "[[routes]]\nname = \"a\"\nsplit = { old = 1 }\n[[routes]]\nname = "
              "\"b\"\nsplit = { old = 1 }\nmatch = { hots = \"a\" }")
              .size() == 1);
  }
}

}  // namespace
}  // namespace segue::conf

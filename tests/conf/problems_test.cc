// Broken files and exactly what is said about them: TOML, keys, types, ranges, names.
#include <doctest/doctest.h>

#include "tests/conf/files.h"

namespace segue::conf {
namespace {

TEST_SUITE("conf/problems") {
  TEST_CASE("TOML that is none is one problem with its place") {
    tests::check({
        {"no value", "workers =\n", {"1:10: not TOML: expected value, saw '\\n'"}},
        {"a header that is none",
         "[%a]",
         {"1:2: not TOML: expected bare key starting character or string delimiter, saw '%'"}},
        {"a letter where none may be",
         "[forwarding]\nvia = trüe",
         {"2:9: not TOML: a character beyond ASCII outside strings and comments; put it in "
          "quotes"}},
        {"a key twice",
         "workers = 1\nworkers = 2",
         {"2:11: not TOML: cannot redefine existing integer 'workers'"}},
    });
  }

  TEST_CASE("keys that are not known are refused, with the nearest or with all") {
    tests::check({
        {"a section",
         "[timeout]\nhead = \"1s\"",
         {"1:2: timeout: unknown key; did you mean \"timeouts\"?"}},
        {"deep inside",
         "[pools.a]\nendpoints = [\"a:1\"]\nhealth = { intervall = \"1s\" }",
         {"3:12: pools.a.health.intervall: unknown key; did you mean \"interval\"?"}},
        {"nothing is near",
         "[forwarding]\nx = 1",
         {"2:1: forwarding.x: unknown key, expected one of \"via\" and \"forwarded\""}},
        {"in an endpoint",
         "[pools.a]\nendpoints = [{ addres = \"a:1\" }]",
         {"2:14: pools.a.endpoints[0]: no address, expected a string",
          "2:16: pools.a.endpoints[0].addres: unknown key; did you mean \"address\"?"}},
    });
  }

  TEST_CASE("a value of the wrong type says what it is and what it should be") {
    tests::check({
        {"number", "workers = \"4\"", {"1:11: workers: \"4\", expected a whole number 0…256"}},
        {"float", "workers = 1.5", {"1:11: workers: 1.5, expected a whole number 0…256"}},
        {"flag", "forwarding.via = 1", {"1:18: forwarding.via: 1, expected true or false"}},
        {"string", "admin.socket = true", {"1:16: admin.socket: true, expected a string"}},
        {"word",
         "log.level = 3",
         {"1:13: log.level: 3, expected \"debug\", \"info\", \"warn\" or \"error\""}},
        {"table", "timeouts = 5", {"1:12: timeouts: 5, expected a table"}},
        {"list",
         "[listeners.a]\naddress = \":1\"\ntrusted_proxies = \"::1\"",
         {"3:19: listeners.a.trusted_proxies: \"::1\", expected a list of strings"}},
        {"item of a list",
         "[listeners.a]\naddress = \":1\"\ntrusted_proxies = [1]",
         {"3:20: listeners.a.trusted_proxies[0]: 1, expected a string"}},
        {"table of values",
         "[[routes]]\nname = \"a\"\nsplit = { old = 1 }\nmatch.headers = { A = 1 }",
         {"4:23: routes[0].match.headers.A: 1, expected a string"}},
        {"mode",
         "admin.mode = 1000",
         {"1:14: admin.mode: 1000, expected a file mode 0o000…0o777 such as 0o660"}},
        {"access log",
         "log.access = 1",
         {"1:14: log.access: 1, expected \"/path\", \"-\" or a table [log.access]"}},
    });
  }

  TEST_CASE("sections that are of another type are named once") {
    CHECK(tests::complaints("listeners = 3\npools = []\nroutes = {}") ==
          std::vector<std::string>{
              "segue.toml:1:13: listeners: 3, expected a table",
              "segue.toml:2:9: pools: a list, expected a table",
              "segue.toml:3:10: routes: a table, expected tables with [[routes]] above them"});
  }

  TEST_CASE("a file without listener, pool or route says what is missing") {
    CHECK(tests::complaints("") ==
          std::vector<std::string>{
              "segue.toml: no listeners, expected at least one [listeners.NAME] with an address",
              "segue.toml: no pools, expected at least one [pools.NAME] with endpoints",
              "segue.toml: no routes, expected at least one [[routes]] with a name and a split"});
  }

  TEST_CASE("numbers out of range are shown with the range") {
    tests::check({
        {"too large",
         "[listeners.a]\naddress = \":1\"\nconnections_max = 0",
         {"3:19: listeners.a.connections_max: 0, expected a whole number 1…1000000"}},
        {"negative",
         "retry.attempts = -1",
         {"1:18: retry.attempts: -1, expected a whole number 0…3"}},
        {"size",
         "limits.head = \"2MiB\"",
         {"1:15: limits.head: \"2MiB\", expected a size 1KiB…1MiB such as \"64KiB\""}},
        {"ratio",
         "retry.budget = \"120%\"",
         {"1:16: retry.budget: \"120%\", expected a ratio 0.0…1.0 such as 0.1 or \"10%\""}},
        {"nan",
         "retry.budget = nan",
         {"1:16: retry.budget: nan, expected a ratio 0.0…1.0 such as 0.1 or \"10%\""}},
        {"duration",
         "retry.backoff_max = \"2m\"",
         {"1:21: retry.backoff_max: \"2m\", expected a duration 0s…1m such as \"5s\""}},
    });
  }

  TEST_CASE("a duration without a unit is refused with a hint") {
    tests::check({
        {"integer",
         "timeouts.head = 10",
         {"1:17: timeouts.head: 10 has no unit, expected a duration 10ms…1h such as \"5s\"; did "
          "you mean \"10s\"?"}},
        {"string",
         "timeouts.head = \"10\"",
         {"1:17: timeouts.head: \"10\", expected a duration 10ms…1h such as \"5s\""}},
        {"float",
         "timeouts.head = 0.5",
         {"1:17: timeouts.head: 0.5, expected a duration 10ms…1h such as \"5s\""}},
    });
  }

  TEST_CASE("keys of one section that contradict each other are a problem of the section") {
    tests::check({
        {"buffers",
         "[limits]\nbuffer_low = \"64KiB\"",
         {"1:1: limits: buffer_low is not below buffer_high, expected less"}},
        {"request line",
         "[limits]\nrequest_line = \"64KiB\"",
         {"1:1: limits: request_line is more than head, of which it is a part, expected no more"}},
        {"backoff",
         "[retry]\nbackoff_min = \"1s\"",
         {"1:1: retry: backoff_max is less than backoff_min, expected at least as much"}},
        {"ejection",
         "[pools.a]\nendpoints = [\"a:1\"]\npassive = { eject_max = \"1s\" }",
         {"3:11: pools.a.passive: eject_max is less than eject_for, expected at least as much"}},
        {"a PROXY header from nobody",
         "[listeners.a]\naddress = \":1\"\nproxy_protocol = true",
         {"3:18: listeners.a.proxy_protocol: true without trusted_proxies, expected the ranges "
          "that may send the header"}},
    });
  }

  TEST_CASE("names are names") {
    tests::check({
        {"pool",
         "[pools.\"a b\"]\nendpoints = [\"a:1\"]",
         {"1:8: pools.\"a b\": \"a b\" is not a name, expected 1…64 of letters, digits, \".\", "
          "\"_\" and \"-\""}},
        {"empty route name",
         "[[routes]]\nname = \"\"\nsplit = { old = 1 }",
         {"2:8: routes[0].name: \"\", expected a string that is not empty"}},
        {"no route name",
         "[[routes]]\nsplit = { old = 1 }",
         {"1:1: routes[0]: no name, expected a string"}},
        {"the same route name",
         "[[routes]]\nname = \"base\"\nsplit = { old = 1 }",
         {"11:8: routes[1].name: \"base\" is the name of routes[0] \"base\" (line 1) already"}},
    });
  }
}

TEST_SUITE("conf/problems of files") {
  TEST_CASE("all problems come at once, in the order of the file") {
    const auto lines = tests::complaints(
        "[listeners.a]\naddress = \"x\"\n[[routes]]\nname = \"r\"\nsplit = { b = 1 }\n"
        "[pools.a]\nendpoints = [\"a\"]\n[timeouts]\nhead = 1\n");
    REQUIRE(lines.size() == 4);
    CHECK(lines[0].starts_with("segue.toml:2:11: listeners.a.address:"));
    CHECK(lines[1].starts_with("segue.toml:5:11: routes[0].split.b:"));
    CHECK(lines[2].starts_with("segue.toml:7:14: pools.a.endpoints[0]:"));
    CHECK(lines[3].starts_with("segue.toml:9:8: timeouts.head:"));
  }

  TEST_CASE("very many problems are counted rather than listed") {
    std::string text = "[timeouts]\n";
    for (std::size_t i = 0; i < kProblemsMax + 5; ++i) text += "x" + std::to_string(i) + " = 1\n";
    const auto lines = tests::complaints_with_rest(text);
    REQUIRE(lines.size() == kProblemsMax + 1);
    CHECK(lines.back() == "segue.toml: and 5 more problems");
  }

  TEST_CASE("a file that cannot be read is one problem") {
    const auto missing = load("/nonexistent/segue.toml");
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().front().to_string() ==
          "/nonexistent/segue.toml: cannot be read: No such file or directory");
    CHECK(load("/").error().front().to_string() == "/: cannot be read: Is a directory");
  }
}

}  // namespace
}  // namespace segue::conf

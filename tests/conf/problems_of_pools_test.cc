// Broken addresses, endpoints and health checks, and exactly what is said about them.
#include <doctest/doctest.h>

#include "tests/conf/files.h"

namespace segue::conf {
namespace {

TEST_SUITE("conf/problems of addresses") {
  TEST_CASE("what cannot be listened on is refused") {
    const std::string expected =
        " is not an address to listen on, expected one such as \"0.0.0.0:8080\", \"[::]:8080\" or "
        "\"unix:/run/segue/edge.sock\"";
    for (const std::string text :
         {"localhost:80", "0.0.0.0", "80", "1.2.3.4:99999", "[::1:80", "::1:80", "unix:"}) {
      CAPTURE(text);
      CHECK(tests::complaints_with_rest("[listeners.a]\naddress = \"" + text + "\"") ==
            std::vector<std::string>{"segue.toml:2:11: listeners.a.address: \"" + text + "\"" +
                                     expected});
    }
  }

  TEST_CASE("two sockets cannot have one address, port 0 aside") {
    tests::check({
        {"listeners",
         "[listeners.a]\naddress = \"0.0.0.0:80\"\n[listeners.b]\naddress = \":80\"",
         {"4:11: listeners.b.address: \":80\" is the address of listeners.a already"}},
        {"admin",
         "[listeners.a]\naddress = \"unix:/x\"\n[listeners.b]\naddress = "
         "\"[::1]:9\"\n[admin]\nsocket = \"/x\"\nlisten = \"[0::1]:9\"",
         {"6:10: admin.socket: \"unix:/x\" is the address of listeners.a already",
          "7:10: admin.listen: \"[0::1]:9\" is the address of listeners.b already"}},
        {"port 0", "[listeners.a]\naddress = \"127.0.0.1:0\"", {}},
    });
  }

  TEST_CASE("endpoints say what is missing") {
    const std::string expected =
        ", expected one such as \"10.0.0.5:8080\", \"ci.internal:8080\", \"[::1]:8080\" or "
        "\"unix:/run/ci.sock\"";
    tests::check({
        {"kinds of wrong",
         "[pools.a]\nendpoints = "
         "[\n\"10.0.0.5\",\n\"http://ci.internal/\",\n\"https://ci:8443/x\",\n\"10.0.0.256:80\",\n"
         "\"a:0\",\n\"a b:1\",\n5\n]",
         {"3:1: pools.a.endpoints[0]: \"10.0.0.5\" has no port" + expected,
          "4:1: pools.a.endpoints[1]: \"http://ci.internal/\" is a URL, expected "
          "\"ci.internal:80\"",
          "5:1: pools.a.endpoints[2]: \"https://ci:8443/x\" is a URL, expected \"ci:8443\"",
          "6:1: pools.a.endpoints[3]: \"10.0.0.256:80\" is not the address of an endpoint" +
              expected,
          "7:1: pools.a.endpoints[4]: \"a:0\" has port 0, which nobody can connect to",
          "8:1: pools.a.endpoints[5]: \"a b:1\" is not the address of an endpoint" + expected,
          "9:1: pools.a.endpoints[6]: 5, expected \"host:port\" or { address = \"host:port\", "
          "weight = 1 }"}},
        {"twice",
         "[pools.a]\nendpoints = [\"a:1\", \"a:1\"]",
         {"2:21: pools.a.endpoints[1]: \"a:1\" is endpoint [0] already; give that one more weight "
          "instead"}},
        {"none",
         "[pools.a]\nendpoints = []",
         {"2:13: pools.a.endpoints: an empty list, expected at least one endpoint"}},
        {"no list",
         "[pools.a]\nendpoints = \"a:1\"",
         {"2:13: pools.a.endpoints: \"a:1\", expected a list such as [\"10.0.0.5:8080\"]"}},
        {"no weight",
         "[pools.a]\nendpoints = [{ address = \"a:1\", weight = 0 }]",
         {"2:13: pools.a.endpoints: all weights are 0, expected at least one endpoint with a "
          "weight"}},
        {"never enough of them",
         "[pools.a]\nendpoints = [\"a:1\"]\nhealthy_min = 2",
         {"3:15: pools.a.healthy_min: 2 of 1 endpoints, expected no more than there are"}},
    });
  }

  TEST_CASE("ranges are CIDRs, single addresses or unix") {
    const std::string expected =
        " is not a range of addresses, expected one such as \"10.0.0.0/8\", \"::1\" or \"unix\"";
    tests::check(
        {{"proxies",
          "[listeners.a]\naddress = \":1\"\ntrusted_proxies = [\"10.0.0.0/8\", \"10.0.0.0/33\", "
          "\"ci\", \"unix\", \"::1\", \"::1\"]",
          {"3:34: listeners.a.trusted_proxies[1]: \"10.0.0.0/33\"" + expected,
           "3:49: listeners.a.trusted_proxies[2]: \"ci\"" + expected,
           "3:70: listeners.a.trusted_proxies[5]: \"::1\" stands here twice"}}});
  }
}

TEST_SUITE("conf/problems of health") {
  TEST_CASE("checks that cannot be meant are refused") {
    const auto health = [](const std::string& keys) {
      return tests::complaints_with_rest("[pools.a]\nendpoints = [\"a:1\"]\n[pools.a.health]\n" +
                                         keys);
    };
    struct One {
      std::string keys, line;
    };
    for (const One& c : {
             One{"preset = \"jenkin\"",
                 "4:10: pools.a.health.preset: \"jenkin\", expected \"http\", \"tcp\", "
                 "\"jenkins\", \"gitlab\", \"buildbot\", "
                 "\"teamcity\", \"woodpecker\" or \"gitea\"; did you mean \"jenkins\"?"},
             {"preset = \"tcp\"\npath = \"/x\"",
              "5:1: pools.a.health.path: has no meaning in a TCP check; remove it, or the preset "
              "\"tcp\""},
             {"path = \"login\"", "4:8: pools.a.health.path: \"login\" does not begin with \"/\""},
             {"path = \"/a b\"",
              "4:8: pools.a.health.path: \"/a b\" has a space, expected \"%20\""},
             {"method = \"get\"",
              "4:10: pools.a.health.method: \"get\" is not a method; did you mean \"GET\"?"},
             {"interval = \"50ms\"",
              "4:12: pools.a.health.interval: \"50ms\", expected a duration 100ms…1h such as "
              "\"5s\""},
             {"jitter = 0.6",
              "4:10: pools.a.health.jitter: 0.6, expected a ratio 0.0…0.5 such as 0.1 or \"10%\""},
             {"expect_status = [\"200-99\"]",
              "4:18: pools.a.health.expect_status[0]: \"200-99\", expected a status such as 200 or "
              "a range \"200-399\""},
             {"expect_status = []",
              "4:17: pools.a.health.expect_status: an empty list, expected at least one status or "
              "range"},
             {"drain_on = [40]", "4:13: pools.a.health.drain_on[0]: 40, expected a status 100…599"},
             {"expect_header = \"a b\"",
              "4:17: pools.a.health.expect_header: \"a b\", expected \"Name\" or \"Name: part of "
              "the value\""},
             {"headers = { Host = \"a\" }",
              "4:13: pools.a.health.headers.Host: \"Host\" has a key of its own: host = "
              "\"ci.example.com\""},
             {"address = \"a\"",
              "4:11: pools.a.health.address: \"a\" is not an address for checks, expected "
              "\"host:port\" or \":port\""},
             {"host = \"a/b\"",
              "4:8: pools.a.health.host: \"a/b\" is not a host, expected one such as "
              "\"ci.example.com\""},
         }) {
      CAPTURE(c.keys);
      CHECK(health(c.keys) == std::vector<std::string>{"segue.toml:" + c.line});
    }
  }
}

}  // namespace
}  // namespace segue::conf

// What right files mean: defaults, short forms, order.
#include <doctest/doctest.h>

#include "tests/conf/files.h"

namespace segue::conf {
namespace {

Route route_of(const std::string& keys) {
  return tests::parsed("[[routes]]\nname = \"r\"\nsplit = { old = 90, new = 10 }\n" + keys)
      .routes.front();
}

TEST_SUITE("conf/parse") {
  TEST_CASE("the smallest useful file is a listener, two pools and a route") {
    const auto config = load(SEGUE_SOURCE_DIR "/conf/examples/minimal.toml");
    REQUIRE(config.ok());
    CHECK(config->listeners.size() == 1);
    CHECK(config->pools.size() == 2);
    REQUIRE(config->routes.size() == 1);
    CHECK(config->routes[0].match == Match{});
    CHECK(config->routes[0].cohort == std::vector<CohortKey>{{CohortKey::Kind::kRequest, ""}});
    CHECK(config->timeouts == Timeouts{});
    CHECK(config->limits == Limits{});
    CHECK(config->retry == Retry{});
    CHECK(config->log == Log{});
    CHECK(config->admin == Admin{});
  }

  TEST_CASE("listeners, pools and branches keep the order of the file, not of the alphabet") {
    const Config config = tests::parsed(R"([pools.z]
endpoints = ["z:1"]
[pools.a]
endpoints = ["a:1"]
[[routes]]
name = "r"
split = { z = 1, old = 2, a = 3 })");
    REQUIRE(config.pools.size() == 4);
    CHECK(config.pools[0].name == "z");
    CHECK(config.pools[1].name == "a");
    const auto& split = config.routes[0].split;
    REQUIRE(split.size() == 3);
    CHECK(split[0].pool == "z");
    CHECK(split[1].pool == "old");
    CHECK(split[2].weight == 3);
  }

  TEST_CASE("values know where they stand") {
    const Config config = tests::parsed("[[routes]]\nname = \"r\"\n  split = { old = 1, new = 2 }");
    CHECK(config.routes[0].at.line == 1);
    CHECK(config.routes[0].split[1].at.line == 3);
    CHECK(config.routes[0].split[1].at.column == 22);
  }

  TEST_CASE("a file that only moved or was commented is the same configuration") {
    CHECK(tests::parsed("") == tests::parsed("# a comment\n\n\n"));
    CHECK_FALSE(tests::parsed("") == tests::parsed("workers = 3"));
  }

  TEST_CASE("an endpoint is a string or a table") {
    const Config config = tests::parsed(
        R"([pools.a]
endpoints = ["10.0.0.5:8080", "ci_1.internal:80", "[::1]:80", "unix:/run/ci.sock", { address = "b:1", weight = 0 }])");
    const auto& endpoints = config.pools[0].endpoints;
    REQUIRE(endpoints.size() == 5);
    CHECK(endpoints[0].address == "10.0.0.5:8080");
    CHECK(endpoints[0].weight == 1);
    CHECK(endpoints[4].address == "b:1");
    CHECK(endpoints[4].weight == 0);
  }

  TEST_CASE("a route that takes POST alone is a webhook with short timeouts") {
    const Route webhook = route_of("match.methods = [\"POST\"]");
    CHECK(webhook.kind == Route::Kind::kWebhook);
    CHECK(webhook.connect_timeout == milliseconds(2000));
    CHECK(webhook.response_timeout == milliseconds(9000));
    CHECK(webhook.total_timeout == milliseconds(9000));
    const Route web = route_of("match.methods = [\"POST\", \"GET\"]");
    CHECK(web.kind == Route::Kind::kWeb);
    CHECK(web.connect_timeout == std::nullopt);
    CHECK(web.response_timeout == milliseconds(90'000));
    CHECK(web.total_timeout == milliseconds(0));
  }

  TEST_CASE("what the file says about a webhook's timeouts holds, and so does its kind") {
    const Route slow =
        route_of("match.methods = [\"POST\"]\nresponse_timeout = \"30s\"\ntotal_timeout = \"0s\"");
    CHECK(slow.response_timeout == milliseconds(30'000));
    CHECK(slow.total_timeout == milliseconds(0));
    CHECK(slow.connect_timeout == milliseconds(2000));
    CHECK(route_of("match.methods = [\"POST\"]\nkind = \"web\"").response_timeout ==
          milliseconds(90'000));
    CHECK(route_of("kind = \"webhook\"").response_timeout == milliseconds(9000));
  }

  TEST_CASE("a cohort is one key or a list of them") {
    using Kind = CohortKey::Kind;
    CHECK(route_of("cohort = \"client\"").cohort == std::vector<CohortKey>{{Kind::kClient, ""}});
    CHECK(
        route_of(
            R"(cohort = ["cookie:S", "header:X-Repo", "query:repo", "path:/job/{*}/", "request"])")
            .cohort == std::vector<CohortKey>{{Kind::kCookie, "S"},
                                              {Kind::kHeader, "X-Repo"},
                                              {Kind::kQuery, "repo"},
                                              {Kind::kPath, "/job/{*}/"},
                                              {Kind::kRequest, ""}});
  }

  TEST_CASE("hosts are folded to lower case") {
    CHECK(route_of("match.host = \"*.Example.COM\"").match.host == "*.example.com");
  }

  TEST_CASE("the access log is a path or a table") {
    CHECK(tests::parsed("log.access = \"/var/log/a\"").log.access_file == "/var/log/a");
    const Log log =
        tests::parsed("[log.access]\nfile = \"-\"\nformat = \"logfmt\"\nbuffer = \"64KiB\"").log;
    CHECK(log.access_file == "-");
    CHECK(log.access_format == Log::AccessFormat::kLogfmt);
    CHECK(log.access_buffer == 65'536);
  }

  TEST_CASE("statuses are numbers, ranges or one of them alone") {
    const auto statuses = [](const std::string& value) {
      return tests::parsed("[pools.a]\nendpoints = [\"a:1\"]\nhealth.expect_status = " + value)
          .pools.front()
          .health.expect_status;
    };
    CHECK(statuses("204") == std::vector<StatusRange>{{204, 204}});
    CHECK(statuses("\"200-299\"") == std::vector<StatusRange>{{200, 299}});
    CHECK(statuses("[\"200-299\", 401]") == std::vector<StatusRange>{{200, 299}, {401, 401}});
  }

  TEST_CASE("modes are octal, ratios may be percentages, sizes may be numbers") {
    const Config config =
        tests::parsed("admin.mode = 0o660\nretry.budget = \"12.5%\"\nlimits.replay = 1000");
    CHECK(config.admin.mode == 0660);
    CHECK(config.retry.budget == 0.125);
    CHECK(config.limits.replay == 1000);
  }

  TEST_CASE("defaults that would not fit beside a given limit follow it") {
    const Limits limits =
        tests::parsed("limits = { head = \"4KiB\", buffer_high = \"8KiB\" }").limits;
    CHECK(limits.request_line == 4096);
    CHECK(limits.buffer_low == 2048);
  }

  TEST_CASE("ten thousand routes load in a moment") {
    std::string text;
    for (int i = 0; i < 10'000; ++i) {
      const std::string n = std::to_string(i);
      text += "[[routes]]\nname = \"r" + n + "\"\nmatch = { host = \"h" + n +
              ".example.com\", path_prefix = \"/job\" }\nsplit = { old = 90, new = 10 }\n";
    }
    const auto begin = std::chrono::steady_clock::now();
    CHECK(tests::parsed(text).routes.size() == 10'001);
    // Takes 0.1 s optimised and 1 s in a debug build; something quadratic takes minutes.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  }
}

}  // namespace
}  // namespace segue::conf

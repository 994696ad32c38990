// `segue explain` without a running process.
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "tests/support/scratch.h"

namespace segue::app {
namespace {

using tests::Scratch;

struct Ended {
  int code;
  std::string out, err;
};

Ended explain(ExplainOptions options) {
  if (options.config == ExplainOptions{}.config)
    options.config = SEGUE_SOURCE_DIR "/conf/examples/full.toml";
  std::ostringstream out, err;
  Console console{out, err};
  const int code = cmd_explain(options, console);
  return {code, out.str(), err.str()};
}

nlohmann::json explain_json(ExplainOptions options) {
  options.json = true;
  return nlohmann::json::parse(explain(std::move(options)).out);
}

TEST_SUITE("app/cmd_explain") {
  TEST_CASE("a request goes to its route, and its cohort to a pool") {
    const auto why =
        explain_json({.method = "GET", .url = "http://ci.example.com/job/app/lastBuild/"});
    CHECK(why["route"] == "jobs");
    CHECK(why["cohort"]["source"] == "path:/job/{*}/");
    CHECK(why["cohort"]["key"] == "app");
    CHECK(why["branches"][0]["effective_share"] == doctest::Approx(0.75));
    CHECK((why["pool"] == "old" || why["pool"] == "new"));
    CHECK(explain_json({.method = "GET", .url = "http://ci.example.com/job/APP"})["pool"] ==
          why["pool"]);
  }

  TEST_CASE("the host is the URL's, or that of a Host header, which wins") {
    const std::vector<std::string> host = {"Host: ci.example.com:8080"};
    CHECK(explain_json({.method = "GET", .url = "/job/app", .headers = host})["route"] == "jobs");
    CHECK(explain_json(
              {.method = "GET", .url = "http://elsewhere/job/app", .headers = host})["route"] ==
          "jobs");
    CHECK(explain_json({.method = "GET", .url = "http://elsewhere/job/app"})["route"] == "ui");
  }

  TEST_CASE("headers, cookies, query and client are read as they would be on the wire") {
    CHECK(explain_json({.method = "GET",
                        .url = "http://a.example.com/?beta=1",
                        .headers = {"x-beta:  yes "}})["route"] == "beta-testers");
    const Scratch file(R"([listeners.a]
address = ":0"
[pools.a]
endpoints = ["a.internal:1"]
[[routes]]
name = "all"
split = { a = 1 }
cohort = "cookie:JSESSIONID"
)");
    const auto cookie = explain_json({.config = file.path(),
                                      .method = "GET",
                                      .url = "/",
                                      .headers = {"Cookie: a=b; JSESSIONID=s1"}});
    CHECK(cookie["cohort"]["source"] == "cookie:JSESSIONID");
    CHECK(cookie["cohort"]["key"] == "s1");
    const auto client = explain_json({.method = "GET", .url = "/", .client = "2001:DB8::0001"});
    CHECK(client["cohort"]["source"] == "client");
    CHECK(client["cohort"]["key"] == "2001:db8::1");
  }

  TEST_CASE("every endpoint is taken to be healthy, and the answer says so") {
    const auto why = explain_json({.method = "GET", .url = "/"});
    for (const auto& branch : why["branches"]) CHECK(branch["eligible"] == true);
    CHECK(why["assumption"].get<std::string>().find("healthy") != std::string::npos);
    CHECK(explain({.method = "GET", .url = "/"}).out.find("taken to be healthy") !=
          std::string::npos);
  }

  TEST_CASE("people get the route, the pool marked, and the fallback") {
    const Scratch body(R"({"repository": {"id": 7, "full_name": "org/app"}})");
    const Ended ended =
        explain({.method = "POST",
                 .url = "http://ci.example.com/github-webhook/",
                 .headers = {"X-GitHub-Event: push", "Content-Type: application/json"},
                 .body = body.path()});
    CHECK(ended.code == kDone);
    CHECK(ended.out.find("route     webhooks (host ci.example.com exact, path prefix "
                         "/github-webhook, method POST)\n") != std::string::npos);
    CHECK(ended.out.find("cohort    repository = \"github:7\"") != std::string::npos);
    CHECK(ended.out.find("* old         90    90.0%\n") != std::string::npos);
    CHECK(ended.out.find("fallback  old\n") != std::string::npos);
  }

  TEST_CASE("the draw of a route without cohort can be given") {
    const Scratch file(R"([listeners.a]
address = ":0"
[pools.a]
endpoints = ["a.internal:1"]
[pools.b]
endpoints = ["b.internal:1"]
[[routes]]
name = "all"
match = { host = "here" }
split = { a = 1, b = 1 })");
    int to_a = 0;
    for (std::uint64_t i = 0; i < 64; ++i)
      to_a += explain_json({.config = file.path(),
                            .method = "GET",
                            .url = "http://here/",
                            .random = i * 0x9e3779b97f4a7c15u})["pool"] == "a";
    CHECK(to_a > 0);
    CHECK(to_a < 64);
  }

  TEST_CASE("a request that no route takes says so and fails") {
    const Scratch file(
        "[listeners.a]\naddress = \":0\"\n[pools.a]\nendpoints = [\"a:1\"]\n[[routes]]\nname = "
        "\"r\"\n"
        "match = { host = \"here\" }\nsplit = { a = 1 }");
    const Ended ended = explain({.config = file.path(), .method = "GET", .url = "http://there/"});
    CHECK(ended.code == kFailed);
    CHECK(ended.out.starts_with("why       "));
    const auto why = explain_json({.config = file.path(), .method = "GET", .url = "http://there/"});
    CHECK(why["route"].is_null());
    CHECK(why["pool"].is_null());
  }

  TEST_CASE("what is no request is not understood") {
    struct Case {
      ExplainOptions options;
      std::string line;
    };
    const std::string urls =
        ", expected one such as \"http://ci.example.com/job/app/\" or \"/job/app/\"\n";
    for (const Case& c :
         {Case{{.method = "G T", .url = "/"}, "\"G T\" is not a method\n"},
          {{.method = "GET", .url = "ci.example.com"}, "\"ci.example.com\" is not a URL" + urls},
          {{.method = "GET", .url = "/a b"}, "\"/a b\" is not a URL" + urls},
          {{.method = "GET", .url = "/", .headers = {"nonsense"}},
           "\"nonsense\" is not a header, expected \"Name: value\"\n"},
          {{.method = "GET", .url = "/", .client = "me"},
           "--client \"me\" is not an IP address\n"}}) {
      const Ended ended = explain(c.options);
      CHECK(ended.code == kNotUnderstood);
      CHECK(ended.err == "segue explain: " + c.line);
    }
  }

  TEST_CASE("a fragment stays at home") {
    CHECK(explain_json({.method = "GET", .url = "http://ci.example.com/job/app#top"})["route"] ==
          "jobs");
  }

  TEST_CASE("a configuration that is not right is reported as check reports it") {
    const Ended ended = explain({.config = "/nonexistent/segue.toml", .method = "GET", .url = "/"});
    CHECK(ended.code == kFailed);
    CHECK(ended.err == "/nonexistent/segue.toml: cannot be read: No such file or directory\n");
  }
}

}  // namespace
}  // namespace segue::app

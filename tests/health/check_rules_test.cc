// Answers against configured expectations.
#include "health/check_rules.h"

#include <doctest/doctest.h>

namespace segue::health {
namespace {

call::Answer answer(std::uint16_t status, std::string body = "",
                    std::vector<std::pair<std::string, std::string>> headers = {}) {
  call::Answer out;
  out.status = status;
  out.body = std::move(body);
  out.headers = std::move(headers);
  out.total = Micros(3400);
  return out;
}

conf::Health jenkins() {
  conf::Health check;
  check.expect_status = {{200, 200}};
  check.expect_header = "X-Jenkins";
  check.starting_body = "getting ready";
  check.drain_on = {404, 410};
  return check;
}

TEST_SUITE("health/check_rules") {
  TEST_CASE("an answer passes, fails, is starting or asks to be drained") {
    struct Case {
      const char* name;
      call::Answer answer;
      Outcome outcome;
      const char* evidence;
    };
    const Case cases[] = {
        {"as expected", answer(200, "", {{"x-jenkins", "2.4"}}), Outcome::kPass, "200 in 3 ms"},
        {"wrong status", answer(500), Outcome::kFail, "status 500, expected 200"},
        {"another server answers", answer(200), Outcome::kFail,
         "status 200 without the header \"X-Jenkins\""},
        {"getting ready", answer(503, "Please wait while Jenkins is getting ready to work"),
         Outcome::kStarting, "status 503 says that it is starting"},
        {"broken", answer(503, "Oops"), Outcome::kFail, "status 503, expected 200"},
        {"asks to be drained", answer(404, "getting ready"), Outcome::kAskedDrain,
         "status 404 asks to be drained"},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      const Finding finding = judge_answer(jenkins(), c.answer);
      CHECK(finding.outcome == c.outcome);
      CHECK(finding.evidence == c.evidence);
    }
  }

  TEST_CASE("by default everything from 200 to 399 passes") {
    for (int status = 100; status < 600; ++status) {
      const bool pass =
          judge_answer({}, answer(static_cast<std::uint16_t>(status))).outcome == Outcome::kPass;
      CHECK(pass == (status >= 200 && status <= 399));
    }
  }

  TEST_CASE("several ranges are all expected, and all named") {
    conf::Health check;
    check.expect_status = {{200, 299}, {401, 401}};
    CHECK(judge_answer(check, answer(401)).outcome == Outcome::kPass);
    CHECK(judge_answer(check, answer(302)).evidence == "status 302, expected 200-299, 401");
  }

  TEST_CASE("a header may be asked for with a part of its value") {
    conf::Health check;
    check.expect_header = "Server: TeamCity";
    CHECK(judge_answer(check, answer(200, "", {{"server", "Apache"}, {"Server", "x TeamCity/2"}}))
              .outcome == Outcome::kPass);
    CHECK(judge_answer(check, answer(200, "", {{"Server", "teamcity"}})).outcome == Outcome::kFail);
  }

  TEST_CASE("a text may be asked for in the body, and the evidence does not repeat the body") {
    conf::Health check;
    check.expect_body = "\"status\":\"ok\"";
    CHECK(judge_answer(check, answer(200, "{\"status\":\"ok\"}")).outcome == Outcome::kPass);
    const Finding finding = judge_answer(check, answer(200, "secret"));
    CHECK(finding.outcome == Outcome::kFail);
    CHECK(finding.evidence.find("secret") == std::string::npos);
  }

  TEST_CASE("a TCP check passes with the connection") {
    conf::Health check;
    check.kind = conf::Health::Kind::kTcp;
    CHECK(judge_answer(check, answer(0)).outcome == Outcome::kPass);
    CHECK(judge_answer(check, answer(0)).evidence == "connected in 3 ms");
  }

  TEST_CASE("no answer is a failure with the call's own words") {
    const Finding finding = judge_error({call::CallError::Kind::kConnect, "connection refused"});
    CHECK(finding.outcome == Outcome::kFail);
    CHECK(finding.evidence == "connection refused");
  }
}

}  // namespace
}  // namespace segue::health

// Which outcomes in a row make which state.
#include "health/verdict.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace segue::health {
namespace {

using Health = EndpointState::Health;

Outcome outcome_of(char c) {
  switch (c) {
    case '+': return Outcome::kPass;
    case '-': return Outcome::kFail;
    case 's': return Outcome::kStarting;
    default: return Outcome::kAskedDrain;
  }
}

/// The state after each outcome: c(hecking) u(p) d(own) s(tarting) a(sked to drain).
std::string states(std::string_view outcomes, Verdict verdict, Thresholds thresholds = {2, 3}) {
  std::string out;
  for (const char c : outcomes) {
    const Health before = verdict.state();
    const bool changed = verdict.judge(outcome_of(c), thresholds);
    CHECK(changed == (before != verdict.state()));
    out += to_string(verdict.state())[0];
  }
  return out;
}

TEST_SUITE("health/verdict") {
  TEST_CASE("outcomes in a row make the state") {
    struct Case {
      const char* name;
      Health from;
      const char* outcomes;
      const char* states;
    };
    const Case cases[] = {
        {"a new endpoint is up after one pass", Health::kChecking, "+", "u"},
        {"a new endpoint that fails is down after fall failures", Health::kChecking, "---", "ccd"},
        {"a new endpoint may fail before its first pass", Health::kChecking, "--+", "ccu"},
        {"a new endpoint that starts is up after one pass", Health::kChecking, "ss+", "ssu"},
        {"a new endpoint that starts and then fails is down", Health::kChecking, "s--", "ssd"},
        {"fall failures bring down what is up", Health::kUp, "---", "uud"},
        {"a pass between failures forgets them", Health::kUp, "--+--+---", "uuuuuuuud"},
        {"rise passes bring up what is down", Health::kDown, "++", "du"},
        {"a failure between passes forgets them", Health::kDown, "+-+-++", "dddddu"},
        {"what was down needs rise passes, also after starting", Health::kDown, "s++", "ssu"},
        {"an up endpoint that restarts is starting, not down", Health::kUp, "sss", "uus"},
        {"the last failure names the state", Health::kUp, "--s", "uus"},
        {"and the other way round", Health::kUp, "ss-", "uud"},
        {"a start that never ends well is down", Health::kUp, "sss-", "uusd"},
        {"asking to be drained counts at once", Health::kUp, "a", "a"},
        {"asking to be drained counts at once for a new one", Health::kChecking, "a", "a"},
        {"a drained endpoint comes back after rise passes", Health::kUp, "aa++", "aaau"},
        {"a drained endpoint that goes away is down", Health::kUp, "a---", "aaad"},
        {"asking forgets the failures before it", Health::kUp, "--a--", "uuaaa"},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      CHECK(states(c.outcomes, Verdict(c.from)) == c.states);
    }
  }

  TEST_CASE("thresholds of one decide at once") {
    CHECK(states("-+-+", Verdict(Health::kUp), {1, 1}) == "dudu");
  }

  TEST_CASE("checks come soon while something is being counted or expected") {
    const auto changing = [](Health from, std::string_view outcomes) {
      Verdict verdict(from);
      for (const char c : outcomes) verdict.judge(outcome_of(c), {2, 3});
      return verdict.changing();
    };
    CHECK(changing(Health::kChecking, ""));
    CHECK_FALSE(changing(Health::kChecking, "+"));
    CHECK(changing(Health::kUp, "-"));
    CHECK_FALSE(changing(Health::kUp, "-+"));
    CHECK_FALSE(changing(Health::kUp, "---"));
    CHECK(changing(Health::kUp, "---+"));
    CHECK(changing(Health::kUp, "sss"));
    CHECK_FALSE(changing(Health::kUp, "a"));
  }

  TEST_CASE("counters say how many in a row") {
    Verdict verdict;
    for (int i = 0; i < 5; ++i) verdict.judge(Outcome::kPass, {2, 3});
    CHECK(verdict.passes() == 5);
    verdict.judge(Outcome::kFail, {2, 3});
    CHECK(verdict.passes() == 0);
    CHECK(verdict.failures() == 1);
  }
}

}  // namespace
}  // namespace segue::health

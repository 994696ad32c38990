// Configured expectations against one answer.
#include "health/check_rules.h"

#include <algorithm>
#include <string_view>

namespace segue::health {
namespace {

bool is_expected(const conf::Health& check, std::uint16_t status) {
  return std::any_of(
      check.expect_status.begin(), check.expect_status.end(),
      [&](const conf::StatusRange& r) { return status >= r.first && status <= r.last; });
}

std::string ranges(const std::vector<conf::StatusRange>& all) {
  std::string out;
  for (const conf::StatusRange& range : all) {
    if (!out.empty()) out += ", ";
    out += std::to_string(range.first);
    if (range.last != range.first) out += "-" + std::to_string(range.last);
  }
  return out;
}

/// Why the answer is not a pass; "" when it is one.
std::string objection(const conf::Health& check, const call::Answer& answer) {
  if (!is_expected(check, answer.status)) {
    return "status " + std::to_string(answer.status) + ", expected " + ranges(check.expect_status);
  }
  if (!check.expect_header.empty() && !answer.has(check.expect_header)) {
    return "status " + std::to_string(answer.status) + " without the header \"" +
           check.expect_header + "\"";
  }
  if (!check.expect_body.empty() && answer.body.find(check.expect_body) == std::string::npos) {
    return "status " + std::to_string(answer.status) + " without \"" + check.expect_body +
           "\" in its body";
  }
  return "";
}

std::string in_time(Micros time) {
  const auto ms = std::chrono::duration_cast<Millis>(time).count();
  return ms == 0 ? "in less than 1 ms" : "in " + std::to_string(ms) + " ms";
}

}  // namespace

Finding judge_answer(const conf::Health& check, const call::Answer& answer) {
  if (check.kind == conf::Health::Kind::kTcp) {
    return {Outcome::kPass, "connected " + in_time(answer.total)};
  }
  const std::string status = std::to_string(answer.status);
  if (std::find(check.drain_on.begin(), check.drain_on.end(), answer.status) !=
      check.drain_on.end()) {
    return {Outcome::kAskedDrain, "status " + status + " asks to be drained"};
  }
  std::string why = objection(check, answer);
  if (why.empty()) return {Outcome::kPass, status + " " + in_time(answer.total)};
  if (!check.starting_body.empty() && answer.body.find(check.starting_body) != std::string::npos) {
    return {Outcome::kStarting, "status " + status + " says that it is starting"};
  }
  return {Outcome::kFail, std::move(why)};
}

Finding judge_error(const call::CallError& error) {
  return {Outcome::kFail, error.sentence};
}

}  // namespace segue::health

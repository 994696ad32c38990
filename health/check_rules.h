// What one answer means: pass, failure, starting or asked to drain, and the evidence in words.
#pragma once

#include <string>

#include "health/verdict.h"
#include "lib/call/call.h"

namespace segue::health {

/// One check's result. The evidence holds nothing that the endpoint sent but its status.
struct Finding {
  Outcome outcome = Outcome::kFail;
  std::string evidence;  ///< "200 in 3 ms", "connection refused", "status 500, expected 200-399"
};

/// In this order: a status of drain_on asks to be drained; a wrong status, then a missing header,
/// then a missing body text fails; a failure whose body has starting_body is starting.
Finding judge_answer(const conf::Health& check, const call::Answer& answer);

Finding judge_error(const call::CallError& error);

}  // namespace segue::health

// Turns a loop until something has happened: how tests wait without sleeping.
#pragma once

#include <functional>

#include <doctest/doctest.h>

#include "lib/base/clock.h"
#include "lib/net/loop.h"

namespace segue::tests {

inline constexpr Seconds kPatience{20};  ///< then the test has failed, whatever it waited for

inline void run_until(net::Loop& loop, const std::function<bool()>& happened) {
  const Instant until = now() + kPatience;
  while (!happened()) {
    REQUIRE_MESSAGE(now() < until, "what the test waits for did not happen");
    uv_run(loop.uv(), UV_RUN_ONCE);
  }
}

}  // namespace segue::tests

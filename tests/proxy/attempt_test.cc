// The whole truth table of trying again: every combination of what is known, against the rules in
// words.
#include "proxy/attempt.h"

#include <doctest/doctest.h>

namespace segue::proxy {
namespace {

using telemetry::Proof;

constexpr int kFaults = static_cast<int>(Fault::kTlsFailed) + 1;
constexpr int kMethods = static_cast<int>(http::Method::kOther) + 1;

bool is_safe_to_repeat(http::Method method) {  // RFC 9110 §9.2.2, spelled out again
  using http::Method;
  for (const Method m : {Method::kGet, Method::kHead, Method::kPut, Method::kDelete,
                         Method::kOptions, Method::kTrace})
    if (m == method) return true;
  return false;
}

std::optional<Proof> expected(const FailedAttempt& a) {
  if (a.error.side != Side::kUpstream) return std::nullopt;  // not the upstream's fault
  if (!a.body_replayable) return std::nullopt;               // there is nothing left to send
  if (!a.bytes_written) return Proof::kUnsent;
  const bool connection_died =
      a.error.fault == Fault::kReset || a.error.fault == Fault::kClosedEarly;
  if (a.bytes_received || !connection_died)
    return std::nullopt;  // an answer, or perhaps still at work
  if (a.reused && (is_safe_to_repeat(a.method) || a.retry_stale_post))
    return Proof::kReusedConnection;
  if (is_safe_to_repeat(a.method)) return Proof::kIdempotent;
  return std::nullopt;
}

template <typename Visit>
void for_each_attempt(Visit&& visit) {
  for (int fault = 0; fault < kFaults; ++fault)
    for (const Side side : {Side::kClient, Side::kUpstream, Side::kSelf})
      for (int method = 0; method < kMethods; ++method)
        for (unsigned bits = 0; bits < 32; ++bits)
          visit(FailedAttempt{{static_cast<Fault>(fault), side},
                              static_cast<http::Method>(method),
                              (bits & 1) != 0,
                              (bits & 2) != 0,
                              (bits & 4) != 0,
                              (bits & 8) != 0,
                              (bits & 16) != 0});
}

}  // namespace

TEST_SUITE("proxy/attempt") {
  TEST_CASE("every combination is decided by the rules") {
    int allowed = 0;
    for_each_attempt([&](const FailedAttempt& attempt) {
      const auto proof = proof_for_retry(attempt);
      REQUIRE((proof == expected(attempt)));
      allowed += proof.has_value();
    });
    CHECK(allowed > 0);
  }

  TEST_CASE(
      "a POST that was sent is sent again only where the route says so and the connection was "
      "old") {
    for_each_attempt([](const FailedAttempt& attempt) {
      if (attempt.method != http::Method::kPost || !attempt.bytes_written ||
          !proof_for_retry(attempt))
        return;
      REQUIRE(attempt.retry_stale_post);
      REQUIRE(attempt.reused);
      REQUIRE_FALSE(attempt.bytes_received);
    });
  }

  TEST_CASE("a timeout after sending is an answer: the server may be at work") {
    for (const Fault fault : {Fault::kFirstByteTimeout, Fault::kStreamTimeout, Fault::kBadMessage})
      CHECK_FALSE(
          proof_for_retry({{fault, Side::kUpstream}, http::Method::kGet, true}).has_value());
  }
}

}  // namespace segue::proxy

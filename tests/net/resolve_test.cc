// Names to addresses, and lookups whose answer nobody waits for any more.
#include "lib/net/resolve.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "tests/support/run_until.h"

namespace segue::net {
namespace {

using tests::run_until;
using Outcome = Result<std::vector<SocketAddress>, std::string>;

Outcome lookup(Loop& loop, Resolver& resolver, const std::string& host) {
  std::optional<Outcome> outcome;
  const auto begun =
      resolver.resolve(host, 8080, [&](Outcome found) { outcome = std::move(found); });
  REQUIRE(begun.ok());
  CHECK_FALSE(outcome.has_value());
  run_until(loop, [&] { return outcome.has_value(); });
  CHECK(resolver.pending() == 0);
  return *outcome;
}

TEST_SUITE("net/resolve") {
  TEST_CASE("a name gives addresses with the port that was asked for, each once") {
    Loop loop;
    Resolver resolver(loop);
    const auto found = lookup(loop, resolver, "localhost");
    REQUIRE(found.ok());
    for (const SocketAddress& address : *found) {
      CHECK(address.port() == 8080);
      CHECK(std::count(found->begin(), found->end(), address) == 1);
    }
    const auto literal = lookup(loop, resolver, "::1");
    REQUIRE(literal.ok());
    REQUIRE(literal->size() == 1);
    CHECK(literal->front().to_string() == "[::1]:8080");
  }

  TEST_CASE("what is no name is a sentence") {
    Loop loop;
    Resolver resolver(loop);
    const auto begun =
        resolver.resolve(std::string(5000, 'a'), 80, [](Outcome) { FAIL("an answer, too"); });
    REQUIRE_FALSE(begun.ok());
    CHECK_FALSE(begun.error().empty());
    CHECK(resolver.pending() == 0);
  }

  TEST_CASE("the number of lookups at once is bounded, and a resolver that goes silences them") {
    Loop loop;
    auto resolver = std::make_unique<Resolver>(loop);
    for (std::size_t i = 0; i < Resolver::kPendingMax; ++i) {
      CHECK(resolver->resolve("127.0.0.1", 80, [](Outcome) { FAIL("nobody waits for it"); }).ok());
    }
    CHECK_FALSE(resolver->resolve("127.0.0.1", 80, [](Outcome) {}).ok());
    resolver.reset();
  }

  TEST_CASE("an answer may destroy the resolver") {
    Loop loop;
    auto resolver = std::make_unique<Resolver>(loop);
    bool answered = false;
    const auto begun = resolver->resolve("127.0.0.1", 80, [&](Outcome) {
      resolver.reset();
      answered = true;
    });
    REQUIRE(begun.ok());
    run_until(loop, [&] { return answered; });
  }
}

}  // namespace
}  // namespace segue::net

// What each operation makes of the runtime, and how differences read.
#include "routing/operations.h"

#include <doctest/doctest.h>

#include "routing/difference.h"
#include "tests/routing/world.h"

namespace segue::routing {
namespace {

conf::Config config() {
  return *two_pools().desired.config;
}

/// The runtime after `operation`, which must be possible.
Runtime after(Runtime runtime, const Operation& operation) {
  auto applied = apply(config(), std::move(runtime), operation);
  if (!applied) MESSAGE(applied.error().text);
  REQUIRE(applied.ok());
  return *std::move(applied);
}

std::string refused(const Operation& operation, const Runtime& runtime = {}) {
  const auto applied = apply(config(), runtime, operation);
  REQUIRE_FALSE(applied.ok());
  return applied.error().text;
}

SetPin pin(std::string key, std::string pool) {
  Pin pin;
  pin.pool = std::move(pool);
  return {"hooks", std::move(key), pin};
}

}  // namespace

TEST_SUITE("routing/operations") {
  TEST_CASE("weights that are not named stay, and all zero is refused") {
    const Runtime runtime = after({}, SetWeights{"hooks", {{"new", 7}}, 0});
    CHECK(runtime.weights.at("hooks").at("new") == 7);
    CHECK(runtime.weights.at("hooks").contains("old"));
    CHECK(refused(SetWeights{"hooks", {{"new", 0}, {"old", 0}}, 0}).find("all weights") == 0);
    CHECK(refused(SetWeights{"hoks", {{"new", 1}}, 0}) == "there is no route 'hoks'");
    CHECK(refused(SetWeights{"hooks", {{"spare", 1}}, 0}).find("not in the split") !=
          std::string::npos);
    CHECK(refused(SetWeights{"hooks", {{"new", 1'000'001}}, 0}).find("expected 0…1000000") !=
          std::string::npos);
  }

  TEST_CASE("weights for a while go back to those of before the first while") {
    const Runtime first = after({}, SetWeights{"hooks", {{"old", 90}, {"new", 10}}, 0});
    const Runtime once = after(first, SetWeights{"hooks", {{"new", 50}}, 1000});
    const Runtime twice = after(once, SetWeights{"hooks", {{"new", 70}}, 2000});
    CHECK(next_end(twice) == 2000);
    CHECK(after(twice, Expire{1999}) == twice);
    const Runtime back = after(twice, Expire{2000});
    CHECK(back.weights == first.weights);
    CHECK(next_end(back) == 0);
    // Said without a limit, they stay.
    CHECK(next_end(after(twice, SetWeights{"hooks", {{"new", 70}}, 0})) == 0);
  }

  TEST_CASE("a pin is found in any case, ends by itself, and can be taken back") {
    SetPin wanted = pin("Org/App", "new");
    wanted.pin.until_ms = 500;
    const Runtime pinned = after({}, wanted);
    CHECK(pinned.pins.at("hooks").contains("org/app"));
    CHECK(after(pinned, Expire{500}) == Runtime{});
    CHECK(after(pinned, Unpin{"hooks", "ORG/APP"}) == Runtime{});
    CHECK(refused(Unpin{"hooks", "org/other"}, pinned).find("no pin for") == 0);
    CHECK(refused(pin("", "new")).find("expected 1…") != std::string::npos);
    CHECK(refused(pin("a", "nowhere")).find("leads to pool 'nowhere'") != std::string::npos);
  }

  TEST_CASE("a group holds only so many pins") {
    Runtime full;
    for (std::size_t i = 0; i < kPinsMax; ++i) full.pins["hooks"][std::to_string(i)].pool = "new";
    CHECK(refused(pin("one more", "new"), full).find("unpin some") != std::string::npos);
    CHECK(after(full, pin("17", "old")).pins.at("hooks").at("17").pool == "old");
  }

  TEST_CASE("abort moves everybody: weights, pins and sessions") {
    Runtime runtime = after({}, SetWeights{"hooks", {{"old", 10}, {"new", 90}}, 99});
    runtime = after(runtime, pin("a", "new"));
    runtime = after(runtime, pin("b", "old"));
    const Runtime aborted = after(runtime, Abort{"hooks", "old"});
    CHECK(aborted.weights.at("hooks") == Weights{{"new", 0}, {"old", 100}});
    CHECK(aborted.reverts.empty());
    CHECK(aborted.pins.at("hooks").size() == 1);
    CHECK(aborted.epochs.at("hooks") == 1);
  }

  TEST_CASE("what is restored brings everything back but old sessions") {
    const Runtime before = after({}, pin("a", "new"));
    const Runtime aborted = after(before, Abort{"hooks", "old"});
    const Runtime restored = after(aborted, Restore{before});
    CHECK(restored.pins == before.pins);
    CHECK(restored.weights == before.weights);
    CHECK(restored.epochs.at("hooks") == 2);
  }

  TEST_CASE("an operator's word is kept by address until it is taken back") {
    const Runtime out = after({}, Say{"new", "", {Word::kOut, 0}});
    CHECK(out.endpoints.at("new").size() == 3);
    CHECK(after(out, Say{"new", "", {Word::kNone, 0}}) == Runtime{});
    CHECK(refused(Say{"new", "10.9.9.9:1", {Word::kOut, 0}}).find("has no endpoint") !=
          std::string::npos);
  }

  TEST_CASE("differences say what was and what is") {
    Runtime runtime = after({}, SetWeights{"hooks", {{"old", 70}, {"new", 30}}, 0});
    runtime = after(runtime, pin("org/app", "new"));
    const std::string text = to_text(difference(config(), {}, runtime));
    CHECK(text.find("-> old=70 new=30") != std::string::npos);
    CHECK(text.find("pin hooks org/app: -> new") != std::string::npos);
    CHECK(difference(config(), runtime, runtime).empty());
  }
}

}  // namespace segue::routing

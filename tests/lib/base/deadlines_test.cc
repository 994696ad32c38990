// The timer wheel on a clock that the test moves: punctual, never early, and robust against owners
// who change it from within.
#include "lib/base/deadlines.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"

namespace segue {
namespace {

constexpr std::uint64_t kTick = Deadlines::kTickUs;
constexpr std::uint64_t kTurn = Deadlines::kTickUs * Deadlines::kSlots;
constexpr Instant kStart{1'000'000'123};

struct Owner final : Deadline::Owner {
  std::function<void(Deadline&)> then;
  int fired = 0;
  Deadline deadline{*this};

  void on_deadline(Deadline& which) override {
    CHECK(&which == &deadline);
    CHECK_FALSE(which.armed());
    ++fired;
    if (then) then(which);
  }
};

constexpr Instant after(std::uint64_t us) {
  return {kStart.us + us};
}

}  // namespace

TEST_SUITE("lib/base/deadlines") {
  TEST_CASE("a deadline fires once, not before its time and at most two ticks after") {
    for (const std::uint64_t us :
         {std::uint64_t{0}, std::uint64_t{1}, kTick - 1, kTick, kTick + 1, 10 * kTick,
          kTurn - kTick, kTurn - 1, kTurn, kTurn + 1, 3 * kTurn + 5 * kTick}) {
      CAPTURE(us);
      Deadlines wheel(kStart);
      Owner owner;
      wheel.arm(owner.deadline, after(us));
      for (std::uint64_t at = 0; at <= us + 2 * kTick; at += kTick / 2) {
        wheel.advance(after(at));
        if (at < us) REQUIRE(owner.fired == 0);
      }
      CHECK(owner.fired == 1);
      wheel.advance(after(us + 4 * kTurn));
      CHECK(owner.fired == 1);
    }
  }

  TEST_CASE("a deadline in the past fires at the next tick") {
    Deadlines wheel(kStart);
    Owner owner;
    wheel.arm(owner.deadline, {1});
    wheel.advance(kStart);
    CHECK(owner.fired == 0);
    wheel.advance(after(kTick));
    CHECK(owner.fired == 1);
  }

  TEST_CASE("arming again moves a deadline, and disarming takes it away") {
    Deadlines wheel(kStart);
    Owner moved, disarmed;
    wheel.arm(moved.deadline, after(2 * kTick));
    wheel.arm(disarmed.deadline, after(2 * kTick));
    wheel.arm(moved.deadline, after(10 * kTick));
    disarmed.deadline.disarm();
    CHECK_FALSE(disarmed.deadline.armed());
    wheel.advance(after(5 * kTick));
    CHECK(moved.fired == 0);
    wheel.advance(after(12 * kTick));
    CHECK(moved.fired == 1);
    CHECK(disarmed.fired == 0);
  }

  TEST_CASE("time that stands still or goes back fires nothing") {
    Deadlines wheel(kStart);
    Owner owner;
    wheel.arm(owner.deadline, after(kTick));
    wheel.advance(kStart);
    wheel.advance({5});
    wheel.advance(kStart);
    CHECK(owner.fired == 0);
    wheel.advance(after(3 * kTick));
    CHECK(owner.fired == 1);
  }

  TEST_CASE("after a sleep of many turns everything that was due fires, and nothing else") {
    Deadlines wheel(kStart);
    std::vector<std::unique_ptr<Owner>> owners;
    for (std::uint64_t i = 0; i < 3 * Deadlines::kSlots; ++i) {
      owners.push_back(std::make_unique<Owner>());
      wheel.arm(owners.back()->deadline, after(i * kTick));
    }
    Owner later;
    wheel.arm(later.deadline, after(20 * kTurn));
    wheel.advance(after(10 * kTurn));
    for (const auto& owner : owners) REQUIRE(owner->fired == 1);
    CHECK(later.fired == 0);
    wheel.advance(after(21 * kTurn));
    CHECK(later.fired == 1);
  }

  TEST_CASE("an owner may arm its own deadline again from within, and it fires once each time") {
    for (const std::uint64_t gap : {std::uint64_t{0}, kTick, 7 * kTick, kTurn, 2 * kTurn}) {
      CAPTURE(gap);
      Deadlines wheel(kStart);
      Owner owner;
      Instant time = kStart;
      owner.then = [&](Deadline& which) {
        if (owner.fired < 3) wheel.arm(which, {time.us + gap});
      };
      wheel.arm(owner.deadline, time);
      std::vector<int> counts;
      for (std::uint64_t at = 0; at < 3 * (gap + 2 * kTick); at += kTick) {
        time = after(at);
        wheel.advance(time);
      }
      CHECK(owner.fired == 3);
      CHECK_FALSE(owner.deadline.armed());
    }
  }

  TEST_CASE("what is armed while catching up fires by its own time") {
    Deadlines wheel(kStart);
    Owner first, second;
    first.then = [&](Deadline&) { wheel.arm(second.deadline, after(100 * kTick)); };
    wheel.arm(first.deadline, after(kTick));
    wheel.advance(after(50 * kTick));
    CHECK(first.fired == 1);
    CHECK(second.fired == 0);
    wheel.advance(after(102 * kTick));
    CHECK(second.fired == 1);
  }

  TEST_CASE("an owner may destroy itself and others that were due with it") {
    Deadlines wheel(kStart);
    std::vector<std::unique_ptr<Owner>> owners(4);
    int fired = 0;
    for (auto& owner : owners) {
      owner = std::make_unique<Owner>();
      wheel.arm(owner->deadline, after(kTick));
    }
    owners[0]->then = [&](Deadline&) {
      ++fired;
      owners[1].reset();  // due in the same tick
      owners[3]->deadline.disarm();
      auto self = std::move(owners[0]);
    };
    owners[2]->then = [&](Deadline&) { ++fired; };
    wheel.advance(after(5 * kTick));
    CHECK(fired == 2);
    CHECK(owners[3]->fired == 0);
  }

  TEST_CASE("an armed deadline that dies never fires") {
    Deadlines wheel(kStart);
    auto owner = std::make_unique<Owner>();
    int fired = 0;
    owner->then = [&](Deadline&) { ++fired; };
    wheel.arm(owner->deadline, after(kTick));
    owner.reset();
    wheel.advance(after(5 * kTick));
    CHECK(fired == 0);
  }

  TEST_CASE("any mixture of arming, disarming and waiting agrees with a plain list of times") {
    constexpr std::uint64_t kSeed = 20'240'902;
    Rng rng(kSeed);
    Deadlines wheel(kStart);
    struct Expected {
      std::unique_ptr<Owner> owner = std::make_unique<Owner>();
      std::optional<std::uint64_t> due;
      int fired = 0;
    };
    std::vector<Expected> all(50);
    std::uint64_t now_us = kStart.us;
    for (int step = 0; step < 5'000; ++step) {
      CAPTURE(step);
      Expected& one = all[rng.below(all.size())];
      switch (rng.below(4)) {
        case 0:
        case 1:
          one.due = now_us + rng.below(rng.below(4) == 0 ? 3 * kTurn : 40 * kTick);
          wheel.arm(one.owner->deadline, {*one.due});
          break;
        case 2:
          one.due.reset();
          one.owner->deadline.disarm();
          break;
        default:
          now_us += rng.below(rng.below(16) == 0 ? 2 * kTurn : 5 * kTick);
          wheel.advance({now_us});
          for (Expected& each : all) {
            if (each.owner->fired != each.fired) {
              REQUIRE(each.owner->fired == each.fired + 1);
              REQUIRE(each.due.has_value());
              REQUIRE(*each.due <= now_us);
              each.fired = each.owner->fired;
              each.due.reset();
            } else if (each.due) {
              REQUIRE(*each.due + 2 * kTick > now_us);
            }
          }
      }
    }
  }
}

}  // namespace segue

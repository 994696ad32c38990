// Turns of the loop: what is retired dies between two of them, deadlines come, and the end is
// clean.
#include "lib/net/loop.h"

#include <doctest/doctest.h>

#include "tests/support/run_until.h"

namespace segue::net {
namespace {

struct Noted final : Retired {
  explicit Noted(int& count, Loop* loop = nullptr) : dead(count), loop_(loop) {}
  ~Noted() override {
    ++dead;
    if (loop_ != nullptr) loop_->retire(std::make_unique<Noted>(dead));
  }
  int& dead;
  Loop* loop_;
};

}  // namespace

TEST_SUITE("lib/net/loop") {
  TEST_CASE(
      "what is retired lives until the event at hand is over, and dies before the next poll") {
    Loop loop;
    int dead = 0;
    struct Owner final : Deadline::Owner {
      void on_deadline(Deadline&) override {
        loop.retire(std::make_unique<Noted>(dead));
        at_event = dead;
      }
      Owner(Loop& l, int& d) : loop(l), dead(d) {}
      Loop& loop;
      int& dead;
      int at_event = -1;
      Deadline deadline{*this};
    } owner(loop, dead);
    loop.deadlines().arm(owner.deadline, now());
    tests::run_until(loop, [&] { return owner.at_event >= 0; });
    CHECK(owner.at_event == 0);
    tests::run_until(loop, [&] { return dead == 1; });
  }

  TEST_CASE("what a retired object retires is destroyed, too, with the loop at the latest") {
    int dead = 0;
    {
      Loop loop;
      loop.retire(std::make_unique<Noted>(dead, &loop));
      loop.reap();
      CHECK(dead == 1);
      loop.reap();
      CHECK(dead == 2);
      loop.retire(std::make_unique<Noted>(dead, &loop));
    }
    CHECK(dead == 4);
  }

  TEST_CASE("the hook before a poll runs every turn and may stop the loop") {
    Loop loop;
    int turns = 0;
    loop.before_poll([&] {
      if (++turns == 3) loop.stop();
    });
    loop.run();
    CHECK(turns == 3);
  }

  TEST_CASE("the time of a turn does not run ahead of the clock, and follows it") {
    Loop loop;
    uv_update_time(loop.uv());
    const Instant turn = loop.turn();
    CHECK(turn <= now());
    tests::run_until(loop, [&] { return loop.turn() > turn; });
  }
}

}  // namespace segue::net

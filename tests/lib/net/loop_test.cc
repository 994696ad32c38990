// Turns of the loop: what is retired dies between two of them, deadlines come, and the end is
// clean.
#include "lib/net/loop.h"

#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

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

  TEST_CASE("the hook runs before what is to come soon, and again after it") {
    Loop loop;
    std::string told;
    struct Later final : Soon {
      std::string& told;
      explicit Later(std::string& text) : told(text) {}
      void on_soon() override { told += 's'; }
    } later(told);
    loop.soon(later);
    loop.before_poll([&] {
      told += 'h';
      if (told.size() >= 3) loop.stop();
    });
    loop.run();
    CHECK(told == "hsh");
  }

  TEST_CASE("what has arrived is told before a deadline that passed meanwhile") {
    Loop loop;
    std::string told;
    struct Owner final : Deadline::Owner {
      std::string& told;
      Deadline deadline{*this};
      explicit Owner(std::string& text) : told(text) {}
      void on_deadline(Deadline&) override { told += 'd'; }
    } owner(told);
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    uv_poll_t poll;
    REQUIRE(uv_poll_init(loop.uv(), &poll, ends[0]) == 0);
    poll.data = &told;
    uv_poll_start(&poll, UV_READABLE, [](uv_poll_t* handle, int, int) {
      *static_cast<std::string*>(handle->data) += 'e';
      uv_poll_stop(handle);
    });
    loop.deadlines().arm(owner.deadline, now());
    // The tick is there before the byte, and both before the loop looks.
    const Instant begun = now();
    while ((now() - begun).count() < 3 * static_cast<std::int64_t>(Deadlines::kTickUs)) {
    }
    REQUIRE(write(ends[1], "x", 1) == 1);
    tests::run_until(loop, [&] { return told.size() == 2; });
    CHECK(told == "ed");
    uv_close(reinterpret_cast<uv_handle_t*>(&poll), nullptr);
    ::close(ends[0]);
    ::close(ends[1]);
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

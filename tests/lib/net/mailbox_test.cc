// Messages between threads: all of them, in order, on the loop's thread.
#include "lib/net/mailbox.h"

#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/run_until.h"

namespace segue::net {

TEST_SUITE("threads/mailbox") {
  TEST_CASE(
      "messages of several threads all arrive, each thread's in order, on the loop's thread") {
    constexpr int kThreads = 4, kMessages = 2'000;
    Loop loop;
    Mailbox mailbox(loop);
    std::vector<int> last(kThreads, -1);
    int received = 0;
    bool ordered = true, at_home = true;
    const auto home = std::this_thread::get_id();
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < kMessages; ++i)
          mailbox.post([&, t, i] {
            int& before = last[static_cast<std::size_t>(t)];
            ordered = ordered && before + 1 == i;
            before = i;
            at_home = at_home && std::this_thread::get_id() == home;
            ++received;
          });
      });
    tests::run_until(loop, [&] { return received == kThreads * kMessages; });
    for (std::thread& thread : threads) thread.join();
    CHECK(ordered);
    CHECK(at_home);
  }

  TEST_CASE("a message is never delivered from inside the post") {
    Loop loop;
    Mailbox mailbox(loop);
    int steps = 0;
    mailbox.post([&] {
      mailbox.post([&] { ++steps; });
      CHECK(steps == 0);
      ++steps;
    });
    CHECK(steps == 0);
    tests::run_until(loop, [&] { return steps == 2; });
  }

  TEST_CASE("a message may destroy the mailbox; those behind it are dropped, not run") {
    Loop loop;
    auto mailbox = std::make_unique<Mailbox>(loop);
    const auto witness = std::make_shared<int>(0);
    bool first = false, second = false;
    mailbox->post([&, witness] {
      mailbox.reset();
      first = true;
    });
    mailbox->post([&, witness] { second = true; });
    tests::run_until(loop, [&] { return first && witness.use_count() == 1; });
    CHECK_FALSE(second);
  }

  TEST_CASE("what was not delivered dies with the mailbox") {
    const auto witness = std::make_shared<int>(0);
    {
      Loop loop;
      Mailbox mailbox(loop);
      mailbox.post([witness] { FAIL("the mailbox is gone"); });
    }
    CHECK(witness.use_count() == 1);
  }
}

}  // namespace segue::net

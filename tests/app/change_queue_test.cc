// Changes are written one at a time, in order, and none before what is served without being
// written.
#include "app/change_queue.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace segue::app {
namespace {

using store::StoreError;

// A disk that answers when told.
struct Disk {
  std::vector<std::string> log;
  std::function<void(const ChangeQueue::Number&)> answer;  // of what is being written
  std::uint64_t last = 0;
  ChangeQueue queue{
      [this](const Revision& revision, std::function<void(const ChangeQueue::Number&)> told) {
        log.push_back("write " + revision.what);
        answer = std::move(told);
      }};

  void written() { std::exchange(answer, nullptr)(++last); }
  void failed() { std::exchange(answer, nullptr)(fail(StoreError{StoreError::Kind::kFull, ""})); }

  ChangeQueue::Entry entry(const std::string& name, bool empty = false) {
    return {[this, name, empty]() -> std::optional<Revision> {
              log.push_back("begin " + name);
              if (empty) return std::nullopt;
              Revision revision;
              revision.what = name;
              return revision;
            },
            [this, name](const ChangeQueue::Number& number) {
              log.push_back((number ? "done " : "refused ") + name);
            }};
  }
  std::vector<std::string> told() { return std::exchange(log, {}); }
};

using Log = std::vector<std::string>;

TEST_SUITE("app/change_queue") {
  TEST_CASE("the next begins when the one before is on the disk") {
    Disk disk;
    for (const char* name : {"a", "b", "c"}) CHECK(disk.queue.push(disk.entry(name)));
    CHECK(disk.told() == Log{"begin a", "write a"});
    disk.written();
    CHECK(disk.told() == Log{"done a", "begin b", "write b"});
    disk.failed();
    CHECK(disk.told() == Log{"refused b", "begin c", "write c"});
    disk.written();
    CHECK(disk.told() == Log{"done c"});
  }

  TEST_CASE("what has nothing to write waits for nothing") {
    Disk disk;
    disk.queue.push(disk.entry("a", true));
    disk.queue.push(disk.entry("b", true));
    CHECK(disk.told() == Log{"begin a", "begin b"});
  }

  TEST_CASE("what is served goes before those that wait, after the one being written") {
    Disk disk;
    disk.queue.push(disk.entry("a"));
    disk.queue.push(disk.entry("b"));
    disk.queue.push_served(disk.entry("abort"));
    CHECK(disk.queue.unwritten() == 1);
    disk.written();
    CHECK(disk.told() == Log{"begin a", "write a", "done a", "begin abort", "write abort"});
    disk.written();
    CHECK(disk.told() == Log{"done abort", "begin b", "write b"});
    CHECK(disk.queue.unwritten() == 0);
  }

  TEST_CASE("while what is served cannot be written, nothing else is") {
    Disk disk;
    disk.queue.push_served(disk.entry("abort"));
    disk.queue.push(disk.entry("a"));
    disk.queue.push(disk.entry("b"));
    disk.failed();
    CHECK(disk.told() ==
          Log{"begin abort", "write abort", "refused abort", "refused a", "refused b"});
    disk.queue.push(disk.entry("c"));  // tries again, in the right order
    CHECK(disk.told() == Log{"begin abort", "write abort"});
    disk.written();
    CHECK(disk.told() == Log{"done abort", "begin c", "write c"});
    disk.written();
    disk.queue.push_served(disk.entry("again"));
    disk.failed();
    disk.told();
    disk.queue.resume();
    CHECK(disk.told() == Log{"begin again", "write again"});
  }

  TEST_CASE("what is asked for by those that are told keeps the order") {
    Disk disk;
    ChangeQueue::Entry first = disk.entry("a");
    const auto end = first.end;
    first.end = [&disk, end](const ChangeQueue::Number& number) {
      end(number);
      disk.queue.push(disk.entry("late"));
    };
    disk.queue.push(std::move(first));
    disk.queue.push(disk.entry("b"));
    disk.written();
    CHECK(disk.told() == Log{"begin a", "write a", "done a", "begin b", "write b"});
    disk.written();
    CHECK(disk.told() == Log{"done b", "begin late", "write late"});
  }

  TEST_CASE("only so many wait") {
    Disk disk;
    disk.queue.push(disk.entry("a"));
    for (std::size_t i = 1; i < ChangeQueue::kWaitingMax; ++i)
      CHECK(disk.queue.push(disk.entry("x")));
    CHECK(!disk.queue.push(disk.entry("too many")));
    disk.queue.push_served(disk.entry("abort"));
    CHECK(disk.queue.unwritten() == 1);
  }
}

}  // namespace
}  // namespace segue::app

// Order, membership, and lists that change while they are walked.
#include "lib/base/intrusive_list.h"

#include <array>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

namespace segue {
namespace {

struct Item {
  explicit Item(int n) : number(n) {}
  int number;
  Link first;
  int between = 0;  // so that the second link has another offset
  Link second;
};
using List = IntrusiveList<Item, &Item::first>;
using Other = IntrusiveList<Item, &Item::second>;

template <typename L>
std::vector<int> numbers(L& list) {
  std::vector<int> out;
  list.for_each([&](Item& item) { out.push_back(item.number); });
  return out;
}

}  // namespace

TEST_SUITE("lib/base/intrusive_list") {
  TEST_CASE("members come in the order they were put in, from both ends") {
    Item a(1), b(2), c(3);
    List list;
    CHECK(list.empty());
    CHECK(list.front() == nullptr);
    CHECK(list.back() == nullptr);
    list.push_back(b);
    list.push_back(c);
    list.push_front(a);
    CHECK(numbers(list) == std::vector<int>{1, 2, 3});
    CHECK(list.front() == &a);
    CHECK(list.back() == &c);
    b.first.unlink();
    CHECK(numbers(list) == std::vector<int>{1, 3});
    a.first.unlink();
    c.first.unlink();
    CHECK(list.empty());
  }

  TEST_CASE("one object may be in two lists, and leaves each by itself") {
    Item a(1), b(2);
    List list;
    Other other;
    list.push_back(a);
    list.push_back(b);
    other.push_back(b);
    other.push_back(a);
    CHECK(numbers(other) == std::vector<int>{2, 1});
    a.first.unlink();
    CHECK(numbers(list) == std::vector<int>{2});
    CHECK(numbers(other) == std::vector<int>{2, 1});
    b.first.unlink();
    a.second.unlink();
    b.second.unlink();
  }

  TEST_CASE("leaving a list twice, or without having been in one, changes nothing") {
    Item a(1);
    List list;
    a.first.unlink();
    list.push_back(a);
    CHECK(a.first.linked());
    a.first.unlink();
    a.first.unlink();
    CHECK_FALSE(a.first.linked());
    list.push_back(a);
    CHECK(list.front() == &a);
    a.first.unlink();
  }

  TEST_CASE("the member being visited may leave or be destroyed") {
    std::array<std::unique_ptr<Item>, 4> items;
    List list;
    for (int i = 0; i < 4; ++i) {
      items[static_cast<std::size_t>(i)] = std::make_unique<Item>(i);
      list.push_back(*items[static_cast<std::size_t>(i)]);
    }
    std::vector<int> seen;
    list.for_each([&](Item& item) {
      seen.push_back(item.number);
      item.first.unlink();
      items[static_cast<std::size_t>(item.number)].reset();
    });
    CHECK(seen == std::vector<int>{0, 1, 2, 3});
    CHECK(list.empty());
  }
}

}  // namespace segue

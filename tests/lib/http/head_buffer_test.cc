// The buffer of a head: growth keeps views alive, and what does not fit waits aside in order.
#include "lib/http/head_buffer.h"

#include <array>
#include <cstring>
#include <deque>
#include <string>

#include <doctest/doctest.h>

namespace segue::http {
namespace {

std::string unread(const HeadBuffer& buffer) {
  return std::string(buffer.unread().data(), buffer.unread().size());
}

}  // namespace

TEST_SUITE("lib/http/head_buffer") {
  TEST_CASE("growing doubles up to the limit, keeps the bytes and moves every view") {
    HeadBuffer buffer;
    const std::string text = "name: value";
    buffer.append(text);
    const char* at = buffer.unread().data();
    buffer.fields.add() = {{at, 4}, {at + 6, 5}, FieldId::kOther, false};
    buffer.fields.add() = {{at, 4}, {}, FieldId::kOther, false};
    std::string_view target(at + 1, 3), none;
    std::array<std::string_view*, 2> views{&target, &none};
    REQUIRE(buffer.grow(40'000, views));
    CHECK(buffer.unread().data() != at);
    CHECK(buffer.space().size() == 2 * HeadBuffer::kFirstBytes - text.size());
    CHECK(unread(buffer) == text);
    CHECK(buffer.fields.all()[0].name.data() == buffer.unread().data());
    CHECK(buffer.fields.all()[0].value == "value");
    CHECK(buffer.fields.all()[1].value.data() == nullptr);
    CHECK(target == "ame");
    CHECK(none.data() == nullptr);
    REQUIRE(buffer.grow(40'000, {}));
    CHECK(buffer.space().size() == 40'000 - text.size());
    CHECK_FALSE(buffer.grow(40'000, {}));
  }

  TEST_CASE(
      "what is appended beyond the capacity waits aside, in order, until the buffer is compacted") {
    HeadBuffer buffer;
    std::string expected(HeadBuffer::kFirstBytes - 2, 'a');
    buffer.append(expected);
    const char* at = buffer.unread().data();
    buffer.append(std::string_view("bbb"));
    CHECK(buffer.overflowing());
    buffer.append(std::string_view("c"));  // would fit, but not before its turn
    CHECK(buffer.unread().data() == at);
    CHECK(buffer.unread().size() == expected.size());
    buffer.take(10);
    buffer.compact();
    CHECK_FALSE(buffer.overflowing());
    CHECK(unread(buffer) == expected.substr(10) + "bbbc");
    CHECK(buffer.taken() == 0);
  }

  TEST_CASE("aside may be larger than any buffer so far") {
    HeadBuffer buffer;
    const std::string big(100'000, 'x');
    buffer.append(std::string_view("head"));
    buffer.append(big);
    buffer.take(4);
    CHECK_FALSE(buffer.empty());
    buffer.compact();
    CHECK(unread(buffer) == big);
    buffer.take(big.size());
    CHECK(buffer.empty());
    buffer.compact();
    CHECK_FALSE(buffer.space().empty());
  }

  TEST_CASE("a table of fields holds as many as come, and is as new after a clear") {
    FieldTable table;
    std::deque<std::string> names;
    for (int i = 0; i < 100; ++i)
      table.add() = {names.emplace_back("n" + std::to_string(i)), "v", FieldId::kOther, false};
    REQUIRE(table.size() == 100);
    for (std::size_t i = 0; i < 100; ++i) CHECK(table.all()[i].name == names[i]);
    CHECK(table.back().name == "n99");
    table.clear();
    CHECK(table.all().empty());
  }

  TEST_CASE("clearing forgets everything and gives the growth back") {
    HeadBuffer buffer;
    buffer.append(std::string(100'000, 'x'));
    buffer.compact();
    buffer.append(std::string_view("y"));
    buffer.fields.add();
    buffer.clear();
    CHECK(buffer.empty());
    CHECK(buffer.fields.size() == 0);
    CHECK(buffer.taken() == 0);
    CHECK(buffer.space().size() == HeadBuffer::kFirstBytes);
  }
}

}  // namespace segue::http

#include "admin/json.h"

#include <doctest/doctest.h>

using namespace segue::admin;

TEST_SUITE("admin/json") {
  TEST_CASE("what a client must not send is refused with a sentence") {
    constexpr JsonBounds kBounds{.depth = 4, .items = 3};
    struct Case {
      std::string text, sentence;
    };
    const Case kCases[] = {
        {"", "not JSON"},
        {"{", "not JSON: parse error at line 1, column 2"},
        {"{\"a\":1,}", "not JSON"},
        {"{\"a\":1} x", "not JSON"},
        {"{'a':1}", "not JSON"},
        {"{\"a\": 01}", "not JSON"},
        {"{\"a\": 1e999}", "not JSON"},
        {"{\"a\": NaN}", "not JSON"},
        {"{\"a\": \"\xff\"}", "UTF-8"},
        {"\"\xC0\xAF\"", "UTF-8"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "the member \"a\" occurs twice"},
        {"{\"x\":{\"a\":1,\"\\u0061\":3}}", "the member \"a\" occurs twice"},
        {"[[[[[]]]]]", "nested deeper than 4 levels"},
        {std::string(500'000, '['), "nested deeper than 4 levels"},
        {R"({"a":{"a":{"a":{"a":{}}}}})", "nested deeper than 4 levels"},
        {R"({"a":1,"b":1,"c":1,"d":1})", "an object of more than 3 members"},
        {R"([{"a":[1,[],{},"x"]}])", "a list of more than 3 elements"},
        {"[null,true,1.5,-1]", "a list of more than 3 elements"},
    };
    for (const Case& c : kCases) {
      CAPTURE(c.text.substr(0, 40));
      const auto parsed = parse_json(c.text, kBounds);
      REQUIRE_FALSE(parsed.ok());
      CHECK(parsed.error().find(c.sentence) != std::string::npos);
      CHECK(parsed.error().size() < 300);
    }
  }

  TEST_CASE("members keep their order, and a name may occur in several objects") {
    const auto parsed = parse_json(R"({"z":1,"a":{"z":[{"z":2},{"z":3}]}})", {});
    REQUIRE(parsed.ok());
    CHECK(to_line(*parsed) == R"({"z":1,"a":{"z":[{"z":2},{"z":3}]}})");
  }

  TEST_CASE("as many as may be are taken, in each object and list") {
    const auto parsed =
        parse_json(R"({"a":[1,2,3],"b":{"x":1,"y":2,"z":3},"c":[[],[],[]]})", {.items = 3});
    REQUIRE(parsed.ok());
    CHECK((*parsed)["c"].size() == 3);
    std::string text = "[0";
    for (int i = 1; i < 1024; ++i) text += ",0";
    CHECK(parse_json(text + "]", {}).ok());
    CHECK_FALSE(parse_json(text + ",0]", {}).ok());
  }

  TEST_CASE("what is sent is UTF-8 whatever it was made of") {
    CHECK(to_line(Json{{"result", "bad \xff byte"}}) == "{\"result\":\"bad \xEF\xBF\xBD byte\"}");
  }

  TEST_CASE("times are RFC 3339 in UTC, and never is null") {
    CHECK(timestamp(0).is_null());
    CHECK(timestamp(1'700'000'000'123) == "2023-11-14T22:13:20.123Z");
  }
}

// Durations, sizes and percentages.
#include "conf/units.h"

#include <doctest/doctest.h>

namespace segue::conf {
namespace {

using std::chrono::milliseconds;

TEST_SUITE("conf/units") {
  TEST_CASE("a duration is whole milliseconds with a unit, or several units") {
    struct Case {
      std::string_view text;
      std::int64_t ms;
    };
    for (const Case& c : {Case{"250ms", 250},
                          {"5s", 5000},
                          {"1.5s", 1500},
                          {"0s", 0},
                          {"0.25s", 250},
                          {"2m", 120'000},
                          {"1h30m", 5'400'000},
                          {"1d", 86'400'000},
                          {"365d", 365LL * 86'400'000}}) {
      CAPTURE(c.text);
      REQUIRE(parse_duration(c.text).has_value());
      CHECK(parse_duration(c.text)->count() == c.ms);
    }
  }

  TEST_CASE("what has no unit, an unknown one or no whole milliseconds is no duration") {
    for (const std::string_view text :
         {"", "5", "0", "s", "5 s", "-5s", "5S", "5sec", "1.s", ".5s", "0.5ms", "1.2345s", "1s5",
          "5ms ", "1e3s", "366d", "99999999999999999999s"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_duration(text).has_value());
    }
  }

  TEST_CASE("a duration is printed with the largest unit that is exact, and reads back") {
    struct Case {
      std::int64_t ms;
      std::string_view text;
    };
    for (const Case& c : {Case{0, "0s"},
                          {1, "1ms"},
                          {1500, "1500ms"},
                          {5000, "5s"},
                          {60'000, "1m"},
                          {90'000, "90s"},
                          {3'600'000, "1h"},
                          {5'400'000, "90m"},
                          {86'400'000, "24h"}}) {
      CHECK(print_duration(milliseconds(c.ms)) == c.text);
      CHECK(parse_duration(c.text) == milliseconds(c.ms));
    }
  }

  TEST_CASE("sizes know binary and decimal units") {
    struct Case {
      std::string_view text;
      std::uint64_t bytes;
    };
    for (const Case& c : {Case{"0", 0},
                          {"512", 512},
                          {"512B", 512},
                          {"64KiB", 65'536},
                          {"1.5MiB", 1'572'864},
                          {"2GiB", 2'147'483'648},
                          {"1TiB", 1'099'511'627'776},
                          {"64KB", 64'000},
                          {"1MB", 1'000'000}}) {
      CAPTURE(c.text);
      CHECK(parse_size(c.text) == c.bytes);
    }
    for (const std::string_view text :
         {"", "KiB", "64 KiB", "64kib", "64K", "-1", "0.3B", "1KiB1B", "99999999TiB"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_size(text).has_value());
    }
  }

  TEST_CASE("a size is printed with a unit where that is exact") {
    CHECK(print_size(0) == "0");
    CHECK(print_size(1000) == "1000");
    CHECK(print_size(65'536) == "64KiB");
    CHECK(print_size(1'048'576) == "1MiB");
    CHECK(print_size(1'048'577) == "1048577");
  }

  TEST_CASE("a percentage is a hundredth") {
    CHECK(parse_percent("12.5%") == 0.125);
    CHECK(parse_percent("0%") == 0.0);
    CHECK(parse_percent("100%") == 1.0);
    for (const std::string_view text :
         {"", "%", "12", "12 %", "-1%", "1e1%", "nan%", "inf%", "1%%"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_percent(text).has_value());
    }
  }
}

}  // namespace
}  // namespace segue::conf

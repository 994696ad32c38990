#include "admin/table.h"

#include <doctest/doctest.h>

#include "admin/units.h"

using namespace segue::admin;

TEST_SUITE("admin/table") {
  TEST_CASE("columns line up whatever their cells hold") {
    Table table(
        {{"ROUTE"}, {"POOL"}, {"WEIGHT", Align::kRight}, {"SEEN", Align::kRight}, {"NOTE"}});
    table.row({{"webhooks", Tone::kBold}, {"old"}, {"70"}, {"69.8 %"}});
    table.row({{""}, {"new"}, {"30"}, {"–"}, {"cannot take traffic", Tone::kBad}});
    table.row({{"größe"}, {"日本語"}, {"1000000"}, {"100 %"}, {"e\xCC\x81té"}});
    CHECK(table.render(Paint(false)) ==
          "ROUTE     POOL     WEIGHT    SEEN  NOTE\n"
          "webhooks  old          70  69.8 %\n"
          "          new          30       –  cannot take traffic\n"
          "größe     日本語  1000000   100 %  e\xCC\x81té\n");
  }

  TEST_CASE("colour changes no column") {
    Table table({{"A"}, {"B"}});
    table.row({{"x", Tone::kGood}, {"y"}});
    CHECK(table.render(Paint(true), "  ") ==
          "  \x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m\n  \x1b[32mx\x1b[0m  y\n");
  }

  TEST_CASE("a row may have fewer or more cells than there are columns") {
    Table table({{"A"}, {"B"}});
    CHECK(table.empty());
    table.row({{"1"}});
    table.row({{"1"}, {"2"}, {"3"}});
    CHECK(table.render(Paint(false)) == "A  B\n1\n1  2\n");
  }

  TEST_CASE("width counts what a terminal shows") {
    struct {
      std::string_view text;
      std::size_t width;
    } const kCases[] = {{"", 0},          {"abc", 3}, {"größe", 5}, {"日本", 4},
                        {"e\xCC\x81", 1}, {"→", 1},   {"😀", 2},     {"\xff\xfe", 2}};
    for (const auto& c : kCases) {
      INFO(c.text);
      CHECK(display_width(c.text) == c.width);
    }
  }

  TEST_CASE("nothing that is printed can steer the terminal") {
    struct {
      std::string_view text, shown;
    } const kCases[] = {
        {"plain ünïcode 日本", "plain ünïcode 日本"},
        {"\x1b[2Jgone", "\\x1b[2Jgone"},
        {"two\nlines\r", "two\\x0alines\\x0d"},
        {"\x7f", "\\x7f"},
        {"\xC2\x9b"
         "31m",
         "\\u009b31m"},  // C1: another way to begin an escape
        {"a\xE2\x80\xAE"
         "b",
         "a\\u202eb"},                                 // right-to-left override
        {"\xC0\xAF", "\\xc0\\xaf"},                    // RFC 3629: overlong
        {"\xED\xA0\x80", "\\xed\\xa0\\x80"},           // RFC 3629: a surrogate
        {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond U+10FFFF
        {"cut \xE6\x97", "cut \\xe6\\x97"},
    };
    for (const auto& c : kCases) CHECK(printable(c.text) == c.shown);
  }
}

TEST_SUITE("admin/units") {
  TEST_CASE("numbers are rounded before their unit is chosen") {
    CHECK(human_count(0) == "0");
    CHECK(human_count(999) == "999");
    CHECK(human_count(1000) == "1k");
    CHECK(human_count(1234) == "1.2k");
    CHECK(human_count(99'960) == "100k");
    CHECK(human_count(999'600) == "1M");
    CHECK(human_count(34'500'000) == "34.5M");
    CHECK(human_count(18'000'000'000'000'000'000u) == "18000000T");
    CHECK(human_exact(0) == "0");
    CHECK(human_exact(999) == "999");
    CHECK(human_exact(1000) == "1 000");
    CHECK(human_exact(1'000'000) == "1 000 000");
    CHECK(human_rate(0) == "0");
    CHECK(human_rate(12.345) == "12.3");
    CHECK(human_rate(999.6) == "1k");
    CHECK(counted(0, "worker") == "0 workers");
    CHECK(counted(1, "worker") == "1 worker");
    CHECK(counted(0, 1, "endpoint") == "0 of 1 endpoint");
    CHECK(counted(1, 2, "endpoint") == "1 of 2 endpoints");
    CHECK(human_millis(0.34) == "340 µs");
    CHECK(human_millis(0.9999) == "1 ms");
    CHECK(human_millis(3.44) == "3.4 ms");
    CHECK(human_millis(120.4) == "120 ms");
    CHECK(human_millis(1500) == "1.5 s");
    CHECK(human_percent(0) == "0 %");
    CHECK(human_percent(0.0001) == "<0.1 %");
    CHECK(human_percent(0.125) == "12.5 %");
    CHECK(human_percent(0.99999) == ">99.9 %");
    CHECK(human_percent(1) == "100 %");
    CHECK(human_bytes(512) == "512 B");
    CHECK(human_bytes(1536) == "1.5 KiB");
    CHECK(human_bytes(52 * 1024 * 1024) == "52 MiB");
    CHECK(human_seconds(42) == "42 s");
    CHECK(human_seconds(182) == "3 min 2 s");
    CHECK(human_seconds(3600) == "1 h");
    CHECK(human_seconds(3 * 86'400 + 4 * 3600 + 59) == "3 d 4 h");
  }
}

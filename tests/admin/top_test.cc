// What the live view draws, whatever the size of the terminal.
#include "admin/top.h"

#include <doctest/doctest.h>

namespace segue::admin {
namespace {

TopReading reading(double at, std::uint64_t requests) {
  TopReading out;
  out.at = at;
  out.status = {{"version", "1.2"},
                {"ready", true},
                {"uptime_seconds", 61},
                {"generation", 7},
                {"requests", {{"per_second", 12.5}, {"in_flight", 3}}},
                {"memory", {{"resident_bytes", 1024}}},
                {"warnings", {"\x1b[31mone thing"}}};
  const Json seen = {{"share", 0.5}, {"p99_ms", 3.5}, {"failures", 1}};
  out.splits["splits"] =
      Json::array({{{"route", "hooks"},
                    {"pools", Json::array({{{"pool", "new"},
                                            {"weight", 50},
                                            {"share", 0.5},
                                            {"effective_share", 0.5},
                                            {"eligible", true},
                                            {"requests", requests},
                                            {"in_flight", 2},
                                            {"observed", {{"last_minute", seen}}}}})}}});
  out.pools["pools"] = Json::array({{{"pool", "new"},
                                     {"eligible", false},
                                     {"in_rotation", 0},
                                     {"endpoints", Json::array({{{"address", "10.0.0.6:80"},
                                                                 {"rotation", "out"},
                                                                 {"cause", "unhealthy"}}})}}});
  out.events["events"] = Json::array();
  for (int i = 0; i < 100; ++i)
    out.events["events"].push_back({{"time", "now"},
                                    {"level", "warn"},
                                    {"name", "event.number_" + std::to_string(i)},
                                    {"facts", {{"pool", "new"}}}});
  return out;
}

std::size_t lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_SUITE("admin/top") {
  TEST_CASE("it fits the terminal, and what does not fit is cut") {
    TopHistory history;
    history.add(reading(1, 0));
    for (const TopSize size : {TopSize{80, 24}, TopSize{200, 60}, TopSize{20, 5}, TopSize{1, 1}}) {
      const std::string plain = draw_top(reading(2, 0), history, size, Paint(), "");
      CAPTURE(plain);
      CHECK(lines(plain) <= size.rows);
      for (std::size_t at = 0; at < plain.size();) {
        const std::size_t end = plain.find('\n', at);
        CHECK(display_width(std::string_view(plain).substr(at, end - at)) <= size.columns);
        at = end + 1;
      }
    }
  }

  TEST_CASE("the newest events are the ones that fit") {
    const std::string text = draw_top(reading(2, 0), TopHistory(), {120, 24}, Paint(), "");
    CHECK(text.find("event.number_99") != text.npos);
    CHECK(text.find("event.number_1 ") == text.npos);
    CHECK(text.find("10.0.0.6:80 out (unhealthy)") != text.npos);
    CHECK(text.find("cannot take traffic") != text.npos);
    CHECK(text.find("\\x1b[31mone thing") != text.npos);
  }

  TEST_CASE("rates come from two readings, and a restart does not make them negative") {
    TopHistory history;
    history.add(reading(10, 100));
    CHECK(history.rate("hooks", "new") == 0);
    history.add(reading(12, 300));
    CHECK(history.rate("hooks", "new") == 100);
    history.add(reading(14, 20));
    CHECK(history.rate("hooks", "new") == 10);
    CHECK(history.spark("hooks", "new", 4) == "  █▁");
  }

  TEST_CASE("a cut line does not leave its colour on") {
    TopHistory history;
    const std::string text = draw_top(reading(2, 0), history, {30, 10}, Paint(true), "paused");
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      const std::string line = text.substr(at, end - at);
      CAPTURE(line);
      const std::size_t last = line.rfind("\x1b[");
      if (last != line.npos) CHECK(line.substr(last).starts_with("\x1b[0m"));
      at = end + 1;
    }
  }
}

}  // namespace segue::admin

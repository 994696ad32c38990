// Events as lines, repeated ones held back, and files that rotate.
#include "telemetry/log.h"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "telemetry/events.h"
#include "telemetry/repeats.h"
#include "tests/support/temp_dir.h"

namespace segue::telemetry {
namespace {

using log::Fact;
using log::Format;
using log::Level;
using tests::read_file;
using tests::TempDir;

/// The log in a file for as long as it lives.
class LogTo {
 public:
  explicit LogTo(const log::Settings& settings) { REQUIRE(log::setup(settings).ok()); }
  ~LogTo() { CHECK(log::setup({}).ok()); }
};

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_SUITE("telemetry/log") {
  TEST_CASE("a text line is name first, then key=value") {
    const std::vector<Fact> facts{
        {"pool", "new"}, {"endpoint", "10.0.0.7:8080"}, {"why", "no \"answer\""}};
    CHECK(
        log::line(0, Level::kWarn, "endpoint.ejected", facts, Format::kText) ==
        R"(1970-01-01T00:00:00.000Z warn endpoint.ejected pool=new endpoint=10.0.0.7:8080 why="no \"answer\"")");
  }

  TEST_CASE("a JSON line is one object") {
    const std::vector<Fact> facts{{"pool", "new"}, {"why", "a\nb"}};
    const auto json =
        nlohmann::json::parse(log::line(0, Level::kInfo, "pool.changed", facts, Format::kJson));
    CHECK(json["time"] == "1970-01-01T00:00:00.000Z");
    CHECK(json["level"] == "info");
    CHECK(json["event"] == "pool.changed");
    CHECK(json["why"] == "a\nb");
  }

  TEST_CASE("lines below the level are left out") {
    const TempDir dir;
    const LogTo to({.level = "warn", .format = Format::kText, .file = dir / "log"});
    log::event(Level::kInfo, "a.info");
    log::event(Level::kWarn, "a.warning");
    log::event(Level::kError, "an.error", {{"key", "value"}});
    const std::string text = read_file(dir / "log");
    CHECK(text.find("a.info") == std::string::npos);
    CHECK(text.find(" warn a.warning\n") != std::string::npos);
    CHECK(text.find(" error an.error key=value\n") != std::string::npos);
  }

  TEST_CASE("a wrong level or file is a sentence and changes nothing") {
    const TempDir dir;
    const LogTo to({.level = "info", .format = Format::kText, .file = dir / "log"});
    const auto level = log::setup({.level = "loud", .file = ""});
    REQUIRE_FALSE(level.ok());
    CHECK(level.error() == "log level \"loud\", expected debug, info, warn or error");
    CHECK_FALSE(log::setup({.file = dir / "no/such/folder"}).ok());
    log::event(Level::kInfo, "still.here");
    CHECK(read_file(dir / "log").find("still.here") != std::string::npos);
  }

  TEST_CASE("after reopen lines go to a new file under the old name") {
    const TempDir dir;
    const LogTo to({.level = "info", .format = Format::kText, .file = dir / "log"});
    log::event(Level::kInfo, "first.one");
    std::filesystem::rename(dir / "log", dir / "log.1");
    log::event(Level::kInfo, "second.one");
    log::reopen();
    log::event(Level::kInfo, "third.one");
    CHECK(lines_in(read_file(dir / "log.1")) == 2);
    CHECK(read_file(dir / "log").find("third.one") != std::string::npos);
  }

  TEST_CASE("what repeats speaks once per interval and then says how often it was silent") {
    Repeats repeats;
    const Instant start{1'000'000};
    CHECK(repeats.admit("a", start) == 0);
    CHECK(repeats.admit("a", start + Seconds(1)) == std::nullopt);
    CHECK(repeats.admit("b", start + Seconds(1)) == 0);
    CHECK(repeats.admit("a", start + Seconds(2)) == std::nullopt);
    CHECK(repeats.admit("a", start + Repeats::kEvery) == 2);
    CHECK(repeats.admit("a", start + Repeats::kEvery * 2) == 0);
  }

  TEST_CASE("a flood of different keys is bounded and forgets the oldest") {
    Repeats repeats;
    for (std::size_t i = 0; i <= Repeats::kKeysMax; ++i) {
      CHECK(repeats.admit(std::to_string(i), Instant{1000 + i}) == 0);
    }
    CHECK(repeats.admit("0", Instant{5000}) == 0);               // forgotten, so it speaks
    CHECK(repeats.admit("200", Instant{5000}) == std::nullopt);  // remembered
  }

  TEST_CASE("repeated events are held back in the log") {
    const TempDir dir;
    const LogTo to({.level = "info", .format = Format::kText, .file = dir / "log"});
    for (int i = 0; i < 100; ++i) {
      log::repeated(Level::kWarn, "disk.full", dir / "x", {{"error", "x"}});
    }
    CHECK(lines_in(read_file(dir / "log")) == 1);
  }
}

TEST_SUITE("telemetry/events") {
  TEST_CASE("an event is numbered, kept, logged and told") {
    const TempDir dir;
    const LogTo to({.level = "info", .format = Format::kText, .file = dir / "log"});
    EventLog events;
    std::vector<std::string> told;
    const auto token = events.listen([&](const Event& event) { told.push_back(event.name); });
    CHECK(events.emit("endpoint.up", {{"pool", "new"}}) == 1);
    CHECK(events.emit("endpoint.down", {{"pool", "new"}}, Event::Level::kWarn) == 2);
    events.unlisten(token);
    CHECK(events.emit("endpoint.up", {}) == 3);
    CHECK(told == std::vector<std::string>{"endpoint.up", "endpoint.down"});
    REQUIRE(events.recent().size() == 3);
    CHECK(events.recent()[1].facts[0].second == "new");
    CHECK(events.recent()[1].wall_ms > 0);
    CHECK(read_file(dir / "log").find(" warn endpoint.down pool=new\n") != std::string::npos);
  }

  TEST_CASE("only the newest events are kept") {
    const TempDir dir;
    const LogTo to({.level = "error", .format = Format::kText, .file = dir / "log"});
    EventLog events;
    for (std::size_t i = 0; i < EventLog::kKept + 5; ++i) events.emit("some.event", {});
    CHECK(events.recent().size() == EventLog::kKept);
    CHECK(events.recent().front().id == 6);
  }

  TEST_CASE("a listener may end itself, end another and emit while it is told") {
    const TempDir dir;
    const LogTo to({.level = "error", .format = Format::kText, .file = dir / "log"});
    EventLog events;
    int first = 0, second = 0;
    std::uint64_t one = 0, two = 0;
    one = events.listen([&](const Event& event) {
      ++first;
      events.unlisten(one);
      events.unlisten(two);
      if (event.name == "outer.event") events.emit("inner.event", {});
    });
    two = events.listen([&](const Event&) { ++second; });
    events.emit("outer.event", {});
    events.emit("later.event", {});
    CHECK(first == 1);
    CHECK(second == 0);
    CHECK(events.recent().size() == 3);
  }
}

}  // namespace
}  // namespace segue::telemetry

// What peers send must not break a line, a string or a reader.
#include "telemetry/escape.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/base/rng.h"
#include "telemetry/timestamp.h"

namespace segue::telemetry {
namespace {

std::string json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
std::string logfmt(std::string_view text) {
  std::string out;
  append_logfmt_value(out, text);
  return out;
}
std::string timestamp(std::uint64_t wall_ms) {
  char out[kTimestampBytes];
  return {out, write_timestamp(out, wall_ms)};
}

TEST_SUITE("telemetry/escape") {
  TEST_CASE("plain text stays as it is, at every length") {
    std::string text;
    for (int i = 0; i < 40; ++i) {
      CHECK(json(text) == "\"" + text + "\"");
      text += static_cast<char>('a' + i % 26);
    }
  }

  TEST_CASE("quotes, control bytes and DEL are escaped, wherever they stand") {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'x');
      text[at] = '\n';
      CHECK(json(text) ==
            "\"" + std::string(at, 'x') + "\\u000a" + std::string(19 - at, 'x') + "\"");
    }
    CHECK(json("a\"b\\c") == R"("a\"b\\c")");
    CHECK(json(std::string_view("\0\x1f\x7f", 3)) == R"("\u0000\u001f\u007f")");
  }

  TEST_CASE("UTF-8 passes and what is not UTF-8 becomes U+FFFD") {
    CHECK(json("Grüße €𝄞") == "\"Grüße €𝄞\"");
    const std::string bad = "\xef\xbf\xbd";
    struct Case {
      const char* name;
      std::string_view bytes;
      std::size_t replaced;
    };
    const Case cases[] = {
        {"lone tail", "\x80", 1},
        {"overlong slash", "\xc0\xaf", 2},
        {"overlong in three", "\xe0\x80\xaf", 3},
        {"surrogate", "\xed\xa0\x80", 3},
        {"above U+10FFFF", "\xf4\x90\x80\x80", 4},
        {"cut in half", "\xe2\x82", 2},
        {"never a byte of UTF-8", "\xff", 1},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      std::string expected = "\"";
      for (std::size_t i = 0; i < c.replaced; ++i) expected += bad;
      CHECK(json(c.bytes) == expected + "\"");
    }
  }

  TEST_CASE("whatever the bytes, a JSON parser reads the line") {
    const std::uint64_t seed = 20260131;
    INFO("seed ", seed);
    Rng rng(seed);
    for (int round = 0; round < 2000; ++round) {
      std::string text(rng.below(64), '\0');
      for (char& c : text) c = static_cast<char>(rng.below(256));
      const std::string line = json(text);
      CHECK(line.size() <= kEscapedMax * text.size() + 2);
      CHECK(line.find('\n') == std::string::npos);
      CHECK(nlohmann::json::accept(line));
    }
  }

  TEST_CASE("a logfmt value is bare only where that is unambiguous") {
    CHECK(logfmt("10.0.0.5:8080") == "10.0.0.5:8080");
    CHECK(logfmt("/a/b;c") == "/a/b;c");
    CHECK(logfmt("") == "-");
    CHECK(logfmt("-") == "\"-\"");
    CHECK(logfmt("two words") == "\"two words\"");
    CHECK(logfmt("a=b") == "\"a=b\"");
    CHECK(logfmt("say \"hi\"\n") == R"("say \"hi\"\u000a")");
  }

  TEST_CASE("a timestamp is RFC 3339 in UTC") {
    CHECK(timestamp(0) == "1970-01-01T00:00:00.000Z");
    CHECK(timestamp(951'782'399'999) == "2000-02-28T23:59:59.999Z");
    CHECK(timestamp(951'782'400'000) == "2000-02-29T00:00:00.000Z");
    CHECK(timestamp(1'769'903'999'001) == "2026-01-31T23:59:59.001Z");
    CHECK(timestamp(4'107'542'400'000) == "2100-03-01T00:00:00.000Z");  // 2100 has no leap day
    CHECK(timestamp(UINT64_MAX) == "9999-12-31T23:59:59.999Z");
  }
}

}  // namespace
}  // namespace segue::telemetry

// The same events as from another parser, for whatever bytes, however they are cut; and what is
// looked away from is checked no less.
#include "lib/http/json_parser.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "tests/support/json_events.h"

namespace segue::http {
namespace {

using tests::agree;
using tests::boost_events;
using tests::json_events;
using tests::JsonEvents;
using Pieces = std::vector<std::string_view>;

Pieces cut(std::string_view text, std::size_t size) {
  Pieces out;
  for (; !text.empty(); text.remove_prefix(out.back().size())) out.push_back(text.substr(0, size));
  return out;
}

JsonEvents events(std::string_view text) {
  return json_events(Pieces{text});
}

// By their grammar, as the cases of the JSON test suites are: RFC 8259 decides, §9 leaves depth.
constexpr std::string_view kGood[] = {
    "{}",
    "[]",
    " [ ] ",
    "\t\r\n{ }\n",
    "null",
    "true",
    "false",
    "0",
    "-0",
    "1 ",
    "\"\"",
    "[0]",
    "[-1,10,1e1,1E1,1e+1,1e-01,0e0,0.0,-0.5E-10,123456789012345678901234567890]",
    "[1.7976931348623157e309]",
    "[1e-400]",
    R"(["\"\\\/\b\f\n\r\t"])",
    R"(["\u0000\u001f\u00e4"])",
    R"(["\uD83D\uDE00\ud800\udc00\udbff\udfff"])",
    R"(["\uffff\uFFFE"])",
    "[\"\x7f\"]",
    "[\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]",
    R"({"a":1,"a":2})",
    R"({"":{"":[]}})",
    R"({"\u0061":"b"})",
    "[[],[[]],{},{\"a\":{}}]",
    R"([true,false,null])",
    "[\"a\" , 1 ,\n{\"b\" : [ ] }\t]"};

constexpr std::string_view kBad[] = {"",
                                     " ",
                                     "{",
                                     "[",
                                     "}",
                                     "]",
                                     "[}",
                                     "{]",
                                     "[1",
                                     "[1,",
                                     "[1,]",
                                     "[,1]",
                                     "[1,,2]",
                                     "[1 2]",
                                     "[1]]",
                                     "[1]x",
                                     "{}{}",
                                     "[1],",
                                     "1 2",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{,}",
                                     "{\"a\" 1}",
                                     "{a:1}",
                                     "{1:1}",
                                     "{\"a\":1 \"b\":2}",
                                     "{\"a\"::1}",
                                     "{\"a\":1:2}",
                                     "[:1]",
                                     "{null:1}",
                                     "nul",
                                     "nulL",
                                     "nullx",
                                     "True",
                                     "tru",
                                     "truee",
                                     "[nan]",
                                     "NaN",
                                     "Infinity",
                                     "-Infinity",
                                     "+1",
                                     "-",
                                     "--1",
                                     "-a",
                                     "01",
                                     "-01",
                                     "00",
                                     "0x1",
                                     "1.",
                                     ".1",
                                     "1.e1",
                                     "1e",
                                     "1e+",
                                     "1e+-1",
                                     "1e1.5",
                                     "1a",
                                     "0a",
                                     "[1.]",
                                     "[-]",
                                     "[1e]",
                                     "'a'",
                                     "\"",
                                     "\"a",
                                     "\"\\",
                                     "\"\\x\"",
                                     "\"\\u\"",
                                     "\"\\u12\"",
                                     "\"\\u123g\"",
                                     "\"\\U0041\"",
                                     "\"\\ud800\"",
                                     "\"\\udc00\"",
                                     "\"\\ud800\\n\"",
                                     "\"\\ud800\\ud800\"",
                                     "\"\\ud800\\u0041\"",
                                     "\"\\ud800x\"",
                                     "\"\t\"",
                                     "\"\n\"",
                                     "\"\x1f\"",
                                     "\"\x80\"",
                                     "\"\xbf\"",
                                     "\"\xc0\x80\"",
                                     "\"\xc1\xbf\"",
                                     "\"\xc2\"",
                                     "\"\xc2\xc2\"",
                                     "\"\xe0\x9f\xbf\"",
                                     "\"\xed\xa0\x80\"",
                                     "\"\xe2\x82\"",
                                     "\"\xf0\x8f\xbf\xbf\"",
                                     "\"\xf4\x90\x80\x80\"",
                                     "\"\xf5\x80\x80\x80\"",
                                     "\"\xff\"",
                                     "\xef\xbb\xbf{}",
                                     "[1]\f",
                                     "\v1",
                                     "[1]//",
                                     "/**/1",
                                     "[1/**/]",
                                     "#",
                                     "[\"a\"\x01]",
                                     "\xc2\xa0[]",
                                     "{\"a\":1",
                                     "[\"a",
                                     "[{}",
                                     "&"};

/// A text near what is JSON, deep and with everything in it.
std::string some_text(Rng& rng) {
  constexpr std::string_view kAtoms[] = {
      "0",
      "-0",
      "17",
      "-3.25",
      "1e5",
      "123456789",
      "true",
      "false",
      "null",
      "\"\"",
      "\"a\"",
      "\"a longer text without any escapes in it, of several words\"",
      "\"\\u00e4\"",
      "\"line\\r\\nline \\\"quoted\\\" \\\\ end\"",
      "\"\xc3\xa4\xf0\x9f\x98\x80\"",
      "\"\\ud83d\\ude00\""};
  constexpr std::string_view kNames[] = {"\"a\"", "\"id\"", "\"a_rather_long_name_url\"", "\"\"",
                                         "\"\\u0061\""};
  constexpr std::string_view kSpaces[] = {"", "", "", "", " ", "\n", "\r\n                    \t"};
  std::string text;
  const auto space = [&] { text += kSpaces[rng.below(std::size(kSpaces))]; };
  const auto make = [&](auto&& self, int depth) -> void {
    space();
    const std::uint64_t kind = depth > 5 ? 2 : rng.below(depth == 0 ? 2 : 5);
    if (kind > 1) {
      text += kAtoms[rng.below(std::size(kAtoms))];
    } else {
      text += kind == 0 ? '{' : '[';
      for (std::uint64_t i = 0, n = rng.below(6); i < n; ++i) {
        if (i > 0) text += ',';
        if (kind == 0) {
          space();
          text += kNames[rng.below(std::size(kNames))];
          space();
          text += ':';
        }
        self(self, depth + 1);
        space();
      }
      text += kind == 0 ? '}' : ']';
    }
  };
  make(make, 0);
  space();
  return text;
}

/// With up to three bytes put in, taken out or changed.
void mutate(std::string& text, Rng& rng) {
  constexpr std::string_view kBytes = "{}[]:,\"\\u0e-+.tn \n\x01\x80\xc3\xff";
  for (std::uint64_t i = rng.below(4); i > 0 && !text.empty(); --i) {
    const std::size_t at = rng.below(text.size());
    const char byte = kBytes[rng.below(kBytes.size())];
    switch (rng.below(3)) {
      case 0: text.insert(at, 1, byte); break;
      case 1: text.erase(at, 1 + rng.below(3)); break;
      case 2: text[at] = byte; break;
    }
  }
}

TEST_SUITE("lib/http/json_parser") {
  TEST_CASE("what RFC 8259 allows is taken, however it is cut") {
    for (const std::string_view text : kGood) {
      CAPTURE(text);
      const JsonEvents whole = events(text);
      CHECK(whole.whole);
      CHECK(agree(whole, boost_events(text)));
      for (const std::size_t size : {1, 2, 3, 5}) CHECK(json_events(cut(text, size)) == whole);
    }
  }

  TEST_CASE("everything else is refused, where another parser refuses it") {
    for (const std::string_view text : kBad) {
      CAPTURE(text);
      const JsonEvents whole = events(text);
      CHECK_FALSE(whole.whole);
      CHECK(agree(whole, boost_events(text)));
      for (const std::size_t size : {1, 2, 3, 5}) CHECK(json_events(cut(text, size)) == whole);
    }
  }

  TEST_CASE("a number is told when it is seen to be over, and not its beginning") {
    for (const std::string_view text : {"[01]", "[-012]", "[0x10]", "[1_000]", "[1", "[1.5.2]"}) {
      CAPTURE(text);
      CHECK(events(text).told == "[ ");
    }
  }

  TEST_CASE("exponents have no limit: a number is its text") {
    CHECK(events("[1e99999999999]").told == "[ n:13:1e99999999999 } ");
    CHECK(!boost_events("[1e99999999999]"));
  }

  TEST_CASE("depth has one") {
    const auto nested = [](std::size_t depth) {
      return std::string(depth, '[') + std::string(depth, ']');
    };
    constexpr std::size_t kMax = JsonParser<tests::JsonRecorder>::kDepthMax;
    for (const std::size_t depth : {kMax - 1, kMax, kMax + 1})
      CHECK(events(nested(depth)) == boost_events(nested(depth)));
    CHECK(events(nested(kMax)).whole);
    CHECK_FALSE(events(nested(kMax + 1)).whole);
    CHECK_FALSE(json_events(Pieces{nested(kMax + 1)}, 1).whole);  // looked away from
  }

  TEST_CASE("texts that are longer than what is kept are told to be") {
    for (const std::size_t size : {255, 256, 257, 10'000}) {
      CAPTURE(size);
      const std::string text = "[\"" + std::string(size, 'x') + "\",{\"" + std::string(size, 'k') +
                               "\":" + std::string(size, '1') + "}]";
      const JsonEvents whole = events(text);
      CHECK(whole == boost_events(text));
      CHECK(json_events(cut(text, 100)) == whole);
      CHECK(json_events(cut(text, 1)) == whole);
    }
  }

  TEST_CASE("any text gives the events of another parser, and any cut") {
    constexpr std::uint64_t kSeed = 11;
    CAPTURE(kSeed);
    Rng rng(kSeed);
    std::size_t whole = 0;
    for (int round = 0; round < 20'000; ++round) {
      std::string text = some_text(rng);
      if (rng.below(2) == 0) mutate(text, rng);
      CAPTURE(text);
      const JsonEvents ours = events(text);
      if (ours.whole) ++whole;
      if (!agree(ours, boost_events(text))) FAIL_CHECK("another reading");
      if (json_events(cut(text, 1 + rng.below(20))) != ours) FAIL_CHECK("depends on the cuts");
    }
    CHECK(whole > 10'000);
    CHECK(whole < 18'000);
  }

  TEST_CASE("what is looked away from is checked no less") {
    constexpr std::uint64_t kSeed = 12;
    CAPTURE(kSeed);
    Rng rng(kSeed);
    for (int round = 0; round < 10'000; ++round) {
      std::string text = some_text(rng);
      if (rng.below(2) == 0) mutate(text, rng);
      CAPTURE(text);
      const std::uint64_t declines = rng.next();
      const JsonEvents ours = json_events(Pieces{text}, declines);
      if (ours.whole != events(text).whole) FAIL_CHECK("taken or refused by who looks");
      if (json_events(cut(text, 1 + rng.below(20)), declines) != ours)
        FAIL_CHECK("depends on the cuts");
    }
  }

  TEST_CASE("nothing is told of a container that is declined, not even its end") {
    CHECK(json_events(Pieces{R"({"a":{"b":[1]},"c":[[2],3],"d":4})"}, 0b010).told ==
          "{ k:1:a { k:1:c [ [ n:1:2 } n:1:3 } k:1:d n:1:4 } ");
  }

  TEST_CASE("marks are set for the bytes that are not plain, and for no others") {
    constexpr std::uint64_t kSeed = 13;
    CAPTURE(kSeed);
    Rng rng(kSeed);
    std::array<char, 16> bytes;
    for (int round = 0; round < 20'000; ++round) {
      // Each value among any others, which must not lend it a bit.
      for (char& byte : bytes) byte = static_cast<char>(rng.below(256));
      bytes[rng.below(bytes.size())] = static_cast<char>(round);
      std::uint64_t expected = 0;
      for (std::size_t i = 0; i < bytes.size(); ++i)
        if (!is_json_plain(bytes[i])) expected |= std::uint64_t{1} << i;
      if (json_marks(bytes.data()) != expected) FAIL_CHECK("sixteen bytes");
      if (json_marks_by_word(bytes.data()) != (expected & 0xff)) FAIL_CHECK("eight bytes");
    }
  }

  TEST_CASE("runs of plain bytes end where each byte looked at alone says") {
    constexpr std::uint64_t kSeed = 14;
    CAPTURE(kSeed);
    Rng rng(kSeed);
    for (int round = 0; round < 5'000; ++round) {
      std::vector<char> text(rng.below(300), 'a');  // on the heap, so that a look beyond it is seen
      for (std::uint64_t i = rng.below(12); i > 0 && !text.empty(); --i)
        text[rng.below(text.size())] = static_cast<char>(rng.below(256));
      const char* const end = text.data() + text.size();
      JsonPlainRuns runs(text.data(), end);
      const char* at = text.data();
      while (at != end) {
        const char* const expected = std::find_if_not(at, end, is_json_plain);
        if (runs.end_from(at) != expected) FAIL_CHECK("in a row");
        if (json_plain_end(at, end) != expected) FAIL_CHECK("alone");
        // Behind it, or far behind it.
        const std::size_t step = rng.below(2) == 0 ? 1 : rng.below(200);
        at = expected + std::min(step, static_cast<std::size_t>(end - expected));
      }
    }
  }

  TEST_CASE("white space ends where each byte looked at alone says") {
    for (int c = 0; c < 256; ++c) {
      for (std::size_t place = 0; place < 40; ++place) {
        std::vector<char> text(60, ' ');
        text[place] = static_cast<char>(c);
        const char* const begin = text.data();
        const char* const end = begin + text.size();
        CHECK(json_space_end(begin, end) == std::find_if_not(begin, end, is_json_space));
      }
    }
  }
}

}  // namespace
}  // namespace segue::http

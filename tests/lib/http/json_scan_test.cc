// Values at pointers, found as the text comes.
#include "lib/http/json_scan.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "tests/support/json_oracle.h"

namespace segue::http {
namespace {

using Term = JsonQuery::Term;
using State = JsonScan::State;
using tests::SlowAnswer;

/// Terms of answer 0 in the order given.
JsonQuery ranked(const std::vector<std::string>& pointers) {
  std::vector<Term> terms;
  for (const std::string& pointer : pointers)
    terms.push_back({pointer, "", 0, static_cast<std::uint8_t>(terms.size())});
  return JsonQuery(std::move(terms));
}

SlowAnswer answer(const JsonScan& scan, std::size_t which) {
  const JsonScan::Answer found = scan.answer(which);
  return {found.term, std::string(found.value)};
}

using Both = std::pair<SlowAnswer, SlowAnswer>;

Both scanned(JsonScan& scan, const JsonQuery& query, std::string_view text, std::size_t piece) {
  scan.begin(query);
  for (std::size_t i = 0; i < text.size(); i += piece) {
    const std::string copy(text.substr(i, piece));  // so that a piece kept too long is seen
    scan.feed({copy.data(), copy.size()});
  }
  scan.end();
  return {answer(scan, 0), answer(scan, 1)};
}

/// The answers, which are the same for every size of pieces and for every cut in two.
Both answers(const JsonQuery& query, std::string_view text) {
  JsonScan scan;
  const Both whole = scanned(scan, query, text, text.size() + 1);
  for (const std::size_t piece : {1, 2, 3, 7}) {
    CAPTURE(piece);
    CHECK(scanned(scan, query, text, piece) == whole);
  }
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    scan.begin(query);
    scan.feed({text.data(), cut});
    scan.feed({text.data() + cut, text.size() - cut});
    scan.end();
    if (Both{answer(scan, 0), answer(scan, 1)} == whole) continue;
    CAPTURE(cut);
    FAIL_CHECK("differs");
  }
  return whole;
}

std::string value(const std::vector<std::string>& pointers, std::string_view text) {
  return answers(ranked(pointers), text).first.value;
}

TEST_SUITE("lib/http/json_scan") {
  TEST_CASE("strings and numbers are found where a pointer leads") {
    constexpr std::string_view kText =
        R"({"a":1,"b":{"id":-12.5e3,"c":[{"x":"zero"},{"x":"one"}]},"m~n":"tilde","a/b":"slash",)"
        R"("":"empty name","0":"nought"})";
    CHECK(value({"/a"}, kText) == "1");
    CHECK(value({"/b/id"}, kText) == "-12.5e3");
    CHECK(value({"/b/c/1/x"}, kText) == "one");
    CHECK(value({"/m~0n"}, kText) == "tilde");
    CHECK(value({"/a~1b"}, kText) == "slash");
    CHECK(value({"/"}, kText) == "empty name");
    CHECK(value({"/0"}, kText) == "nought");
    CHECK(value({"/b"}, kText).empty());
    CHECK(value({"/b/c/01/x"}, kText).empty());
    CHECK(value({"/b/c/-"}, kText).empty());
    CHECK(value({"/a/x"}, kText).empty());
    CHECK(value({"/nowhere"}, kText).empty());
  }

  TEST_CASE("a text that is one array, or one value") {
    CHECK(value({"/1"}, R"(["a", "b"])") == "b");
    CHECK(value({"/1/id"}, R"([{"id":1},{"id":2}])") == "2");
    CHECK(value({"/a"}, "1").empty());
    CHECK(value({"/a"}, R"("a")").empty());
  }

  TEST_CASE("escapes are decoded in names and in values") {
    CHECK(value({"/repository/na\"me"},
                R"({"\u0072epository":{"na\"me":"or\u0067\/\u00e4pp \ud83d\ude00\n"}})") ==
          "org/\u00e4pp \U0001F600\n");
  }

  TEST_CASE("integers are kept as written, however long") {
    constexpr std::string_view kLong = "123456789012345678901234567890";
    CHECK(value({"/id"}, R"({"id":123456789012345678901234567890})") == kLong);
    CHECK(value({"/id"}, R"({"id":18446744073709551615})") == "18446744073709551615");
    CHECK(value({"/id"}, R"({"id":-0})") == "-0");
    CHECK(value({"/id"}, R"({"id":1.0})") == "1.0");
    CHECK(value({"/id"}, R"({"id":0})") == "0");
  }

  TEST_CASE("null, true, false, containers, the empty text and the very long are no values") {
    for (const std::string_view other : {"null", "true", "false", "{}", "[]", "[1]", "\"\""})
      CHECK(value({"/a", "/b"}, "{\"a\":" + std::string(other) + ",\"b\":2}") == "2");
    const std::string fits(JsonScan::kValueBytesMax, 'x');
    CHECK(value({"/a", "/b"}, "{\"a\":\"" + fits + "\",\"b\":2}") == fits);
    CHECK(value({"/a", "/b"}, "{\"a\":\"" + fits + "x\",\"b\":2}") == "2");
    const std::string digits(JsonScan::kValueBytesMax + 1, '7');
    CHECK(value({"/a", "/b"}, "{\"a\":" + digits + ",\"b\":2}") == "2");
  }

  TEST_CASE("of a name given twice the first one counts, at every level") {
    CHECK(value({"/a"}, R"({"a":1,"a":2})") == "1");
    CHECK(value({"/a", "/b"}, R"({"a":null,"a":2,"b":3})") == "3");
    CHECK(value({"/r/id", "/b"}, R"({"r":{"name":"x"},"r":{"id":2},"b":3})") == "3");
    CHECK(value({"/r/id", "/b"}, R"({"r":7,"r":{"id":2},"b":3})") == "3");
    CHECK(value({"/r/id"}, R"({"x":{"r":{"id":1}},"r":{"x":{"id":2},"id":3}})") == "3");
  }

  TEST_CASE("the first of the list that is there wins, wherever it stands") {
    CHECK(value({"/a", "/b"}, R"({"b":1,"a":2})") == "2");
    CHECK(value({"/x", "/b", "/a"}, R"({"a":1,"b":2})") == "2");
    const JsonQuery query = ranked({"/x", "/a"});
    CHECK(answers(query, R"({"a":1})").first == SlowAnswer{1, "1"});
  }

  TEST_CASE("within a rank the value that comes first wins") {
    const JsonQuery query({{"/a", "", 0, 0}, {"/b", "", 0, 0}, {"/c", "", 0, 1}});
    CHECK(answers(query, R"({"b":1,"a":2,"c":3})").first == SlowAnswer{1, "1"});
    CHECK(answers(query, R"({"c":3,"a":2})").first == SlowAnswer{0, "2"});
    CHECK(answers(query, R"({"c":3})").first == SlowAnswer{2, "3"});
  }

  TEST_CASE("two values make one answer") {
    const JsonQuery query({{"/r/p/key", "/r/slug", 0, 0}, {"/r/name", "", 0, 1}});
    CHECK(answers(query, R"({"r":{"slug":"app","p":{"key":"ORG"}}})").first ==
          SlowAnswer{0, "ORG/app"});
    CHECK(answers(query, R"({"r":{"slug":"app","p":{"kex":"ORG"},"name":"n"}})").first ==
          SlowAnswer{1, "n"});
  }

  TEST_CASE("a second answer is picked up on the way") {
    const JsonQuery query({{"/id", "", 0, 0}, {"/name", "", 1, 0}});
    CHECK(answers(query, R"({"id":1,"name":"x"})") == Both{{0, "1"}, {1, "x"}});
    CHECK(answers(query, R"({"name":"x","id":1})") == Both{{0, "1"}, {1, "x"}});
    CHECK(answers(query, R"({"id":1})") == Both{{0, "1"}, {}});
    CHECK(answers(query, R"({"name":"x"})") == Both{{}, {1, "x"}});
  }

  TEST_CASE("the second answer is not worth reading on for behind its limit") {
    const JsonQuery query({{"/id", "", 0, 0}, {"/name", "", 1, 0}});
    const auto text = [](std::size_t name_at) {
      std::string out = R"({"id":1,"x":")";
      out.append(name_at - out.size() - 12, 'x');
      return out + R"(","name":"n"})";
    };
    JsonScan scan;
    for (const std::size_t piece : {1, 1000, 1 << 20}) {
      CAPTURE(piece);
      CHECK(scanned(scan, query, text(JsonQuery::kAlongBytes), piece).second.value == "n");
      CHECK(scanned(scan, query, text(JsonQuery::kAlongBytes + 1), piece) == Both{{0, "1"}, {}});
    }
    // And behind it no byte is waited for.
    scan.begin(query);
    const std::string first = text(JsonQuery::kAlongBytes + 100);
    CHECK(scan.feed({first.data(), JsonQuery::kAlongBytes - 1}) == State::kMore);
    CHECK(scan.feed({first.data() + JsonQuery::kAlongBytes - 1, 1}) == State::kDone);
  }

  TEST_CASE("reading ends with the byte that settles it") {
    constexpr std::string_view kFound = R"({"a":{"x":1},"r":{"id":"7")";
    constexpr std::string_view kGone = R"({"r":{"name":2})";
    for (const std::string_view text : {kFound, kGone}) {
      CAPTURE(text);
      JsonScan scan;
      const JsonQuery query = ranked({"/r/id"});
      scan.begin(query);
      CHECK(scan.feed({text.data(), text.size() - 1}) == State::kMore);
      CHECK(scan.feed({text.data() + text.size() - 1, 1}) == State::kDone);
      CHECK(scan.feed({"nonsense", 8}) == State::kDone);
    }
  }

  TEST_CASE("what is no JSON has the answers known before its fault, and no other") {
    for (const std::string_view bad :
         {"", "{", "{\"b\":2", "{\"b\":2,}", "{b:2}", "{\"b\":2 \"a\":1}", "{'b':2}", "nul",
          "{\"b\":02}", "{\"b\":2/**/}", "\xef\xbb\xbf{\"b\":2}", "{\"b\":\"\xff\"}",
          "{\"b\":\"\\ud800\"}", "{\"b\":\"\n\"}", "{\"b\":2", "payload=x"}) {
      CAPTURE(bad);
      CHECK(value({"/a", "/b"}, bad).empty());
    }
    CHECK(value({"/a"}, R"({"a":1,nonsense)") == "1");
    CHECK(value({"/a"}, R"({"a":1})") == "1");
  }

  TEST_CASE("depth has a limit") {
    const auto nested = [](std::size_t arrays) {
      return "{\"x\":" + std::string(arrays, '[') + std::string(arrays, ']') + ",\"a\":1}";
    };
    CHECK(value({"/a"}, nested(JsonScan::kDepthMax - 1)) == "1");
    CHECK(value({"/a"}, nested(JsonScan::kDepthMax)).empty());
    CHECK(value({"/a"}, std::string(100'000, '[')).empty());
    // Deeper than any pointer goes, there and back.
    CHECK(value({"/a/b/c/d/e/f/g/h"},
                R"({"a":{"b":{"c":{"d":{"e":{"f":{"g":{"x":[[{}]],"h":5}}}}}}}})") == "5");
  }

  TEST_CASE("terms of later ranks can be left out") {
    const JsonQuery query = ranked({"/a", "/b", "/c"});
    JsonScan scan;
    constexpr std::string_view kText = R"({"c":3})";
    scan.begin(query, 2);
    scan.feed(kText);
    scan.end();
    CHECK(!scan.answer(0));
    scan.begin(query, 3);
    scan.feed(kText);
    scan.end();
    CHECK(scan.answer(0).value == "3");
  }

  TEST_CASE("pointers that are none are told") {
    for (const std::string_view good : {"/a", "/", "//", "/a~0b~1c", "/0/1", "/ä"})
      CHECK(is_json_pointer(good));
    for (const std::string_view bad : {"", "a", "a/b", "/~", "/~2", "/a~", "/1/2/3/4/5/6/7/8/9"})
      CHECK_FALSE(is_json_pointer(bad));
    CHECK_FALSE(is_json_pointer("/" + std::string(JsonQuery::kTokenBytesMax + 1, 'x')));
  }

  TEST_CASE("the answers are those of a parser that builds a tree") {
    const JsonQuery query({{"/a", "", 0, 0},
                           {"/b/a", "", 0, 1},
                           {"/b/1", "/c", 0, 1},
                           {"/c/b/a", "", 0, 2},
                           {"/b", "", 1, 0},
                           {"/a/0/b", "", 1, 0},
                           {"/c", "/a", 1, 1}});
    constexpr std::string_view kParts[] = {
        "{", "}",     "[",    "]",  ",",   ":",    "\"a\"",       "\"b\"", "\"c\"",
        "1", "\"x\"", "null", "-0", "1.5", "true", "\"\\u0061\"", "\"\""};
    constexpr std::uint64_t kSeed = 7;
    CAPTURE(kSeed);
    Rng rng(kSeed);
    JsonScan scan;
    std::size_t good = 0;
    for (int round = 0; round < 20'000; ++round) {
      // Mostly well formed: a value made by a small grammar, now and then with a part put in.
      std::string text;
      const auto make = [&](auto&& self, int depth) -> void {
        const std::uint64_t kind = rng.below(depth > 3 ? 1 : 4);
        if (kind <= 1) {
          text += kParts[9 + rng.below(std::size(kParts) - 9)];
          return;
        }
        text += kind == 2 ? '{' : '[';
        for (std::uint64_t i = 0, n = rng.below(4); i < n; ++i) {
          if (i > 0) text += ',';
          if (kind == 2) (text += kParts[6 + rng.below(3)]) += ':';
          self(self, depth + 1);
        }
        text += kind == 2 ? '}' : ']';
      };
      text = "{";
      for (std::uint64_t i = 0, n = 1 + rng.below(4); i < n; ++i) {
        if (i > 0) text += ',';
        (text += kParts[6 + rng.below(3)]) += ':';
        make(make, 1);
      }
      text += '}';
      if (rng.below(8) == 0) text.insert(rng.below(text.size()), kParts[rng.below(9)]);
      CAPTURE(text);
      const Both whole = scanned(scan, query, text, text.size());
      if (scanned(scan, query, text, 1 + rng.below(5)) != whole) FAIL_CHECK("depends on the cuts");
      const auto tree = tests::TreeReader::read(text);
      if (!tree) continue;
      ++good;
      for (std::size_t which = 0; which < 2; ++which) {
        SlowAnswer found = which == 0 ? whole.first : whole.second;
        found.value = tests::as_tree(found.value);
        if (found.value.find("-0") != std::string::npos) continue;  // within a pair
        if (found != tests::slow_answer(*tree, query, which)) FAIL_CHECK("differs from the tree");
      }
    }
    CHECK(good > 10'000);
  }
}

}  // namespace
}  // namespace segue::http

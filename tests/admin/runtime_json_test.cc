// What operators set goes into JSON and comes back as it was, or not at all.
#include "admin/runtime_json.h"

#include <random>

#include <doctest/doctest.h>

namespace segue::admin {
namespace {

using routing::Runtime;
using routing::Word;

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  // Any bytes: names come from files and from clients.
  std::string text() {
    std::string out;
    for (std::size_t n = below(12); n > 0; --n) switch (below(6)) {
        case 0: out += static_cast<char>(below(256)); break;
        case 1:
          out +=
              "\x10"
              "41";
          break;
        case 2: out += "ü"; break;
        case 3: out += "\xed\xa0\x80"; break;  // a surrogate, which is no UTF-8
        case 4: out += "\"\\/\n"; break;
        default: out += static_cast<char>('a' + below(26)); break;
      }
    return out;
  }
  std::uint64_t number() { return below(3) == 0 ? 0 : random_() & 0x7fff'ffff'ffff'ffff; }
  routing::Weights weights() {
    routing::Weights out;
    for (std::size_t n = below(4); n > 0; --n)
      out[text()] = static_cast<std::uint32_t>(below(1'000'001));
    return out;
  }
  Runtime runtime() {
    Runtime out;
    for (std::size_t n = below(4); n > 0; --n) out.weights[text()] = weights();
    for (std::size_t n = below(3); n > 0; --n) out.reverts[text()] = {number(), weights()};
    for (std::size_t n = below(3); n > 0; --n) {
      auto& pins = out.pins[text()];
      for (std::size_t m = below(4); m > 0; --m)
        pins[text()] = {text(), below(2) == 0, text(), text(), number(), number()};
    }
    for (std::size_t n = below(3); n > 0; --n)
      out.epochs[text()] = static_cast<std::uint32_t>(random_());
    for (std::size_t n = below(3); n > 0; --n) {
      auto& said = out.endpoints[text()];
      for (std::size_t m = below(3); m > 0; --m)
        said[text()] = {static_cast<Word>(below(6)), number()};
    }
    return out;
  }

 private:
  std::mt19937_64 random_;
};

Runtime example() {
  Runtime runtime;
  runtime.weights["webhooks"] = {{"old", 70}, {"new", 30}};
  runtime.pins["ci"]["org/app"] = {"new", true, "asked for it", "ada", 1'700'000'000'000, 0};
  runtime.epochs["ci"] = 3;
  runtime.endpoints["old"]["10.0.0.1:80"] = {Word::kDrain, 0};
  runtime.reverts["webhooks"] = {1'700'000'900'000, {{"old", 90}, {"new", 10}}};
  return runtime;
}

TEST_SUITE("admin/runtime_json") {
  TEST_CASE("every runtime comes back as it was, as one line of ASCII") {
    const auto seed = std::random_device()();
    CAPTURE(seed);
    Chance chance(seed);
    for (int i = 0; i < 2000; ++i) {
      const Runtime runtime = chance.runtime();
      const std::string text = runtime_text(runtime);
      CAPTURE(text);
      for (const char c : text) REQUIRE((c >= ' ' && c <= '~'));
      const auto back = parse_runtime(text);
      REQUIRE_MESSAGE(back.ok(), (back.ok() ? "" : back.error()));
      CHECK(*back == runtime);
      CHECK(runtime_text(*back) == text);
    }
  }

  TEST_CASE("no text is nothing set") {
    CHECK(*parse_runtime("") == Runtime());
    CHECK(*parse_runtime(runtime_text(Runtime())) == Runtime());
  }

  TEST_CASE("what is not understood is refused, not dropped") {
    const auto refused = [](std::string_view text) {
      const auto parsed = parse_runtime(text);
      return parsed.ok() ? std::string() : parsed.error();
    };
    const std::string good = runtime_text(example());
    CHECK(refused(good).empty());
    const auto with = [&](const char* from, const char* to) {
      std::string text = good;
      const std::size_t at = text.find(from);
      REQUIRE(at != text.npos);
      return refused(text.replace(at, std::string_view(from).size(), to));
    };
    CHECK(with("\"version\":1", "\"version\":2") == "version is 2, this segue reads 1");
    CHECK(with("\"version\":1", "\"version\":1,\"canary\":{}") ==
          "the runtime has canary, which this segue does not know");
    CHECK(with("\"hard\":true", "\"hard\":true,\"soft\":1") ==
          "the pin of org/app has soft, which this segue does not know");
    CHECK(with("\"hard\":true,", "") == "the pin of org/app has no hard");
    CHECK(with("\"hard\":true", "\"hard\":1") ==
          "the pin of org/app hard is neither true nor false");
    CHECK(with("drain", "rest") ==
          "the endpoint 10.0.0.1:80 has the word rest, which this segue does not know");
    CHECK(with("\"new\":30", "\"new\":1000001").find("1000001, expected a whole number") !=
          std::string::npos);
    CHECK(with("\"new\":30", "\"new\":-1").find("weights of webhooks: new is -1") !=
          std::string::npos);
    CHECK(with("\"epochs\":{\"ci\":3}", "\"epochs\":[]") == "epochs is no object");
    CHECK(refused("nonsense") == "the runtime is no JSON");
    CHECK(refused("[]") == "the runtime is no object");
  }

  TEST_CASE("for people it has times and no version") {
    const Json shown = runtime_json(example());
    CHECK(shown["weights"]["webhooks"] == Json{{"new", 30}, {"old", 70}});
    CHECK(shown["pins"][0]["since"] == "2023-11-14T22:13:20.000Z");
    CHECK(shown["pins"][0]["until"].is_null());
    CHECK(shown["reverts"]["webhooks"]["at"] == "2023-11-14T22:28:20.000Z");
    CHECK(shown["endpoints"][0]["state"] == "drain");
    CHECK(shown["sessions"]["ci"] == 3);
  }
}

}  // namespace
}  // namespace segue::admin

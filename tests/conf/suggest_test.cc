// The nearest known word.
#include "conf/suggest.h"

#include <vector>

#include <doctest/doctest.h>

namespace segue::conf {
namespace {

constexpr std::string_view kKnown[] = {"interval", "interval_down", "timeout",
                                       "rise",     "fall",          "path"};

TEST_SUITE("conf/suggest") {
  TEST_CASE("slips of the finger find the word that was meant") {
    struct Case {
      std::string_view wrong, right;
    };
    for (const Case& c : {Case{"intervall", "interval"},
                          {"Interval", "interval"},
                          {"interval-down", "interval_down"},
                          {"tiemout", "timeout"},
                          {"timeouts", "timeout"},
                          {"time", "timeout"},
                          {"ries", "rise"},
                          {"pth", "path"}}) {
      CAPTURE(c.wrong);
      CHECK(nearest(c.wrong, kKnown) == c.right);
    }
  }

  TEST_CASE("a word that is near to nothing suggests nothing") {
    for (const std::string_view word : {"", "x", "tls", "certificate"}) {
      CAPTURE(word);
      CHECK(nearest(word, kKnown) == "");
      CHECK(did_you_mean(word, kKnown) == "");
    }
    CHECK(nearest(std::string(1000, 'i'), kKnown) == "");
  }

  TEST_CASE("the question is ready to stand behind a sentence") {
    CHECK(did_you_mean("fal", kKnown) == "; did you mean \"fall\"?");
  }

  TEST_CASE("lists are words with commas, and end when they get long") {
    CHECK(listed({}) == "");
    CHECK(listed(std::span(kKnown).first(1)) == "\"interval\"");
    CHECK(listed(std::span(kKnown).last(3)) == "\"rise\", \"fall\" and \"path\"");
    const std::vector<std::string_view> many(kListedMax + 2, "a");
    CHECK(listed(many).ends_with("\"a\" and 2 more"));
  }
}

}  // namespace
}  // namespace segue::conf

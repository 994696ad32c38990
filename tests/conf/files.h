// Configuration files for tests: a complete one to add to, and its problems as lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "conf/load.h"

namespace segue::conf::tests {

/// Complete but for what a test is about; stands behind the test's text, so that the text's lines
/// count from 1. Has listener "edge", pools "old" and "new" and a last route "base".
inline constexpr std::string_view kRest = R"(
[listeners.edge]
address = "127.0.0.1:0"
[pools.old]
endpoints = ["127.0.0.1:1"]
[pools.new]
endpoints = ["127.0.0.1:2"]
[[routes]]
name = "base"
match = { host = "base.example.com" }
split = { old = 1 }
)";

inline Environment no_environment() {
  return [](const std::string&) { return std::nullopt; };
}

/// One text, which a failing test shows.
inline std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

/// What parse() says about `text`, one line per problem; none when it is right.
inline std::vector<std::string> complaints(const std::string& text) {
  const auto config = parse(text, "segue.toml", no_environment());
  std::vector<std::string> lines;
  if (!config)
    for (const Problem& problem : config.error()) lines.push_back(problem.to_string());
  return lines;
}

inline std::vector<std::string> complaints_with_rest(std::string_view text) {
  return complaints(std::string(text) + std::string(kRest));
}

/// For texts that are right; the test fails when they are not.
inline Config parsed(std::string_view text) {
  auto config = parse(std::string(text) + std::string(kRest), "segue.toml", no_environment());
  if (!config)
    for (const Problem& problem : config.error()) MESSAGE(problem.to_string());
  REQUIRE(config.ok());
  return *std::move(config);
}

/// A broken text and exactly what is said about it, without the file's name.
struct Case {
  std::string_view about;
  std::string_view text;  ///< stands before kRest
  std::vector<std::string> lines;
};

/// Checks what is said about each text.
inline void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    CAPTURE(c.about);
    std::vector<std::string> expected;
    for (const std::string& line : c.lines) expected.push_back("segue.toml:" + line);
    CHECK(joined(complaints_with_rest(c.text)) == joined(expected));
  }
}

}  // namespace segue::conf::tests

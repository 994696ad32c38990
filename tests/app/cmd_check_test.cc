// `segue check`, as a person and as a program sees it.
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "conf/load.h"
#include "conf/redact.h"
#include "tests/support/scratch.h"

namespace segue::app {
namespace {

using tests::Scratch;

constexpr const char* kFull = SEGUE_SOURCE_DIR "/conf/examples/full.toml";

struct Ended {
  int code;
  std::string out, err;
};

Ended check(const CheckOptions& options, bool colour = false) {
  std::ostringstream out, err;
  Console console{out, err, colour};
  const int code = cmd_check(options, console);
  return {code, out.str(), err.str()};
}

TEST_SUITE("app/cmd_check") {
  TEST_CASE("a file that is right is one line with its numbers") {
    const Ended ended = check({.config = SEGUE_SOURCE_DIR "/conf/examples/minimal.toml"});
    CHECK(ended.code == kDone);
    CHECK(ended.out == SEGUE_SOURCE_DIR
          "/conf/examples/minimal.toml: ok: 1 listener, 2 pools, 1 route\n");
    CHECK(ended.err == "");
  }

  TEST_CASE("problems are lines on standard error, and counted") {
    const Scratch file("workers = 1.5\nadmins = {}\n");
    const Ended ended = check({.config = file.path()});
    CHECK(ended.code == kFailed);
    CHECK(ended.out == "");
    CHECK(ended.err.find(file.path() + ":1:11: workers: 1.5, expected a whole number 0…256\n") !=
          std::string::npos);
    CHECK(ended.err.ends_with(file.path() + ": 5 problems\n"));
  }

  TEST_CASE("colours change nothing but the colours") {
    const Scratch file("workers = 1.5\n");
    const std::string plain = check({.config = file.path()}).err;
    std::string coloured = check({.config = file.path()}, true).err;
    CHECK(coloured != plain);
    for (const std::string_view escape : {"\x1b[1m", "\x1b[31m", "\x1b[0m"})
      for (std::size_t at = 0; (at = coloured.find(escape)) != std::string::npos;)
        coloured.erase(at, escape.size());
    CHECK(coloured == plain);
  }

  TEST_CASE("--print is the canonical form, then the routes as they are tried") {
    const Ended ended = check({.config = kFull, .print = true});
    CHECK(ended.code == kDone);
    const std::size_t routes =
        ended.out.find("\n# Routes in order of precedence:\n# 1. webhooks: ");
    REQUIRE(routes != std::string::npos);
    CHECK(ended.out.find("# 5. ui: path prefix /\n") != std::string::npos);
    const auto again = conf::parse(ended.out, kFull);
    REQUIRE(again.ok());
    CHECK(*again == conf::redacted(*conf::load(kFull)));
  }

  TEST_CASE("--json says the same to programs") {
    const auto good = nlohmann::json::parse(check({.config = kFull, .json = true}).out);
    CHECK(good["ok"] == true);
    CHECK(good["pools"] == 3);
    CHECK(good["routes"][0] == "webhooks");

    const Scratch file("workers = 1.5\n");
    const Ended ended = check({.config = file.path(), .json = true});
    CHECK(ended.code == kFailed);
    const auto bad = nlohmann::json::parse(ended.out);
    CHECK(bad["ok"] == false);
    CHECK(bad["problems"].back() == nlohmann::json{{"file", file.path()},
                                                   {"line", 1},
                                                   {"column", 11},
                                                   {"path", "workers"},
                                                   {"text", "1.5, expected a whole number 0…256"}});
  }
}

}  // namespace
}  // namespace segue::app

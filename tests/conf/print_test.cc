// The canonical form.
#include "conf/print.h"

#include <cstdlib>
#include <fstream>

#include <doctest/doctest.h>

#include "conf/presets.h"
#include "tests/conf/files.h"
#include "tests/support/temp_dir.h"

namespace segue::conf {
namespace {

void check_round_trip(const Config& config) {
  const std::string text = print(config);
  CAPTURE(text);
  const auto again = parse(text, config.file, tests::no_environment());
  if (!again) MESSAGE(again.error().front().to_string());
  REQUIRE(again.ok());
  CHECK(*again == config);
  CHECK(print(*again) == text);
}

TEST_SUITE("conf/print") {
  TEST_CASE("the examples are right and print to files that mean the same") {
    for (const std::string path :
         {"conf/examples/minimal.toml", "conf/examples/full.toml", "conf/examples/tls.toml"}) {
      CAPTURE(path);
      const auto config = load(SEGUE_SOURCE_DIR "/" + path);
      REQUIRE(config.ok());
      check_round_trip(*config);
    }
  }

  TEST_CASE("the canonical form of the full example is the golden one") {
    const std::string golden = SEGUE_SOURCE_DIR "/tests/golden/conf/full.toml";
    const auto config = load(SEGUE_SOURCE_DIR "/conf/examples/full.toml");
    REQUIRE(config.ok());
    if (std::getenv("SEGUE_REGOLD") != nullptr) std::ofstream(golden) << print(*config);
    CHECK(print(*config) == segue::tests::read_file(golden));
  }

  TEST_CASE("every preset, and no check at all, survives printing") {
    for (const std::string_view name : kPresetNames)
      check_round_trip(tests::parsed("[pools.a]\nendpoints = [\"a:1\"]\nhealth.preset = \"" +
                                     std::string(name) + "\""));
    check_round_trip(
        tests::parsed("[pools.a]\nendpoints = [\"a:1\"]\nhealth = false\npassive = false"));
    check_round_trip(
        tests::parsed("[pools.a]\nendpoints = [\"a:1\"]\nhealth = { preset = \"jenkins\", "
                      "expect_header = \"\", headers = { \"X-A\" = "
                      "\"b\" }, drain_on = [404] }"));
  }

  TEST_CASE("what is awkward to write survives printing") {
    for (const std::string_view text :
         {"[listeners.\"a.b\"]\naddress = \"unix:/run/a b\"",
          "[[routes]]\nname = \"r\"\nsplit = { \"old\" = 1 }\nmatch = { path_regex = '/a\\d+\"', "
          "query = { \"a b\" = \"'\" } }",
          "[[routes]]\nname = \"r\"\nsplit = { old = 1 }\nmatch.methods = "
          "[\"POST\"]\nconnect_timeout = \"1ms\"\ntotal_timeout = \"0s\"",
          "[[routes]]\nname = \"r\"\nsplit = { old = 1 }\nkind = \"webhook\"",
          "[[routes]]\nname = \"r\"\nsplit = { old = 1 }\nmatch.headers = { X-A = \"$${HOME}\" }",
          "retry.budget = 0.1234567891\n[limits]\nmemory_max = 123456789\nreplay = 0"}) {
      CAPTURE(text);
      check_round_trip(tests::parsed(text));
    }
  }
}

}  // namespace
}  // namespace segue::conf

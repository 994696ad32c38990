// TOML strings, keys and floats.
#include "conf/text.h"

#include <doctest/doctest.h>

#include "tests/conf/files.h"

namespace segue::conf {
namespace {

TEST_SUITE("conf/text") {
  TEST_CASE("any text that is printed as a string reads back as itself") {
    for (const std::string& text :
         {std::string("plain"), std::string("with \"quotes\""), std::string("both ' and \""),
          std::string("back\\slash"), std::string("tab\tline\nreturn\r"), std::string("\x01\x7f"),
          std::string("${HOME}"), std::string("$${HOME}"), std::string("$$${"), std::string("{*}"),
          std::string("ü…")}) {
      CAPTURE(text);
      const Config config = tests::parsed(
          "[pools.a]\nendpoints = [\"a:1\"]\nhealth.expect_body = " + toml_string(text));
      CHECK(config.pools.front().health.expect_body == text);
    }
  }

  TEST_CASE("strings are in the quotes that need fewer backslashes") {
    CHECK(toml_string("a") == "\"a\"");
    CHECK(toml_string("\\d+") == "'\\d+'");
    CHECK(toml_string("say \"a\"") == "'say \"a\"'");
    CHECK(toml_string("'\\'") == "\"'\\\\'\"");
  }

  TEST_CASE("keys are bare where TOML allows it") {
    CHECK(toml_key("ci-new_2") == "ci-new_2");
    CHECK(toml_key("a.b") == "\"a.b\"");
    CHECK(toml_key("") == "\"\"");
  }

  TEST_CASE("floats are the shortest that read back, and look like floats") {
    CHECK(toml_float(0) == "0.0");
    CHECK(toml_float(1) == "1.0");
    CHECK(toml_float(0.1) == "0.1");
    CHECK(toml_float(0.125) == "0.125");
  }

  TEST_CASE("quotes in messages are cut between characters") {
    CHECK(quoted("a") == "\"a\"");
    const std::string cut = quoted(std::string(kQuoteMax - 1, 'a') + "ü" + "b");
    CHECK(cut == "\"" + std::string(kQuoteMax - 1, 'a') + "…\"");
  }
}

}  // namespace
}  // namespace segue::conf

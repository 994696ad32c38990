// Characters beyond ASCII outside strings and comments.
#include "conf/stray.h"

#include <string>

#include <doctest/doctest.h>

namespace segue::conf {
namespace {

std::string where(std::string_view text) {
  const auto at = find_stray(text);
  return at ? std::to_string(at->line) + ":" + std::to_string(at->column) : "nowhere";
}

TEST_SUITE("conf/stray") {
  TEST_CASE("strings and comments may hold anything") {
    for (const std::string_view text :
         {"", "a = 1", "a = \"ü\" # ü", "a = 'ü'", "a = \"\"\"ü\nü\"\"\"", "a = '''ü\n'ü''ü'''",
          "a = \"\\\"ü\"", "a = '\\' # ü", "a = \"\"\"ü\"\"\"\"\"\nb = 1",
          "a = \"\"\"\\\"\"\"ü\"\"\"", "\"ü\" = 1",
          "\xef\xbb\xbf"
          "a = 1",
          "a = \"\" # ü", "a = ''\nb = \"#\" # ü"}) {
      CAPTURE(text);
      CHECK(where(text) == "nowhere");
    }
  }

  TEST_CASE("everything else may not") {
    CHECK(where("ü = 1") == "1:1");
    CHECK(where("a = 1\nb = ü") == "2:5");
    CHECK(where("a = \"ü\" ü") == "1:9");
    CHECK(where("a = \"\"\"x\"\"\"ü") == "1:12");
    CHECK(where("a = '\\'ü") == "1:8");
    CHECK(where("a = 1\xc2\xa0") == "1:6");
    CHECK(where("a = 1 \xef\xbb\xbf") == "1:7");
  }

  TEST_CASE("a string without its end ends with its line") {
    CHECK(where("a = \"ü\nü = 1") == "2:1");
    CHECK(where("a = \"ü\\\nü = 1") == "2:1");
    CHECK(where("a = \"\"\"ü") == "nowhere");
  }
}

}  // namespace
}  // namespace segue::conf

// ${NAME}
#include "conf/expand.h"

#include <cstdlib>
#include <map>

#include <doctest/doctest.h>

#include "tests/conf/files.h"

namespace segue::conf {
namespace {

Environment these(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

std::string expect_body(const std::string& toml_value, const Environment& environment) {
  const auto config = parse("[pools.a]\nendpoints = [\"a:1\"]\nhealth.expect_body = " + toml_value +
                                std::string(tests::kRest),
                            "segue.toml", environment);
  return config ? config->pools.front().health.expect_body : config.error().front().to_string();
}

TEST_SUITE("conf/expand") {
  TEST_CASE("variables stand for their values, anywhere in a string and as often as one likes") {
    const Environment environment =
        these({{"HOST", "ci"}, {"_p1", "80"}, {"EMPTY", ""}, {"LOOP", "${HOST}"}});
    CHECK(expect_body("'${HOST}'", environment) == "ci");
    CHECK(expect_body("'http://${HOST}:${_p1}/'", environment) == "http://ci:80/");
    CHECK(expect_body("'a${EMPTY}b'", environment) == "ab");
    CHECK(expect_body("'${LOOP}'", environment) == "${HOST}");
  }

  TEST_CASE("a doubled dollar keeps the characters, and a dollar alone is a dollar") {
    CHECK(expect_body("'$${HOST}'", these({})) == "${HOST}");
    CHECK(expect_body("'$$${HOST}'", these({})) == "$${HOST}");
    CHECK(expect_body("'5$ $HOST $'", these({})) == "5$ $HOST $");
  }

  TEST_CASE("a variable that is not set is a problem where it stands, and the only one") {
    CHECK(tests::complaints_with_rest("[listeners.a]\naddress = \"${WHERE}:80\"") ==
          std::vector<std::string>{
              "segue.toml:2:11: listeners.a.address: ${WHERE} is not set in the environment"});
  }

  TEST_CASE("a brace that never closes, or holds no name, is a problem") {
    const std::string what =
        ": \"${\" without a variable's name and \"}\", expected \"${NAME}\", or \"$${\" for the "
        "characters themselves";
    for (const std::string value : {"'${HOST'", "'${}'", "'${A B}'", "'${1}'", "'${HOST:-x}'"}) {
      CAPTURE(value);
      CHECK(expect_body(value, these({{"HOST", "ci"}})) ==
            "segue.toml:3:22: pools.a.health.expect_body" + what);
    }
  }

  TEST_CASE("the process's own environment is the default") {
    REQUIRE(setenv("SEGUE_CONF_TEST", "yes", 1) == 0);
    CHECK(process_environment()("SEGUE_CONF_TEST") == "yes");
    REQUIRE(unsetenv("SEGUE_CONF_TEST") == 0);
    CHECK(process_environment()("SEGUE_CONF_TEST") == std::nullopt);
  }
}

}  // namespace
}  // namespace segue::conf

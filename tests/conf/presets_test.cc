// Health checks by the name of the server.
#include "conf/presets.h"

#include <doctest/doctest.h>

#include "tests/conf/files.h"

namespace segue::conf {
namespace {

Health health_of(const std::string& toml) {
  return tests::parsed("[pools.a]\nendpoints = [\"a:1\"]\nhealth = " + toml).pools.front().health;
}

TEST_SUITE("conf/presets") {
  TEST_CASE("every preset is a health check that can be written out key by key") {
    for (const std::string_view name : kPresetNames) {
      CAPTURE(name);
      CHECK(health_of("{ preset = \"" + std::string(name) + "\" }") == preset(name));
    }
  }

  TEST_CASE("Jenkins is asked for its login page, and is starting while it says so") {
    const Health health = health_of("{ preset = \"jenkins\" }");
    CHECK(health.kind == Health::Kind::kHttp);
    CHECK(health.path == "/login");
    CHECK(health.expect_status == std::vector<StatusRange>{{200, 200}});
    CHECK(health.expect_header == "X-Jenkins");
    CHECK(health.starting_body == "getting ready");
    CHECK(health.interval == milliseconds(5000));
  }

  TEST_CASE("a key beside the preset overrides it, wherever it stands") {
    const Health health =
        health_of("{ path = \"/ci/login\", expect_header = \"\", preset = \"jenkins\", rise = 5 }");
    CHECK(health.path == "/ci/login");
    CHECK(health.expect_header == "");
    CHECK(health.rise == 5);
    CHECK(health.starting_body == "getting ready");
  }

  TEST_CASE("without a preset a check is HTTP, 200 to 399 from /") {
    const Health health = health_of("{}");
    CHECK(health.preset == "http");
    CHECK(health.path == "/");
    CHECK(health.expect_status == std::vector<StatusRange>{{200, 399}});
    CHECK(health_of("true") == health);
  }

  TEST_CASE("tcp connects and asks nothing; false does not even connect") {
    CHECK(health_of("{ preset = \"tcp\", interval = \"1s\" }").kind == Health::Kind::kTcp);
    CHECK(health_of("false").kind == Health::Kind::kNone);
  }

  TEST_CASE("passive = false turns ejection off") {
    CHECK_FALSE(tests::parsed("[pools.a]\nendpoints = [\"a:1\"]\npassive = false")
                    .pools.front()
                    .passive.enabled);
  }
}

}  // namespace
}  // namespace segue::conf

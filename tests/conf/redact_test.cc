// What is marked secret is shown nowhere.
#include "conf/redact.h"

#include <map>

#include <doctest/doctest.h>

#include "conf/print.h"
#include "conf/schema.h"
#include "conf/sections.h"
#include "tests/conf/files.h"

namespace segue::conf {
namespace {

constexpr const char* kSentinel = "s3ntinel";

// A file that gives each secret key the sentinel. A key that is marked secret and is not here fails
// the first test.
const std::map<std::string, std::string> kFiles = {
    {"health.headers",
     "[pools.a]\nendpoints = [\"a:1\"]\nhealth.headers = { Authorization = \"Bearer s3ntinel\" }"},
    {"route.override",
     "[[routes]]\nname = \"r\"\nmatch = { path = \"/r\" }\nsplit = { old = 1 }\n"
     "override = { header = \"X-Pool\", secret = \"s3ntinel\" }"},
    {"override.secret",
     "[[routes]]\nname = \"r\"\nmatch = { path = \"/r\" }\nsplit = { old = 1 }\n"
     "override = { header = \"X-Pool\", secret = \"s3ntinel\" }"},
    {"sessions.secret", "[sessions]\nsecret = \"s3ntinel-of-a-dozen\""},
};

TEST_SUITE("conf/redact") {
  TEST_CASE("no secret key is printed, and its name is") {
    std::size_t secrets = 0;
    for (const SectionInfo& section : all_sections()) {
      for (const KeyInfo& key : section.keys) {
        if (!key.secret) continue;
        ++secrets;
        const std::string id = std::string(section.id) + "." + std::string(key.name);
        CAPTURE(id);
        const auto file = kFiles.find(id);
        REQUIRE(file != kFiles.end());
        const Config config = tests::parsed(file->second);
        const std::string whole = print(config), shown = print(redacted(config));
        CHECK(whole.find(kSentinel) != std::string::npos);
        CHECK(shown.find(kSentinel) == std::string::npos);
        CHECK(shown.find(kHidden) != std::string::npos);
      }
    }
    CHECK(secrets == kFiles.size());
  }

  TEST_CASE("what is wrong with a secret is said without it") {
    for (const std::string_view value :
         {"\"s3ntinel\\n\"", "[\"s3ntinel\"]", "{ x = \"s3ntinel\" }", "\"${s3ntinel\"",
          "\"s3ntinel", "s3ntinel"}) {
      const std::string text =
          "[pools.a]\nendpoints = [\"a:1\"]\nhealth.headers = { X-A = " + std::string(value) + " }";
      CAPTURE(text);
      const auto problems = tests::complaints(text);
      CHECK_FALSE(problems.empty());
      for (const std::string& problem : problems)
        CHECK(problem.find(kSentinel) == std::string::npos);
    }
  }

  TEST_CASE("redacting changes nothing else") {
    const Config config = tests::parsed("retry.attempts = 2");
    CHECK(redacted(config) == config);
  }
}

}  // namespace
}  // namespace segue::conf

// Which repository real payloads are about, held to golden files: GitHub's and GitLab's own
// examples, and for other forges payloads shaped like those in their documentation.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/http/field.h"
#include "routing/body_scan.h"
#include "tests/support/temp_dir.h"

namespace segue::routing {
namespace {

namespace fs = std::filesystem;
using Header = std::pair<std::string_view, std::string_view>;

const std::string kGolden = SEGUE_SOURCE_DIR "/tests/golden/repository/";
const std::string kOctokit =
    SEGUE_SOURCE_DIR "/tests/node_modules/@octokit/webhooks-examples/api.github.com/index.json";
// Of Debian's golang-github-xanzy-go-gitlab-dev.
const std::string kGitLab = "/usr/share/gocode/src/github.com/xanzy/go-gitlab/testdata/";

Forge forge_of(const std::vector<Header>& headers) {
  std::vector<http::Field> fields;
  for (const auto& [name, value] : headers) fields.push_back({name, value, http::field_id(name)});
  http::Head head;
  head.fields = fields;
  return delivery_of(head).forge;
}

std::string scanned(BodyScan& scan, Forge forge, std::string_view body, std::size_t piece) {
  using Source = BodyQuery::Source;
  static const Source sources[] = {{Source::Kind::kRepositoryById, ""}};
  static const BodyQuery query{sources};
  scan.begin(query, 1, BodyForm::kJson, forge);
  for (std::size_t i = 0; i < body.size(); i += piece) scan.feed(body.substr(i, piece));
  scan.end();
  const BodyKey key = scan.key();
  const auto or_dash = [](std::string_view text) { return text.empty() ? "-" : std::string(text); };
  return or_dash(to_string(forge)) + " " + or_dash(key.text) + " " + or_dash(key.alias);
}

/// "forge key name" of a payload, the same byte by byte.
std::string line(const std::vector<Header>& headers, std::string_view body) {
  BodyScan scan;
  const Forge forge = forge_of(headers);
  const std::string whole = scanned(scan, forge, body, body.size());
  CHECK(scanned(scan, forge, body, 1) == whole);
  return whole;
}

/// Compares with the golden file, or writes it when SEGUE_REGOLD is set.
void hold_to(const std::string& name, const std::string& text) {
  const std::string file = kGolden + name;
  if (std::getenv("SEGUE_REGOLD") != nullptr) std::ofstream(file) << text;
  CHECK(text == tests::read_file(file));
}

std::string of_folder(const fs::path& folder, const std::vector<Header>& headers) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string out;
  for (const fs::path& file : files) {
    CAPTURE(file);
    out += folder.filename().string() + "/" + file.filename().string() + " " +
           line(headers, tests::read_file(file)) + "\n";
  }
  return out;
}

TEST_SUITE("routing/repository") {
  TEST_CASE("GitHub's examples") {
    if (!fs::exists(kOctokit)) {
      MESSAGE("scripts/setup --tests installs them");
      return;
    }
    // In the order in which GitHub writes members: which comes first is part of the matter.
    const auto events = nlohmann::ordered_json::parse(tests::read_file(kOctokit));
    std::string out;
    std::size_t count = 0;
    for (const auto& event : events) {
      const auto name = event.at("name").get<std::string>();
      std::size_t i = 0;
      for (const auto& example : event.at("examples")) {
        CAPTURE(name);
        const std::string found =
            line({{"X-GitHub-Event", name}, {"X-GitHub-Delivery", "d"}}, example.dump());
        out += name + "/" + std::to_string(i++) + " " + found + "\n";
        ++count;
        // Whoever's fork it comes from, a pull request is its base's.
        const nlohmann::ordered_json::json_pointer base("/pull_request/base/repo/id");
        if (example.contains(base))
          CHECK(found.starts_with("github github:" + example.at(base).dump() + " "));
      }
    }
    CHECK(count == 329);
    hold_to("github.txt", out);
  }

  TEST_CASE("GitLab's examples") {
    if (!fs::exists(kGitLab)) {
      MESSAGE("scripts/setup --tests installs them");
      return;
    }
    hold_to("gitlab.txt",
            of_folder(kGitLab + "webhooks", {{"X-Gitlab-Event", "Push Hook"}}) +
                of_folder(kGitLab + "systemhooks", {{"X-Gitlab-Event", "System Hook"}}));
  }

  TEST_CASE("the others") {
    const std::string folder = kGolden + "payloads/";
    const std::vector<Header> github{{"X-GitHub-Event", "push"}, {"X-GitHub-Delivery", "d"}};
    std::vector<Header> gogs = github, gitea;
    gogs.emplace_back("X-Gogs-Event", "push");
    gitea = gogs;
    gitea.emplace_back("X-Gitea-Event", "push");
    hold_to("others.txt", of_folder(folder + "gitea", gitea) + of_folder(folder + "gogs", gogs) +
                              of_folder(folder + "bitbucket",
                                        {{"X-Event-Key", "repo:push"}, {"X-Hook-UUID", "h"}}) +
                              of_folder(folder + "bitbucket_dc", {{"X-Event-Key", "pr:opened"}}) +
                              of_folder(folder + "gerrit", {}));
  }
}

}  // namespace
}  // namespace segue::routing

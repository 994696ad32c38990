// Read, expand, fill, check; then either a Config or all problems, never both.
#include "conf/load.h"

#include <algorithm>
#include <tuple>

#include "conf/check.h"
#include "conf/file.h"
#include "conf/reader.h"
#include "conf/sections.h"

namespace segue::conf {
namespace {

Problems in_file_order(Problems problems) {
  std::ranges::stable_sort(problems, [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  if (problems.size() > kProblemsMax) {
    const std::size_t more = problems.size() - kProblemsMax;
    problems.resize(kProblemsMax);
    problems.push_back(
        {problems.front().file, 0, 0, "", "and " + std::to_string(more) + " more problems"});
  }
  return problems;
}

}  // namespace

Result<Config, Problems> parse(std::string_view text, const std::string& file,
                               const Environment& environment) {
  auto document = read_toml(text, file);
  if (!document) return fail(Problems{document.error()});
  Findings findings{file, {}};
  expand(*document, environment, findings);
  const Cursor root(*document, findings);
  Config config;
  config.file = file;
  read_root(root, config);
  check(root, config);
  if (!findings.problems.empty()) return fail(in_file_order(std::move(findings.problems)));
  return config;
}

Result<Config, Problems> load(const std::string& path, const Environment& environment) {
  const auto text = read_file(path, kFileBytesMax);
  if (!text) return fail(Problems{{path, 0, 0, "", text.error()}});
  return parse(*text, path, environment);
}

}  // namespace segue::conf

// docs/configuration.md, written from the tables of keys.
#include "conf/presets.h"
#include "conf/schema.h"
#include "conf/sections.h"
#include "conf/text.h"
#include "conf/units.h"

namespace segue::conf {
namespace {

constexpr std::string_view kPreface = R"(# Configuration

<!-- Written by `segue schema --markdown`; scripts/gen-config-doc puts it here. Change the tables in conf/parse_*.cc. -->

One TOML file. `segue check FILE` says whether it is right, and everything that is wrong with it;
`segue check --print FILE` shows it with all defaults filled in, and the routes in the order in which they are
tried. `segue schema` prints a JSON Schema for editors. `conf/examples/minimal.toml` is the smallest useful
file, `conf/examples/full.toml` has every section.

* **Durations** are strings with a unit: `"250ms"`, `"5s"`, `"1m"`, `"1h30m"`, `"2d"`.
* **Sizes** are bytes, or strings with a unit: `65536`, `"64KiB"`, `"1MiB"`; `"64KB"` is 64 000.
* **Ratios** are numbers or percentages: `0.125`, `"12.5%"`.
* **`${NAME}`** in a string is replaced from the environment; a variable that is not set is an error.
  `$${` stands for `${` itself.
* **Names** of listeners, pools, routes and groups are letters, digits, `.`, `_` and `-`, at most 64.
* A key that is not known is an error, wherever it stands.
)";

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

std::string default_cell(const KeyInfo& key) {
  if (key.required) return "**required**";
  if (!key.default_words.empty()) return std::string(key.default_words);
  return key.default_value.empty() ? "" : "`" + key.default_value + "`";
}

void append_section(std::string& out, const SectionInfo& section) {
  out += "\n## " +
         (section.header.empty() ? "Top level" : "`" + std::string(section.header) + "`") + "\n\n";
  out += std::string(section.doc) + "\n\n";
  out += "| key | type | default | |\n|---|---|---|---|\n";
  for (const KeyInfo& key : section.keys)
    out += "| `" + std::string(key.name) + "` | " + cell(type_words(key.shape)) + " | " +
           cell(default_cell(key)) + " | " + cell(key.doc) +
           (key.secret ? " Values are secret: never printed or logged." : "") + " |\n";
}

void append_presets(std::string& out) {
  out +=
      "\nThe presets:\n\n| preset | path | expect_status | expect_header | starting_body "
      "|\n|---|---|---|---|---|\n";
  for (const std::string_view name : kPresetNames) {
    const Health health = preset(name);
    if (health.kind == Health::Kind::kTcp) {
      out += "| `tcp` | connects, nothing more | | | |\n";
      continue;
    }
    const auto code = [](const std::string& text) {
      return text.empty() ? text : "`" + text + "`";
    };
    const StatusRange status = health.expect_status.front();
    const std::string first = std::to_string(status.first), last = std::to_string(status.last);
    out += "| `" + std::string(name) + "` | `" + health.path + "` | `" +
           (first == last ? first : first + "-" + last) + "` | " + code(health.expect_header) +
           " | " + code(health.starting_body) + " |\n";
  }
  out += "\nGitLab answers `/-/readiness` only to addresses in its monitoring allowlist.\n";
}

constexpr std::string_view kPrecedence = R"(
Which route takes a request, most specific first: exact host, wildcard host (longer first), any host; then exact
path, prefix (longer first), regular expression, any path; then more of methods, headers and query before fewer;
then the order in the file. Two routes with the same match are an error; so is one without
a path, or with a regular expression, beside a route for all paths (`path_prefix = "/"`) of the same host.
)";

}  // namespace

std::string reference() {
  std::string out(kPreface);
  for (const SectionInfo& section : all_sections()) {
    append_section(out, section);
    if (section.id == "health") append_presets(out);
    if (section.id == "match") out += kPrecedence;
  }
  return out;
}

}  // namespace segue::conf

// cohort = "cookie:NAME" or a list of such keys
#include <array>
#include <optional>

#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/suggest.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

using Kind = CohortKey::Kind;

constexpr std::size_t kKeysMax = 8;

struct Word {
  std::string_view name;
  Kind kind;
  TextCheck judge;  // of the argument; null: takes none
  bool optional = false;
};
std::string judge_parameter(std::string_view text) {
  return text.empty() ? " is no name" : "";
}
std::string judge_preference(std::string_view text) {
  return text == "name" ? "" : " is no preference; \"repository:name\" puts names before ids";
}
constexpr std::array<Word, 9> kWords{{{"request", Kind::kRequest, nullptr},
                                      {"client", Kind::kClient, nullptr},
                                      {"session", Kind::kSession, nullptr},
                                      {"cookie", Kind::kCookie, judge_field_name},
                                      {"header", Kind::kHeader, judge_field_name},
                                      {"query", Kind::kQuery, judge_parameter},
                                      {"path", Kind::kPath, judge_cohort_path},
                                      {"json", Kind::kJson, judge_json_pointer},
                                      {"repository", Kind::kRepository, judge_preference, true}}};
constexpr std::string_view kForms =
    R"("request", "client", "session", "repository", "cookie:NAME", "header:NAME", "query:NAME", )"
    R"("path:/job/{*}/" or "json:/pointer")";

std::optional<CohortKey> refuse(const Cursor& at, const std::string& why) {
  at.complain(why);
  return std::nullopt;
}

std::optional<CohortKey> read_key(const Cursor& at) {
  if (!at.node().is(Node::Kind::kString))
    return refuse(at, shown(at.node()) + ", expected " + std::string(kForms));
  const std::string_view text = at.node().text;
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  for (const Word& word : kWords) {
    if (word.name != name) continue;
    const bool argument = colon != std::string_view::npos;
    if (word.judge == nullptr || (word.optional && !argument)) {
      if (argument)
        return refuse(at,
                      quoted(text) + " has an argument, expected \"" + std::string(name) + "\"");
      return CohortKey{word.kind, ""};
    }
    const std::string_view value = argument ? text.substr(colon + 1) : "";
    if (value.empty())
      return refuse(at, quoted(text) + " names nothing, expected \"" + std::string(name) +
                            std::string(word.kind == Kind::kPath   ? ":/job/{*}/\""
                                        : word.kind == Kind::kJson ? ":/repository/id\""
                                                                   : ":NAME\""));
    const std::string wrong = word.judge(value);
    if (!wrong.empty()) return refuse(at, quoted(value) + wrong);
    return CohortKey{word.kind, std::string(value)};
  }
  std::array<std::string_view, kWords.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kWords[i].name;
  return refuse(at, quoted(text) + ", expected " + std::string(kForms) + did_you_mean(name, names));
}

bool always_there(Kind kind) {
  return kind == Kind::kRequest || kind == Kind::kClient;
}

}  // namespace

void read_cohort(const Cursor& at, std::vector<CohortKey>& out) {
  std::vector<CohortKey> keys;
  if (!at.node().is(Node::Kind::kList)) {
    if (auto key = read_key(at)) out = {*std::move(key)};
    return;
  }
  const std::size_t count = at.node().items.size();
  if (count == 0 || count > kKeysMax)
    return at.complain(std::to_string(count) + " keys, expected 1…" + std::to_string(kKeysMax));
  for (std::size_t i = 0; i < count; ++i) {
    const Cursor item = at.item(i);
    auto key = read_key(item);
    if (!key) continue;
    if (!keys.empty() && always_there(keys.back().kind))
      item.complain(quoted(item.node().text) +
                    " is never reached: every request has the key before it");
    keys.push_back(*std::move(key));
  }
  if (!keys.empty()) out = std::move(keys);
}

std::string print_cohort(const std::vector<CohortKey>& keys) {
  std::vector<std::string> items;
  for (const CohortKey& key : keys) {
    std::string text;
    for (const Word& word : kWords)
      if (word.kind == key.kind) text = word.name;
    items.push_back(toml_string(key.argument.empty() ? text : text + ":" + key.argument));
  }
  return items.size() == 1 ? items.front() : print_list(items);
}

}  // namespace segue::conf

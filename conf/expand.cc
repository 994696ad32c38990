// One pass over the tree; strings without "${" are not touched.
#include "conf/expand.h"

#include <algorithm>
#include <cstdlib>

#include "conf/text.h"

namespace segue::conf {
namespace {

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// None after a complaint.
std::optional<std::string> expanded(const Cursor& at, const Environment& environment) {
  std::string_view rest = at.node().text;
  std::string out;
  while (!rest.empty()) {
    const std::size_t mark = rest.find("${");
    out += rest.substr(0, mark);
    if (mark == std::string_view::npos) break;
    const bool escaped = mark > 0 && rest[mark - 1] == '$';
    rest.remove_prefix(mark + 2);
    if (escaped) {  // the first '$' is out already
      out += '{';
      continue;
    }
    const std::size_t end = rest.find('}');
    const std::string name(rest.substr(0, end));
    if (end == std::string_view::npos || !is_variable_name(name)) {
      at.complain(
          "\"${\" without a variable's name and \"}\", expected \"${NAME}\", or \"$${\" for "
          "the characters themselves");
      return std::nullopt;
    }
    rest.remove_prefix(end + 1);
    const auto value = environment(name);
    if (!value) {
      at.complain("${" + name + "} is not set in the environment");
      return std::nullopt;
    }
    out += *value;
  }
  return out;
}

// Complaints need the cursor, which looks at constant nodes, and replacing needs the node: `node`
// is the one that `at` stands at.
void walk(Node& node, const Cursor& at, const Environment& environment) {
  if (node.is(Node::Kind::kString) && node.text.find("${") != std::string::npos) {
    auto text = expanded(at, environment);
    node.broken = !text;
    if (text) node.text = *std::move(text);
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) walk(node.items[i], at.item(i), environment);
  for (Member& member : node.members) walk(member.value, at.member(member), environment);
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
}

void expand(Node& root, const Environment& environment, Findings& findings) {
  walk(root, Cursor(root, findings), environment);
}

}  // namespace segue::conf

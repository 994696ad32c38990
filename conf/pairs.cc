// Tables of free names with strings: headers, query parameters.
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {

void read_pairs(const Cursor& at, TextCheck judge_key, TextCheck judge_value, Pairs& out,
                Quote quote) {
  const bool all = quote == Quote::kAll;
  if (!expect_table(at)) return;
  out.clear();
  for (const Member& member : at.node().members) {
    const Cursor inner = at.member(member);
    if (const std::string wrong = judge_key(member.key); !wrong.empty()) {
      inner.complain(member.at, quoted(member.key) + wrong);
    } else if (!inner.node().is(Node::Kind::kString)) {
      inner.complain((all ? shown(inner.node()) : "no string") + ", expected a string");
    } else if (const std::string bad = judge_value(inner.node().text); !bad.empty()) {
      inner.complain((all ? quoted(inner.node().text) : "the value") + bad);
    } else {
      out.emplace_back(member.key, inner.node().text);
    }
  }
}

std::string print_pairs(const Pairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs)
    out += (out.empty() ? "{ " : ", ") + toml_key(name) + " = " + toml_string(value);
  return out.empty() ? "" : out + " }";
}

}  // namespace segue::conf

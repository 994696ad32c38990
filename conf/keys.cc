// The complaints of sections about their keys.
#include "conf/keys.h"

#include "conf/suggest.h"
#include "conf/text.h"

namespace segue::conf {

void complain_unknown(const Cursor& at, const Member& key,
                      std::span<const std::string_view> known) {
  const std::string hint = did_you_mean(key.key, known);
  at.member(key).complain(key.at, hint.empty() ? "unknown key, expected one of " + listed(known)
                                               : "unknown key" + hint);
}

bool expect_table(const Cursor& at) {
  if (at.node().is(Node::Kind::kTable)) return true;
  at.complain(shown(at.node()) + ", expected a table");
  return false;
}

}  // namespace segue::conf

// Moving through the document, and writing down what is wrong in it.
#include "conf/cursor.h"

#include <utility>

#include "conf/text.h"

namespace segue::conf {

Cursor Cursor::member(const Member& member) const& {
  Cursor inner(member.value, *findings_);
  inner.around_ = this;
  inner.key_ = member.key;
  return inner;
}

Cursor Cursor::item(std::size_t index) const& {
  Cursor inner(node_->items[index], *findings_);
  inner.around_ = this;
  inner.index_ = index;
  return inner;
}

std::optional<Cursor> Cursor::find(std::string_view key) const& {
  const Member* found = node_->find(key);
  if (found == nullptr) return std::nullopt;
  return member(*found);
}

std::string Cursor::path() const {
  if (around_ == nullptr) return "";
  std::string out = around_->path();
  if (around_->node_->is(Node::Kind::kList)) return out + "[" + std::to_string(index_) + "]";
  if (!out.empty()) out += ".";
  return out + toml_key(key_);
}

void Cursor::complain(Position at, std::string text) const {
  if (node_->broken) return;
  findings_->problems.push_back({findings_->file, at.line, at.column, path(), std::move(text)});
}

}  // namespace segue::conf

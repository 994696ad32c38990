// Who did something, as events tell it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "admin/control.h"

namespace segue::app {

using Facts = std::vector<std::pair<std::string, std::string>>;

inline std::string who(const admin::Author& author) {
  return author.name.empty() ? "uid " + std::to_string(author.uid) : author.name;
}

/// `facts` and by whom and why.
inline Facts with_author(Facts facts, const admin::Author& author) {
  facts.emplace_back("by", who(author));
  if (!author.reason.empty()) facts.emplace_back("reason", author.reason);
  return facts;
}

}  // namespace segue::app

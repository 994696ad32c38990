// A place in the document while it is being read: a value, the way to it, and where to complain.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "conf/node.h"
#include "lib/base/problem.h"

namespace segue::conf {

/// All problems of one file.
struct Findings {
  std::string file;
  Problems problems;
};

/// Borrows the node, the findings and the cursor of the table or list around it, all of which
/// outlive it. The path is only written out when there is something to complain about.
class Cursor {
 public:
  Cursor(const Node& root, Findings& findings) : node_(&root), findings_(&findings) {}

  const Node& node() const noexcept { return *node_; }

  Cursor member(const Member& member) const&;
  Cursor item(std::size_t index) const&;
  std::optional<Cursor> find(std::string_view key) const&;  ///< the member `key`, if there is one
  Cursor member(const Member&) const&& = delete;            // would outlive the cursor it points to
  Cursor item(std::size_t) const&& = delete;
  std::optional<Cursor> find(std::string_view) const&& = delete;

  const Problems& problems() const noexcept { return findings_->problems; }  ///< so far
  std::string path() const;  ///< "routes[2].split.new"; "" at the root

  /// Adds a problem at this value, or at `at`; none for a value that is broken (node.h).
  void complain(std::string text) const { complain(node_->at, std::move(text)); }
  void complain(Position at, std::string text) const;

 private:
  const Node* node_;
  Findings* findings_;
  const Cursor* around_ = nullptr;  // null at the root
  std::string_view key_;            // in a table
  std::size_t index_ = 0;           // in a list
};

}  // namespace segue::conf

// A TOML document as our own values, in the order of the file and with positions.
//
// The parser library sorts tables by key and its headers are heavy; behind reader.cc nobody sees
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"

namespace segue::conf {

struct Member;

/// One value. Only the field that `kind` names means something.
struct Node {
  enum class Kind : std::uint8_t { kString, kInteger, kFloat, kBoolean, kDate, kList, kTable };
  Kind kind = Kind::kTable;
  Position at;  ///< of the value; of its header for a [table]
  std::string text;
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  bool broken = false;  ///< was complained about already: nothing more is said about it
  std::vector<Node> items;
  std::vector<Member> members;

  bool is(Kind wanted) const noexcept { return kind == wanted; }
  const Member* find(std::string_view key) const noexcept;  ///< of a table; null when absent
};

/// `key = value` in a table.
struct Member {
  std::string key;
  Position at;  ///< of the key
  Node value;
};

}  // namespace segue::conf

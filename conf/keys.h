// The table of a section's keys: one row per key, from which it is parsed, printed, described to
// editors and documented.
//
// A row names the field it fills, so a section cannot read one key and print another. The default
// in the documentation is what a default-constructed section prints.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "conf/cursor.h"
#include "conf/shape.h"
#include "conf/values.h"

namespace segue::conf {

/// A key of the section that fills an S.
template <typename S>
struct Key {
  std::string_view name;
  Shape shape;
  std::string_view doc;  ///< one line, in Markdown
  void (*read)(const Cursor&, const Shape&, S&);
  std::string (*print)(const Shape&,
                       const S&);  ///< TOML or "" for absent; null: printed as a table of its own
  bool required = false;
  std::string_view default_words =
      {};               ///< for the documentation, where the plain default is not the truth
  bool secret = false;  ///< redacted() hides it, and no complaint quotes it
};

template <typename>
struct MemberOf;
template <typename S, typename T>
struct MemberOf<T S::*> {
  using Section = S;
};

/// The row of a key that fills the field `Member` and needs nothing special.
template <auto Member>
constexpr auto key(std::string_view name, Shape shape, std::string_view doc) {
  using S = typename MemberOf<decltype(Member)>::Section;
  return Key<S>{
      name, shape, doc,
      [](const Cursor& at, const Shape& s, S& section) { read_value(at, s, section.*Member); },
      [](const Shape& s, const S& section) { return print_value(s, section.*Member); }};
}

template <typename S>
constexpr Key<S> required(Key<S> row) {
  row.required = true;
  return row;
}
template <typename S>
constexpr Key<S> secret(Key<S> row) {
  row.secret = true;
  return row;
}
template <typename S>
constexpr Key<S> defaults_to(std::string_view words, Key<S> row) {
  row.default_words = words;
  return row;
}

/// Says that `key` is not one of `known`, with the nearest or with all of them.
void complain_unknown(const Cursor& at, const Member& key, std::span<const std::string_view> known);

/// Complains and returns false when `at` is not a table.
bool expect_table(const Cursor& at);

/// Fills `out` from the table at `at`: every key once, unknown and missing ones are problems.
template <typename S>
void read_section(const Cursor& at, std::type_identity_t<std::span<const Key<S>>> keys, S& out) {
  if (!expect_table(at)) return;
  for (const Member& member : at.node().members) {
    const Key<S>* found = nullptr;
    for (const Key<S>& row : keys)
      if (row.name == member.key) found = &row;
    if (found != nullptr) {
      found->read(at.member(member), found->shape, out);
      continue;
    }
    std::vector<std::string_view> known;
    for (const Key<S>& row : keys) known.push_back(row.name);
    complain_unknown(at, member, known);
  }
  for (const Key<S>& row : keys)
    if (row.required && at.node().find(row.name) == nullptr)
      at.complain("no " + std::string(row.name) + ", expected " + expectation(row.shape));
}

/// One "name = value" line per key that has a value.
template <typename S>
void print_section(std::string& out, std::type_identity_t<std::span<const Key<S>>> keys,
                   const S& section) {
  for (const Key<S>& row : keys) {
    const std::string value = row.print == nullptr ? "" : row.print(row.shape, section);
    if (!value.empty()) out += std::string(row.name) + " = " + value + "\n";
  }
}

/// The same as an inline table: "{ name = value, … }".
template <typename S>
std::string print_inline(std::type_identity_t<std::span<const Key<S>>> keys, const S& section) {
  std::string out;
  for (const Key<S>& row : keys) {
    const std::string value = row.print == nullptr ? "" : row.print(row.shape, section);
    if (!value.empty()) out += (out.empty() ? "{ " : ", ") + std::string(row.name) + " = " + value;
  }
  return out.empty() ? "{}" : out + " }";
}

/// What the schema and the documentation say about a key.
struct KeyInfo {
  std::string_view name;
  Shape shape;
  std::string_view doc;
  bool required = false;
  std::string default_value;  ///< TOML; "" when there is none
  std::string_view default_words;
  bool secret = false;
};

struct SectionInfo {
  std::string_view id;      ///< name in the schema's $defs: "pool"
  std::string_view header;  ///< how it is written: "[pools.NAME]"
  std::string_view doc;     ///< a paragraph in Markdown
  std::vector<KeyInfo> keys;
};

template <typename S>
SectionInfo describe(std::string_view id, std::string_view header, std::string_view doc,
                     std::type_identity_t<std::span<const Key<S>>> keys, const S& defaults) {
  SectionInfo info{id, header, doc, {}};
  for (const Key<S>& row : keys) {
    std::string value;
    if (row.print != nullptr && !row.required && row.default_words.empty())
      value = row.print(row.shape, defaults);
    info.keys.push_back(
        {row.name, row.shape, row.doc, row.required, value, row.default_words, row.secret});
  }
  return info;
}

}  // namespace segue::conf

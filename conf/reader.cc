// Turns the TOML library's tree into ours: file order instead of sorted keys, positions everywhere.
#include "conf/reader.h"

#ifndef TOML_EXCEPTIONS
#define TOML_EXCEPTIONS 0
#endif
#ifndef TOML_HEADER_ONLY
#define TOML_HEADER_ONLY 1
#endif
#include <algorithm>
#include <utility>

// Some of the library's assertions are about the text it reads ("[%a]" is enough), and with NDEBUG
// they become promises to the compiler. Without them the code behind reports an error, so we want
// neither.
#define TOML_ASSERT(expression) static_assert(true)
#pragma push_macro("NDEBUG")
#undef NDEBUG
#include <toml++/toml.h>
#pragma pop_macro("NDEBUG")

#include "conf/stray.h"

namespace segue::conf {
namespace {

Position position(const toml::source_region& region) {
  return {static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

bool before(const Member& a, const Member& b) {
  return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
}

// The library bounds nesting (TOML_MAX_NESTED_VALUES, 256), and with it this recursion.
Node convert(const toml::node& from) {
  Node to;
  to.at = position(from.source());
  if (const toml::table* table = from.as_table()) {
    to.kind = Node::Kind::kTable;
    to.members.reserve(table->size());
    for (const auto& [key, value] : *table)
      to.members.push_back({std::string(key.str()), position(key.source()), convert(value)});
    std::ranges::stable_sort(to.members, before);
  } else if (const toml::array* array = from.as_array()) {
    to.kind = Node::Kind::kList;
    to.items.reserve(array->size());
    for (const toml::node& item : *array) to.items.push_back(convert(item));
  } else if (const auto* text = from.as_string()) {
    to.kind = Node::Kind::kString;
    to.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    to.kind = Node::Kind::kInteger;
    to.integer = integer->get();
  } else if (const auto* real = from.as_floating_point()) {
    to.kind = Node::Kind::kFloat;
    to.real = real->get();
  } else if (const auto* boolean = from.as_boolean()) {
    to.kind = Node::Kind::kBoolean;
    to.boolean = boolean->get();
  } else {
    to.kind = Node::Kind::kDate;
  }
  return to;
}

// "Error while parsing key-value pair: cannot redefine …" -> "cannot redefine …".
std::string_view without_preamble(std::string_view text) {
  constexpr std::string_view kPreamble = "Error while parsing ";
  if (!text.starts_with(kPreamble)) return text;
  const std::size_t colon = text.find(": ");
  return colon == std::string_view::npos ? text : text.substr(colon + 2);
}

// Parts of a dotted key. The library bounds the nesting of values but not of keys, and recurses.
constexpr int kKeyPartsMax = 128;

/// The first line with so many dots outside quotes that it must be such a key, from 1; 0 for none.
int line_with_deep_key(std::string_view text) {
  int line = 1, dots = 0;
  char quote = '\0';
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      dots = 0;
      quote = '\0';
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '.' && ++dots >= kKeyPartsMax) {
      return line;
    }
  }
  return 0;
}

}  // namespace

const Member* Node::find(std::string_view key) const noexcept {
  for (const Member& member : members)
    if (member.key == key) return &member;
  return nullptr;
}

Result<Node, Problem> read_toml(std::string_view text, const std::string& file) {
  if (const auto stray = find_stray(text))
    return fail(
        Problem{file, stray->line, stray->column, "",
                "not TOML: a character beyond ASCII outside strings and comments; put it in "
                "quotes"});
  if (const int line = line_with_deep_key(text); line > 0)
    return fail(Problem{file, line, 1, "",
                        "not TOML: a key of more than " + std::to_string(kKeyPartsMax) + " parts"});
  const toml::parse_result result = toml::parse(text);
  if (result) return convert(result.table());
  const Position at = position(result.error().source());
  return fail(Problem{file, at.line, at.column, "",
                      "not TOML: " + std::string(without_preamble(result.error().description()))});
}

}  // namespace segue::conf

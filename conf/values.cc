// One value at a time: type, range, and a message that says what is and what should be.
#include "conf/values.h"

#include <algorithm>
#include <set>

#include "conf/suggest.h"
#include "conf/text.h"
#include "conf/units.h"

namespace segue::conf {
namespace {

using Kind = Node::Kind;

void refuse(const Cursor& at, const Shape& shape) {
  at.complain(shown(at.node()) + ", expected " + expectation(shape));
}

// A whole number in the shape's range: of bytes for a size, else as it stands.
std::optional<std::uint64_t> read_whole(const Cursor& at, const Shape& shape) {
  const Node& node = at.node();
  std::optional<std::uint64_t> number;
  if (node.is(Kind::kInteger) && node.integer >= 0)
    number = static_cast<std::uint64_t>(node.integer);
  if (node.is(Kind::kString) && shape.kind == Shape::Kind::kSize) number = parse_size(node.text);
  if (number && *number >= shape.low && *number <= shape.high) return number;
  refuse(at, shape);
  return std::nullopt;
}

bool passes(const Cursor& at, const Shape& shape) {
  const std::string& text = at.node().text;
  if (text.empty() && shape.kind == Shape::Kind::kText) {
    if (!shape.may_be_empty) at.complain("\"\", expected a string that is not empty");
    return shape.may_be_empty;
  }
  const std::string wrong = shape.check == nullptr ? "" : shape.check(text);
  if (!wrong.empty()) at.complain(quoted(text) + wrong);
  return wrong.empty();
}

}  // namespace

void read_value(const Cursor& at, const Shape& shape, bool& out) {
  if (!at.node().is(Kind::kBoolean)) return refuse(at, shape);
  out = at.node().boolean;
}

void read_value(const Cursor& at, const Shape& shape, std::uint32_t& out) {
  if (const auto number = read_whole(at, shape)) out = static_cast<std::uint32_t>(*number);
}

void read_value(const Cursor& at, const Shape& shape, std::uint64_t& out) {
  if (const auto number = read_whole(at, shape)) out = *number;
}

void read_value(const Cursor& at, const Shape& shape, double& out) {
  const Node& node = at.node();
  std::optional<double> number;
  if (node.is(Kind::kFloat)) number = node.real;
  if (node.is(Kind::kInteger)) number = static_cast<double>(node.integer);
  if (node.is(Kind::kString)) number = parse_percent(node.text);
  // NaN passes neither comparison.
  if (!number || !(*number >= shape.ratio_low && *number <= shape.ratio_high))
    return refuse(at, shape);
  out = *number;
}

void read_value(const Cursor& at, const Shape& shape, std::chrono::milliseconds& out) {
  const Node& node = at.node();
  if (node.is(Kind::kInteger)) {
    const std::string number = std::to_string(node.integer);
    return at.complain(number + " has no unit, expected " + expectation(shape) +
                       "; did you mean \"" + number + "s\"?");
  }
  const auto duration = node.is(Kind::kString) ? parse_duration(node.text) : std::nullopt;
  if (!duration) return refuse(at, shape);
  const auto ms = static_cast<std::uint64_t>(duration->count());
  if (ms < shape.low || ms > shape.high) return refuse(at, shape);
  out = *duration;
}

void read_value(const Cursor& at, const Shape& shape,
                std::optional<std::chrono::milliseconds>& out) {
  std::chrono::milliseconds value{-1};  // no duration is negative
  read_value(at, shape, value);
  if (value.count() >= 0) out = value;
}

void read_value(const Cursor& at, const Shape& shape, std::string& out) {
  if (shape.kind == Shape::Kind::kWord) {
    if (const auto index = read_word(at, shape)) out = shape.words[*index];
    return;
  }
  if (!at.node().is(Kind::kString)) return refuse(at, shape);
  if (passes(at, shape)) out = at.node().text;
}

void read_value(const Cursor& at, const Shape& shape, std::vector<std::string>& out) {
  if (!at.node().is(Kind::kList)) return refuse(at, shape);
  const std::size_t count = at.node().items.size();
  if (count == 0 && !shape.may_be_empty)
    return at.complain("an empty list, expected at least one string");
  std::vector<std::string> values;
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < count; ++i) {
    const Cursor item = at.item(i);
    if (!item.node().is(Kind::kString)) {
      item.complain(shown(item.node()) + ", expected a string");
    } else if (!seen.insert(item.node().text).second) {
      item.complain(quoted(item.node().text) + " stands here twice");
    } else if (passes(item, shape)) {
      values.push_back(item.node().text);
    }
  }
  out = std::move(values);
}

std::optional<std::size_t> read_word(const Cursor& at, const Shape& shape) {
  if (!at.node().is(Kind::kString)) {
    refuse(at, shape);
    return std::nullopt;
  }
  const auto found = std::ranges::find(shape.words, at.node().text);
  if (found != shape.words.end()) return static_cast<std::size_t>(found - shape.words.begin());
  at.complain(quoted(at.node().text) + ", expected " + expectation(shape) +
              did_you_mean(at.node().text, shape.words));
  return std::nullopt;
}

std::string print_value(const Shape&, bool value) {
  return value ? "true" : "false";
}

std::string print_value(const Shape& shape, std::uint32_t value) {
  return print_value(shape, std::uint64_t{value});
}

std::string print_value(const Shape& shape, std::uint64_t value) {
  if (shape.kind != Shape::Kind::kSize) return std::to_string(value);
  const std::string size = print_size(value);
  return size == std::to_string(value) ? size : toml_string(size);
}

std::string print_value(const Shape&, double value) {
  return toml_float(value);
}

std::string print_value(const Shape&, std::chrono::milliseconds value) {
  return toml_string(print_duration(value));
}

std::string print_value(const Shape& shape, const std::optional<std::chrono::milliseconds>& value) {
  return value ? print_value(shape, *value) : "";
}

std::string print_value(const Shape& shape, const std::string& value) {
  return value.empty() && !shape.may_be_empty ? "" : toml_string(value);
}

std::string print_value(const Shape& shape, const std::vector<std::string>& value) {
  if (value.empty() && !shape.may_be_empty) return "";
  std::vector<std::string> strings;
  strings.reserve(value.size());
  for (const std::string& item : value) strings.push_back(toml_string(item));
  return print_list(strings);
}

std::string print_list(const std::vector<std::string>& values) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ", ";
    out += values[i];
  }
  return out + "]";
}

}  // namespace segue::conf

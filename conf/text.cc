// Strings, keys and floats as TOML text; values as words for messages.
#include "conf/text.h"

#include <array>
#include <charconv>

namespace segue::conf {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string escaped_variables(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "${") out += '$';
    out += text[i];
  }
  return out;
}

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\t') {
    out += "\\t";
  } else if (c == '\r') {
    out += "\\r";
  } else if (is_control(c)) {
    const auto byte = static_cast<unsigned char>(c);
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 0xf];
  } else {
    out += c;
  }
}

std::string basic_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) append_escaped(out, c);
  return out + "\"";
}

// In the quotes that need fewer backslashes.
std::string any_string(std::string_view text) {
  bool literal = text.find_first_of("\\\"") != std::string_view::npos;
  for (const char c : text) literal = literal && c != '\'' && !is_control(c);
  return literal ? "'" + std::string(text) + "'" : basic_string(text);
}

}  // namespace

std::string toml_string(std::string_view text) {
  return any_string(escaped_variables(text));
}

std::string toml_key(std::string_view key) {
  bool bare = !key.empty();
  for (const char c : key) bare = bare && is_bare(c);
  return bare ? std::string(key) : basic_string(key);
}

std::string toml_float(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  std::string out(buffer.data(), end);
  if (out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

std::string quoted(std::string_view text) {
  if (text.size() <= kQuoteMax) return any_string(text);
  std::size_t cut = kQuoteMax;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80)
    --cut;  // not within UTF-8
  std::string out = any_string(text.substr(0, cut));
  out.insert(out.size() - 1, "…");
  return out;
}

std::string shown(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kString: return quoted(node.text);
    case Node::Kind::kInteger: return std::to_string(node.integer);
    case Node::Kind::kFloat: return toml_float(node.real);
    case Node::Kind::kBoolean: return node.boolean ? "true" : "false";
    case Node::Kind::kDate: return "a date";
    case Node::Kind::kList: return "a list";
    case Node::Kind::kTable: return "a table";
  }
  return "";
}

}  // namespace segue::conf

// Conditions are few per rule and checked one by one.
#include "routing/match.h"

#include <algorithm>
#include <cstdint>

#include "lib/base/check.h"
#include "lib/http/field.h"
#include "lib/http/target.h"

namespace segue::routing {
namespace {

constexpr std::string_view kPresent = "*";

bool has_field(const http::Head& head, std::string_view name, std::string_view value) noexcept {
  for (const http::Field& field : head.fields) {
    if (http::same_name(field.name, name) && (value == kPresent || field.value == value)) {
      return true;
    }
  }
  return false;
}

/// May stand raw in a path (RFC 3986 §3.3), '%' and '/' included.
constexpr bool is_pchar(char c) noexcept {
  return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7f &&
         std::string_view("\"#<>?\\^`{|}").find(c) == std::string_view::npos;
}

bool has_parameter(const http::Head& head, std::string_view name, std::string_view value) noexcept {
  bool found = false;
  http::for_each_parameter(head.query, [&](std::string_view key, std::string_view raw) {
    found = http::same_decoded(key, name) && (value == kPresent || http::same_decoded(raw, value));
    return !found;
  });
  return found;
}

}  // namespace

Conditions::Conditions(const conf::Match& match)
    : methods_(match.methods), headers_(match.headers), query_(match.query) {}

bool Conditions::hold(const http::Head& head) const noexcept {
  if (!methods_.empty() &&
      std::find(methods_.begin(), methods_.end(), head.method) == methods_.end()) {
    return false;
  }
  for (const auto& [name, value] : headers_) {
    if (!has_field(head, name, value)) return false;
  }
  for (const auto& [name, value] : query_) {
    if (!has_parameter(head, name, value)) return false;
  }
  return true;
}

Rank::Rank(const conf::Match& match) : conditions_few(SIZE_MAX - Conditions(match).count()) {
  if (match.host.starts_with("*.")) {
    host = Host::kWildcard;
    host_short = SIZE_MAX - match.host.size();
  } else if (!match.host.empty()) {
    host = Host::kExact;
  }
  if (!match.path.empty()) {
    path = Path::kExact;
  } else if (!match.path_prefix.empty()) {
    path = Path::kPrefix;
    path_short = SIZE_MAX - without_slashes(normal_path(match.path_prefix)).size();
  } else if (!match.path_regex.empty()) {
    path = Path::kRegex;
  }
}

std::string escape_path(std::string_view path, Hex digits) {
  const std::string_view hex = digits == Hex::kUpper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_pchar(c)) {
      out += c;
    } else {
      out += {'%', hex[byte / 16], hex[byte % 16]};
    }
  }
  return out;
}

std::string normal_path(std::string_view path) {
  const std::string escaped = escape_path(path, Hex::kUpper);
  std::string scratch(escaped.size(), '\0');
  std::string_view normal;
  const bool fits = http::normalise(escaped, scratch, normal);
  SEGUE_CHECK(fits, "the scratch has the path's size");
  return std::string(normal);
}

std::string describe(const conf::Match& match) {
  std::string out;
  const auto add = [&out](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  if (!match.host.empty()) {
    add("host " + match.host + (match.host.starts_with("*.") ? " wildcard" : " exact"));
  }
  if (!match.path.empty()) {
    add("path " + match.path + " exact");
  } else if (!match.path_prefix.empty()) {
    add("path prefix " + match.path_prefix);
  } else if (!match.path_regex.empty()) {
    add("path regex " + match.path_regex);
  }
  if (!match.methods.empty()) {
    std::string methods = "method";
    for (const std::string& method : match.methods) {
      methods += (method == match.methods.front() ? " " : " or ") + method;
    }
    add(methods);
  }
  for (const auto& [name, value] : match.headers) {
    add("header " + name + (value == kPresent ? " present" : ": " + value));
  }
  for (const auto& [name, value] : match.query) {
    add("query " + name + (value == kPresent ? " present" : "=" + value));
  }
  return out.empty() ? "everything" : out;
}

}  // namespace segue::routing

// Field names and values: what a name means, what a list holds, which cookie was sent. No
// allocation.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "lib/http/message.h"

namespace segue::http {

/// ASCII lower case of one character; other bytes unchanged.
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

namespace detail {
constexpr std::array<bool, 256> make_tchars() noexcept {
  std::array<bool, 256> is{};
  for (const char c : std::string_view(
           "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    is[static_cast<unsigned char>(c)] = true;
  }
  return is;
}
inline constexpr std::array<bool, 256> kTchars = make_tchars();
}  // namespace detail

/// RFC 9110 §5.6.2: the characters of tokens, and so of methods and field names.
constexpr bool is_tchar(char c) noexcept {
  return detail::kTchars[static_cast<unsigned char>(c)];
}
bool is_token(std::string_view text) noexcept;  ///< one tchar or more

/// Equal but for ASCII case (RFC 9110 §5.1).
bool same_name(std::string_view a, std::string_view b) noexcept;

/// What `name` means to the proxy; kOther for most. Runs for every field of every head: a switch
/// over the length, then at most three comparisons.
FieldId field_id(std::string_view name) noexcept;

/// Without the spaces and tabs around it (RFC 9110 §5.6.3, OWS).
constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `visit(element)` for every element of a comma-separated list, without the whitespace
/// around it; empty elements are skipped (RFC 9110 §5.6.1.2). When `visit` returns a bool, false
/// ends the walk. For lists of tokens: a comma within a quoted string would divide it too.
template <typename Visit>
constexpr void for_each_token(std::string_view value, Visit&& visit) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view element = trim(value.substr(0, comma));
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
    if (element.empty()) continue;
    if constexpr (std::is_same_v<decltype(visit(element)), bool>) {
      if (!visit(element)) return;
    } else {
      visit(element);
    }
  }
}

/// Whether the list `value` has `token` as an element, in any case. An element with parameters
/// ("trailers;q=1") is another element.
bool has_token(std::string_view value, std::string_view token) noexcept;

/// The value of the first cookie `name` (names are case-sensitive) over all Cookie fields, which
/// HTTP/2 splits and HTTP/1.1 clients sometimes repeat. As sent: quotes belong to the value (RFC
/// 6265 §4.1.1, §5.4). Fields are recognised by their id. A view into the field.
std::optional<std::string_view> find_cookie(std::span<const Field> fields,
                                            std::string_view name) noexcept;

}  // namespace segue::http

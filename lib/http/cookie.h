// The cookies of a Cookie field, one by one (RFC 6265 §4.2.1). No allocation.
#pragma once

#include <string_view>
#include <type_traits>

#include "lib/http/field.h"

namespace segue::http {

/// One cookie as it was sent, without the whitespace around it and its parts.
struct Cookie {
  std::string_view pair;   ///< "NAME=VALUE"
  std::string_view name;   ///< case-sensitive; empty where there is no '='
  std::string_view value;  ///< quotes belong to it
};

/// Calls `visit(cookie)` for every cookie of one field's value, in order; what is empty is skipped.
/// When `visit` returns a bool, false ends the walk.
template <typename Visit>
constexpr void for_each_cookie(std::string_view field, Visit&& visit) {
  while (!field.empty()) {
    const std::size_t end = field.find(';');
    const std::string_view pair = trim(field.substr(0, end));
    field = end == std::string_view::npos ? std::string_view() : field.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const Cookie cookie =
        equals == std::string_view::npos
            ? Cookie{pair, {}, pair}
            : Cookie{pair, trim(pair.substr(0, equals)), trim(pair.substr(equals + 1))};
    if constexpr (std::is_same_v<decltype(visit(cookie)), bool>) {
      if (!visit(cookie)) return;
    } else {
      visit(cookie);
    }
  }
}

}  // namespace segue::http

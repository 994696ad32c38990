// Finds characters that TOML allows in strings and comments alone, before the TOML library meets
// them.
//
// toml++ 3.3.0 has undefined behaviour for most letters beyond ASCII where it looks for white space
// (is_non_ascii_horizontal_whitespace reaches TOML_UNREACHABLE for U+00A1…U+0499), so that a key
// such as grüße would be read somehow. With them found first it never looks.
#pragma once

#include <optional>
#include <string_view>

#include "conf/config.h"

namespace segue::conf {

/// Where the first byte beyond ASCII stands outside strings and comments (a byte-order mark at the
/// beginning aside), or none. TOML 1.0, "Keys" and "Spec": bare keys and white space are ASCII.
/// After a string without its end on the line, which is no TOML anyway, reading goes on at the next
/// line.
std::optional<Position> find_stray(std::string_view text);

}  // namespace segue::conf

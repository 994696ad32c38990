// Writing TOML values, and quoting what a person wrote back to them.
#pragma once

#include <string>
#include <string_view>

#include "conf/node.h"

namespace segue::conf {

/// `text` as a TOML string that parse() reads back as `text`: "${" is escaped too. A literal string
/// ('…') where that saves backslashes.
std::string toml_string(std::string_view text);

/// `key` as a TOML key: bare where TOML allows, else quoted.
std::string toml_key(std::string_view key);

/// The shortest TOML float that reads back as `number`.
std::string toml_float(double number);

/// `text` in quotes for a message, cut after kQuoteMax bytes.
std::string quoted(std::string_view text);
inline constexpr std::size_t kQuoteMax = 80;

/// What a value is, for a message: "\"abc\"", "5", "true", "a table", "a list".
std::string shown(const Node& node);

}  // namespace segue::conf

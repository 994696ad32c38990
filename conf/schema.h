// The configuration as a JSON Schema, for editors that complete and check TOML.
#pragma once

#include <string>

namespace segue::conf {

/// JSON Schema, draft 2020-12, from the same tables that parse. It is a little more permissive than
/// parse(): references between sections and the syntax of addresses are not in it.
std::string schema();

/// docs/configuration.md: every section with its keys, from the same tables.
std::string reference();

}  // namespace segue::conf

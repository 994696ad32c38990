// TOML text -> Node. The only door to the TOML library.
#pragma once

#include <string>
#include <string_view>

#include "conf/node.h"
#include "lib/base/problem.h"
#include "lib/base/result.h"

namespace segue::conf {

/// Parses a whole document. TOML goes no further than its first mistake, so there is one Problem;
/// it has position and text, and `file` as given.
Result<Node, Problem> read_toml(std::string_view text, const std::string& file);

}  // namespace segue::conf

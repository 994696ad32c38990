// ${NAME} in strings: values from the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "conf/cursor.h"
#include "conf/node.h"

namespace segue::conf {

/// The value of a variable, or none when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's environment.
Environment process_environment();

/// Replaces every ${NAME} in every string value below `root`; keys stay. "$${" stands for "${".
/// What was put in is not expanded again. Variables that are not set, and names that are none, are
/// problems.
void expand(Node& root, const Environment& environment, Findings& findings);

}  // namespace segue::conf

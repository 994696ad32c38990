// Problems of a configuration, for people and for programs.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "lib/base/problem.h"

namespace segue::app {

/// One line each on console.err, then how many there are.
void show(const Problems& problems, const std::string& file, Console& console);

/// [{"file": …, "line": …, "column": …, "path": …, "text": …}, …]
nlohmann::ordered_json to_json(const Problems& problems);

}  // namespace segue::app

// A Config as TOML in canonical form: every key with its value, defaults included.
#pragma once

#include <string>

#include "conf/config.h"

namespace segue::conf {

/// parse(print(config)) equals `config` for every Config that parse() gave. Keys whose absence is
/// their meaning ("matches any host") are left out.
std::string print(const Config& config);

}  // namespace segue::conf

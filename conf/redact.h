// What may be shown of a configuration: all but the values of keys that are marked secret (keys.h).
#pragma once

#include <string_view>

#include "conf/config.h"

namespace segue::conf {

/// Stands where a secret was. Names stay: that a check sends Authorization is no secret.
inline constexpr std::string_view kHidden = "(hidden)";

/// `config` with kHidden for every secret. Everything that prints a Config for people prints this;
/// tests/conf/redact_test.cc has a case for every key that is marked secret.
Config redacted(Config config);

}  // namespace segue::conf

// What signs sessions where nobody configured a secret.
#pragma once

#include <string>

namespace segue::app {

/// A new one: 128 bits from the kernel, as text. Ends the process where there are none to be had.
std::string fresh_session_secret();

}  // namespace segue::app

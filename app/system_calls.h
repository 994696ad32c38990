// The system calls that a serving segue makes; the kernel refuses all others (docs/adr/0014).
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace segue::app {

/// What happens to a call that is not on the list.
enum class Unlisted : std::uint8_t {
  kRefused,  ///< ENOSYS; and the end of the process for those that only an intruder makes
  kLogged,   ///< permitted, and a line in the kernel's audit log: to try the list out
};

/// Installs the filter on every thread there is; those that follow inherit it. There is no way
/// back. Needs no_new_privs or root. Errors: a sentence with what to do.
Status<std::string> filter_system_calls(Unlisted unlisted);

}  // namespace segue::app

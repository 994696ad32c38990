// Who is at the other end of a UNIX socket.
#pragma once

#include <cstdint>
#include <string>

#include "admin/control.h"

namespace segue::admin {

/// The user who connected, from SO_PEERCRED; stranger() when the kernel does not say.
Author author_of(int fd);

/// Who comes through TCP: nobody in particular.
Author stranger();

/// The name of `uid` in /etc/passwd, else "uid 1234". Never asks a directory service, which could
/// take long.
std::string user_name(std::uint32_t uid);

}  // namespace segue::admin

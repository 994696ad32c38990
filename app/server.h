// The composition root: every object of the running process, constructed and joined in order.
#pragma once

#include <memory>
#include <string>

#include "conf/config.h"

namespace segue::app {

/// Runs until SIGTERM or SIGINT has drained it (a second one ends it at once). SIGHUP reloads,
/// SIGUSR1 reopens log files. Confines itself as [process] says. Returns the process's exit status:
/// 0 after a drain, 1 when it could not start (with the reason on standard error).
int serve(std::shared_ptr<const conf::Config> config);

}  // namespace segue::app

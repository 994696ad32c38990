// `segue ctl`: the admin API for people.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace segue::admin {

/// What the process ends with.
enum ExitCode : int {
  kExitDone = 0,
  kExitFailed = 1,   ///< segue cannot be reached, or could not do it
  kExitRefused = 2,  ///< what was asked for makes no sense; nothing was changed
  kExitWaiting = 3,  ///< asked for, but not known to be served everywhere yet
};

/// Runs one command. `argv[0]` is not looked at; `argv[1]` is the verb ("status") or an option.
/// Writes to standard output and standard error, in colour when they are terminals and NO_COLOR is
/// not set.
int ctl_main(int argc, char** argv);

/// The same without a process around it. `arguments` begin with the verb.
struct CtlEnvironment {
  std::ostream& out;
  std::ostream& err;
  std::string socket;  ///< SEGUE_SOCKET; "" for the default
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  bool no_colour = false;  ///< NO_COLOR is set, or TERM is "dumb"
};
int ctl_run(const std::vector<std::string>& arguments, const CtlEnvironment& environment);

inline constexpr const char* kDefaultSocket = "/run/segue/admin.sock";

}  // namespace segue::admin

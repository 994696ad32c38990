// prctl(2) and setrlimit(2), once each; the filter is in system_calls.cc.
#include "app/confinement.h"

#include <cerrno>
#include <cstring>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/system_calls.h"
#include "telemetry/log.h"

namespace segue::app {
namespace {

using conf::Process;
using telemetry::log::Level;

std::string filter_word(const Process& process) {
  if (kSanitized) return "off";
  switch (process.seccomp) {
    case Process::Seccomp::kOff: return "off";
    case Process::Seccomp::kOn: return "on";
    case Process::Seccomp::kLog: return "log";
  }
  return "off";
}

}  // namespace

Status<std::string> refuse_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) return Done{};
  return fail(std::string("cannot refuse new privileges: ") + std::strerror(errno) +
              "; segue needs Linux 5.4 or newer");
}

Status<std::string> keep_memory_private(const Process& process) {
  const bool open = process.core_dumps || kSanitized;
  const rlimit none{0, 0};
  if (!open && setrlimit(RLIMIT_CORE, &none) != 0)
    return fail(std::string("cannot forbid core files: ") + std::strerror(errno));
  if (prctl(PR_SET_DUMPABLE, open ? 1 : 0, 0, 0, 0) != 0)
    return fail(std::string("cannot keep the memory private: ") + std::strerror(errno));
  return Done{};
}

Status<std::string> give_up_system_calls(const Process& process) {
  if (kSanitized || process.seccomp == Process::Seccomp::kOff) return Done{};
  return filter_system_calls(process.seccomp == Process::Seccomp::kLog ? Unlisted::kLogged
                                                                       : Unlisted::kRefused);
}

void announce_confinement(const Process& process) {
  telemetry::log::event(Level::kInfo, "process.confined",
                        {{"uid", std::to_string(geteuid())},
                         {"gid", std::to_string(getegid())},
                         {"no_new_privs", "on"},
                         {"seccomp", filter_word(process)},
                         {"core_dumps", process.core_dumps || kSanitized ? "on" : "off"}});
  if (kSanitized)
    telemetry::log::event(Level::kInfo, "process.not_confined",
                          {{"reason",
                            "a sanitizer build needs system calls and ptrace of its own; "
                            "[process] seccomp and core_dumps have no effect"}});
}

}  // namespace segue::app

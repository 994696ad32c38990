// Child processes of the demonstration: they end with it, however it ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

namespace segue::app {

/// A running child, of this same program. Destroying it ends it: SIGTERM, then SIGKILL after
/// kPatience. Should the demonstration itself be killed, the kernel ends the child.
class DemoProcess {
 public:
  static constexpr int kPatienceMs = 3000;

  /// Runs this program with `arguments`. `log` takes its standard error; standard output goes to
  /// the pipe that first_line() reads. Null when there is no process or memory left for it.
  static std::unique_ptr<DemoProcess> start(const std::vector<std::string>& arguments,
                                            const std::string& log);
  ~DemoProcess();
  DemoProcess(const DemoProcess&) = delete;
  DemoProcess& operator=(const DemoProcess&) = delete;

  /// The first line of its output, without the line end; "" when it ended without one.
  std::string first_line();
  bool alive();
  void kill_now();  ///< SIGKILL, and waits for its end
  pid_t pid() const noexcept { return pid_; }

 private:
  DemoProcess(pid_t pid, int output) : pid_(pid), output_(output) {}
  pid_t pid_;
  int output_;
  bool ended_ = false;
};

}  // namespace segue::app

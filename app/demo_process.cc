#include "app/demo_process.h"

#include <cerrno>
#include <csignal>
#include <ctime>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace segue::app {
namespace {

constexpr int kStepMs = 10;
constexpr mode_t kLogMode = 0600;

void wait_a_step() {
  const timespec step{0, kStepMs * 1'000'000};
  nanosleep(&step, nullptr);
}

// Between fork and exec: only what a signal handler might call.
[[noreturn]] void become(char* const* arguments, pid_t parent, int output, const char* log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it ended before the kernel knew
  setpgid(0, 0);  // Ctrl-C is for the demonstration; it ends its children itself
  dup2(output, STDOUT_FILENO);
  const int errors = open(log, O_WRONLY | O_APPEND | O_CREAT, kLogMode);
  if (errors >= 0) dup2(errors, STDERR_FILENO);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  execv("/proc/self/exe", arguments);
  _exit(127);
}

}  // namespace

std::unique_ptr<DemoProcess> DemoProcess::start(const std::vector<std::string>& arguments,
                                                const std::string& log) {
  std::string program = "segue";
  std::vector<char*> pointers{program.data()};
  std::vector<std::string> copies = arguments;
  for (std::string& argument : copies) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return nullptr;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child == 0) become(pointers.data(), parent, ends[1], log.c_str());
  close(ends[1]);
  if (child < 0) {
    close(ends[0]);
    return nullptr;
  }
  return std::unique_ptr<DemoProcess>(new DemoProcess(child, ends[0]));
}

DemoProcess::~DemoProcess() {
  if (alive()) {
    kill(pid_, SIGTERM);
    for (int waited = 0; waited < kPatienceMs && alive(); waited += kStepMs) wait_a_step();
  }
  kill_now();
  close(output_);
}

std::string DemoProcess::first_line() {
  std::string line;
  for (char c = 0; c != '\n';) {
    const ssize_t got = read(output_, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return "";
    if (c != '\n') line.push_back(c);
  }
  return line;
}

bool DemoProcess::alive() {
  if (!ended_ && waitpid(pid_, nullptr, WNOHANG) != 0) ended_ = true;
  return !ended_;
}

void DemoProcess::kill_now() {
  if (!alive()) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
}

}  // namespace segue::app

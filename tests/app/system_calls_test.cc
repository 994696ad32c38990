// The filter, in a child process each: what is listed works, what is not does not.
// labels: plain
#include "app/system_calls.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/backups.h"
#include "app/confinement.h"
#include "app/state_store.h"

namespace segue::app {
namespace {

constexpr int kWentOn = 7;  // the call was refused, or did what it does, and the process went on

/// The wait status of a child that installs the filter and runs `attempt`, which says whether all
/// was as it should be.
int status_of(Unlisted unlisted, bool (*attempt)()) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);  // doctest would report a failure that is none
    if (!refuse_new_privileges() || !filter_system_calls(unlisted)) _exit(1);
    _exit(attempt() ? kWentOn : 2);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

bool goes_on(bool (*attempt)(), Unlisted unlisted = Unlisted::kRefused) {
  const int status = status_of(unlisted, attempt);
  return WIFEXITED(status) && WEXITSTATUS(status) == kWentOn;
}

bool is_killed(bool (*attempt)()) {
  const int status = status_of(Unlisted::kRefused, attempt);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

bool refused(long result) {
  return result == -1 && errno == ENOSYS;
}

// doctest's suite decorator skips where a filter cannot be.
TEST_SUITE("app/system_calls") {
  TEST_CASE("running a program, tracing and becoming somebody else end the process") {
    CHECK(is_killed([] {
      char name[] = "/bin/true";
      char* arguments[] = {name, nullptr};
      return execv(name, arguments) == 0;
    }));
    CHECK(is_killed([] { return syscall(SYS_ptrace, 0, 0, 0, 0) == 0; }));
    CHECK(is_killed([] { return setuid(0) == 0; }));
    CHECK(is_killed([] { return syscall(SYS_bpf, 0, nullptr, 0) == 0; }));
    CHECK(is_killed([] { return syscall(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr) == 0; }));
    CHECK(is_killed([] { return syscall(SYS_unshare, 0) == 0; }));
#ifdef SYS_fork
    CHECK(is_killed([] { return syscall(SYS_fork) == 0; }));
#endif
  }

  TEST_CASE("what is not listed is not there, and the process goes on") {
    CHECK(goes_on([] { return refused(syscall(SYS_clone3, nullptr, 0)); }));
    CHECK(goes_on([] { return refused(syscall(SYS_io_uring_setup, 1, nullptr)); }));
    CHECK(goes_on([] { return refused(syscall(SYS_sethostname, "a", 1)); }));
    CHECK(goes_on([] { return refused(fork()); }));
    CHECK(goes_on([] { return refused(syscall(SYS_kill, getppid(), 0)); }));
    CHECK(goes_on([] { return refused(socket(AF_PACKET, SOCK_RAW, 0)); }));
    CHECK(goes_on([] { return refused(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER)); }));
    CHECK(goes_on([] { return refused(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)); }));
    CHECK(goes_on([] {
      const rlimit limit{64, 64};
      return refused(setrlimit(RLIMIT_NOFILE, &limit));
    }));
  }

  TEST_CASE("memory is never writable and executable, nor one after the other") {
    CHECK(goes_on([] {
      return mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                  -1, 0) == MAP_FAILED;
    }));
    CHECK(goes_on([] {
      void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0 &&
             mprotect(page, 4096, PROT_READ) == 0;
    }));
  }

  TEST_CASE("threads, names and the resolver work") {
    CHECK(goes_on([] {
      bool ran = false;
      std::thread([&ran] { ran = prctl(PR_SET_NAME, "test", 0, 0, 0) == 0; }).join();
      return ran;
    }));
    CHECK(goes_on([] {
      addrinfo* found = nullptr;
      const bool ok = getaddrinfo("localhost", nullptr, nullptr, &found) == 0;
      if (ok) freeaddrinfo(found);
      return ok;
    }));
    CHECK(goes_on([] {  // whatever the answer, asking is permitted
      addrinfo* found = nullptr;
      const int error = getaddrinfo("name.invalid", nullptr, nullptr, &found);
      return error != EAI_SYSTEM || errno != ENOSYS;
    }));
  }

  TEST_CASE("what TLS, certificates that change, a state database and a take-over need is there") {
    CHECK(goes_on([] {  // fails for want of a connection, not of permission
      const int fd = socket(AF_INET, SOCK_STREAM, 0);
      return setsockopt(fd, SOL_TCP, TCP_ULP, "tls", 3) == 0 || errno != ENOSYS;
    }));
    CHECK(goes_on([] {
      const int fd = inotify_init1(IN_CLOEXEC);
      return inotify_add_watch(fd, "/", IN_CREATE) >= 0;
    }));
    CHECK(goes_on([] {
      char name[] = "/tmp/segue-filter-XXXXXX";
      const int fd = mkstemp(name);
      struct flock lock {};
      lock.l_type = F_WRLCK;
      const bool done = fcntl(fd, F_SETLK, &lock) == 0 && pwrite(fd, "abc", 3, 0) == 3 &&
                        ftruncate(fd, 4096) == 0 && fdatasync(fd) == 0 && fsync(fd) == 0 &&
                        mmap(nullptr, 4096, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED;
      const std::string other = std::string(name) + "2";
      return done && std::rename(name, other.c_str()) == 0 && unlink(other.c_str()) == 0;
    }));
    CHECK(goes_on([] {
      int ends[2], pipes[2];
      // Made before would be the same: the filter looks at the call, not at the descriptor.
      if (pipe2(pipes, O_CLOEXEC) != 0 || pipe2(ends, O_CLOEXEC) != 0) return false;
      return write(pipes[1], "x", 1) == 1 &&
             splice(pipes[0], nullptr, ends[1], nullptr, 1, SPLICE_F_NONBLOCK) == 1;
    }));
    CHECK(goes_on([] {  // SCM_RIGHTS over a socket nobody is at the other end of
      const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
      char control[CMSG_SPACE(sizeof(int))] = {};
      msghdr message{};
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(sizeof(int));
      return sendmsg(fd, &message, 0) == -1 && errno != ENOSYS;
    }));
  }

  TEST_CASE("abort still leaves by SIGABRT") {
    const int status = status_of(Unlisted::kRefused, []() -> bool { std::abort(); });
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
  }

  TEST_CASE("\"log\" permits what it reports") {
    CHECK(goes_on([] { return syscall(SYS_unshare, 0) == 0; }, Unlisted::kLogged));
  }

  TEST_CASE("changes can be kept, copied and read again") {
    CHECK(goes_on([] {
      std::string dir = "/tmp/segue-XXXXXX";
      if (::mkdtemp(dir.data()) == nullptr) return false;
      const auto keeps = [&] {
        auto state = StateStore::open(dir + "/state");
        if (!state || state->problem()) return false;
        Revision revision;
        revision.runtime = std::string(100'000, 'x');
        for (int i = 0; i < 100; ++i) {
          revision.runtime[static_cast<std::size_t>(i) * 500] = 'y';
          if (!state->append(revision, 10)) return false;
        }
        const std::string copy = dir + "/" + backup_name(1'700'000'000'000);
        while (true) {
          const auto done = state->continue_backup(copy);
          if (!done) return false;
          if (*done) break;
        }
        return remove_old_backups({dir, 1}).ok();
      };
      const bool kept = keeps();
      const auto again = StateStore::open(dir + "/state");  // after the journal was merged
      const bool all = kept && again.ok() && !again->problem();
      std::filesystem::remove_all(dir);
      return all;
    }));
  }
}

}  // namespace
}  // namespace segue::app

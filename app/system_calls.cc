// The list, by purpose, and libseccomp around it.
#include "app/system_calls.h"

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <type_traits>

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

namespace segue::app {
namespace {

// Whatever their arguments. Where a purpose lists old and new names of a call, it is for the C
// library's choice: it differs by version and architecture.
// clang-format off
constexpr const char* kAllowed[] = {
    // bytes
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "close",
    "lseek", "dup", "dup3", "fcntl", "pipe2", "splice",
    // sockets: proxying, the resolver, kernel TLS (setsockopt), descriptors handed over (sendmsg)
    "bind", "listen", "accept", "accept4", "connect", "getsockname", "getpeername", "sendto",
    "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "setsockopt",
    "getsockopt",
    // waiting
    "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd2", "poll",
    "ppoll", "select", "pselect6", "nanosleep", "clock_nanosleep", "restart_syscall",
    // files: configuration, logs, certificates, sockets, the state database with its journal
    "openat", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access",
    "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "getdents64", "mkdir", "mkdirat",
    "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "chmod", "fchmod", "fchmodat",
    "fchmodat2", "umask", "truncate", "ftruncate", "fallocate", "fadvise64", "fsync", "fdatasync",
    "flock", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
    // memory; mmap and mprotect are below
    "brk", "munmap", "mremap", "madvise", "msync", "mlock", "munlock",
    // threads; clone is below
    "futex", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "membarrier", "gettid",
    "exit", "exit_group",
    // signals
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
    "sigaltstack",
    // clocks and chance
    "clock_gettime", "clock_getres", "gettimeofday", "time", "getrandom",
    // who and where am I
    "getpid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
    "getgroups", "capget", "uname", "sysinfo", "getrusage", "getcpu", "times",
};
// clang-format on

// Calls that nothing in segue or its libraries makes, and that whoever broke in makes first. An
// answer would only let them try the next.
constexpr const char* kDeadly[] = {
    "execve",      "execveat",    "ptrace",       "process_vm_readv",
    "fork",        "vfork",       "kexec_load",   "process_vm_writev",
    "bpf",         "init_module", "finit_module", "delete_module",
    "mount",       "umount2",     "pivot_root",   "chroot",
    "unshare",     "setns",       "userfaultfd",  "perf_event_open",
    "setuid",      "setgid",      "setreuid",     "setregid",
    "setresuid",   "setresgid",   "setgroups",    "capset",
    "keyctl",      "add_key",     "request_key",  "kexec_file_load",
    "move_mount",  "open_tree",   "fsopen",       "open_by_handle_at",
    "pidfd_getfd", "reboot",
};

struct Release {
  void operator()(void* filter) const noexcept { seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, Release>;

// Collects the first error, so that the list reads like one.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

  void add(std::uint32_t action, const char* name, std::initializer_list<scmp_arg_cmp> when = {}) {
    const int number = seccomp_syscall_resolve_name(name);
    // Below 0: this architecture or this libseccomp does not have it.
    if (number < 0 || error_ != 0) return;
    error_ = seccomp_rule_add_array(filter_, action, number, static_cast<unsigned>(when.size()),
                                    when.begin());
  }
  void allow(const char* name, std::initializer_list<scmp_arg_cmp> when = {}) {
    add(SCMP_ACT_ALLOW, name, when);
  }
  int error() const noexcept { return error_; }

 private:
  scmp_filter_ctx filter_;
  int error_ = 0;
};

constexpr scmp_arg_cmp is(unsigned argument, scmp_datum_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
constexpr scmp_arg_cmp masked(unsigned argument, scmp_datum_t mask, scmp_datum_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

void allow_sockets(Rules& rules) {
  for (const int family : {AF_UNIX, AF_INET, AF_INET6})
    rules.allow("socket", {is(0, static_cast<scmp_datum_t>(family))});
  rules.allow("socket", {is(0, AF_NETLINK), is(2, 0)});  // getaddrinfo(3) asks for our addresses
  for (const unsigned long request : {FIONBIO, FIONREAD, FIOCLEX, TCGETS})
    rules.allow("ioctl", {is(1, request)});
}

// Memory is writable or executable, never both and never one after the other. getaddrinfo(3) maps
// libraries of its own, so pages of files may be executable.
void allow_memory(Rules& rules) {
  rules.allow("mmap", {masked(2, PROT_EXEC, 0)});
  rules.allow("mmap", {masked(2, PROT_WRITE, 0)});
#ifdef __aarch64__
  rules.allow("mprotect", {masked(2, PROT_WRITE, 0)});  // the loader marks landing pads (BTI)
#endif
  rules.allow("mprotect", {masked(2, PROT_EXEC, 0)});
}

// Threads of this process. The flags of clone3 are in memory, where a filter cannot look: it gets
// ENOSYS like all that is not listed, and the C library falls back to clone.
void allow_threads(Rules& rules) {
  constexpr scmp_datum_t kThread = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
  constexpr scmp_datum_t kNamespaces = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                       CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  rules.allow("clone", {masked(0, kThread | kNamespaces, kThread)});
  rules.allow("prctl", {is(0, PR_SET_NAME)});
  rules.allow("prctl", {is(0, PR_SET_VMA)});  // newer C libraries name their memory
  // abort(3) and signals between our threads.
  rules.allow("tgkill", {is(0, static_cast<scmp_datum_t>(getpid()))});
  // Reading a limit of ours, not setting one.
  rules.allow("prlimit64", {is(0, 0), is(2, 0)});
}

}  // namespace

Status<std::string> filter_system_calls(Unlisted unlisted) {
  const auto failed = [](const char* what, int error) {
    return fail(std::string("cannot install the system-call filter (") + what +
                "): " + std::strerror(-error) +
                "; the kernel needs CONFIG_SECCOMP_FILTER, or set [process] seccomp = false");
  };
  const bool refuse = unlisted == Unlisted::kRefused;
  const Filter filter(seccomp_init(refuse ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_LOG));
  if (filter == nullptr) return failed("seccomp_init", -ENOMEM);
  Rules rules(filter.get());
  for (const char* name : kAllowed) rules.allow(name);
  allow_sockets(rules);
  allow_memory(rules);
  allow_threads(rules);
  if (refuse)
    for (const char* name : kDeadly) rules.add(SCMP_ACT_KILL_PROCESS, name);
  if (rules.error() != 0) return failed("seccomp_rule_add", rules.error());

  // Another architecture's calls have other numbers: only an intruder uses them.
  int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH,
                               refuse ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_LOG);
  if (error == 0) error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  if (error != 0) return failed("seccomp_attr_set", error);
  // What is refused shows in the audit log. A tree instead of a list: older kernels than 5.11
  // run the filter for every call. Both are extras.
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_LOG, 1);
  seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  error = seccomp_load(filter.get());
  return error == 0 ? Status<std::string>(Done{}) : failed("seccomp_load", error);
}

}  // namespace segue::app

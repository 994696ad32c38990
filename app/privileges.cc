// setuid(2) and its neighbours: what they forget to say is asked afterwards.
#include "app/privileges.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace segue::app {
namespace {

constexpr std::size_t kAccountBytes = 64 * 1024;  // one entry of the user database, members and all
constexpr std::uint16_t kPrivilegedPortsDefault = 1024;

std::string why(int error = errno) {
  return std::strerror(error);
}

Result<Account, std::string> missing(const char* what, const std::string& name, int error) {
  const std::string key = std::string("[process] ") + what + " \"" + name + "\": ";
  if (error != 0) return fail(key + "cannot be looked up: " + why(error));
  return fail(key + "there is no such " + what + " on this machine; make it or name another");
}

struct Capabilities {
  __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3] = {};
  bool has(int capability) const noexcept {
    return (words[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
  }
};

bool read_capabilities(Capabilities& out) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capget, &header, out.words) == 0;
}

bool write_capabilities(const Capabilities& wanted) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, wanted.words) == 0;
}

// What the process could gain by running a file. Not everybody who may change users may do this
// (CAP_SETPCAP), and without new privileges it has no effect: tried, not required.
void empty_bounding_set() {
  for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

bool no_capability_left() {
  Capabilities have;
  if (!read_capabilities(have)) return false;
  for (const auto& word : have.words)
    if (word.effective != 0 || word.permitted != 0 || word.inheritable != 0) return false;
  return true;
}

}  // namespace

Result<std::optional<Account>, std::string> Account::of(const conf::Config& config) {
  const conf::Process& process = config.process;
  const std::string allowed = "say --allow-root (or [process] allow_root = true) if it must be";
  if (process.user.empty()) {
    if (geteuid() != 0 || process.allow_root) return std::optional<Account>();
    return fail("refusing to run as root without being told: set [process] user in " + config.file +
                ", which it becomes once its ports are bound, start it as another user, or " +
                allowed);
  }
  std::vector<char> buffer(kAccountBytes);
  passwd entry{}, *found = nullptr;
  int error = getpwnam_r(process.user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return fail(missing("user", process.user, error).error());
  Account account(process.user, found->pw_uid, found->pw_gid);
  if (!process.group.empty()) {
    group facts{}, *group = nullptr;
    error = getgrnam_r(process.group.c_str(), &facts, buffer.data(), buffer.size(), &group);
    if (group == nullptr) return fail(missing("group", process.group, error).error());
    account.gid_ = group->gr_gid;
  }
  if (account.uid_ == 0) {
    if (!process.allow_root)
      return fail("[process] user \"" + process.user + "\" is root: name another, or " + allowed);
    return std::optional<Account>();
  }
  if (geteuid() == account.uid_ && getegid() == account.gid_) return std::optional<Account>();
  if (geteuid() != 0)
    return fail("uid " + std::to_string(geteuid()) + " cannot become [process] user \"" +
                process.user + "\": start segue as root, as that user, or take the key out");
  return std::optional<Account>(std::move(account));
}

Status<std::string> Account::own_socket(const std::string& path) const {
  const auto failed = [&](const std::string& reason) {
    return fail("cannot give " + path + " to user " + user_ + ": " + reason);
  };
  const int fd = ::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return failed(why());
  struct stat info {};
  Status<std::string> result = Done{};
  if (::fstat(fd, &info) != 0)
    result = failed(why());
  else if (!S_ISSOCK(info.st_mode) || info.st_uid != geteuid())
    result = failed("somebody put something else in its place");
  else if (::fchownat(fd, "", uid_, gid_, AT_EMPTY_PATH) != 0)
    result = failed(why());
  ::close(fd);
  return result;
}

Status<std::string> Account::make_folder_of(const std::string& path, mode_t mode) const {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash == 0) return Done{};
  const std::string folder = path.substr(0, slash);
  if (::mkdir(folder.c_str(), mode) != 0) {
    if (errno == EEXIST) return Done{};
    return fail("cannot make the folder " + folder + ": " + why());
  }
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const bool owned = fd >= 0 && ::fchown(fd, uid_, gid_) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (owned) return Done{};
  return fail("cannot give the folder " + folder + " to user " + user_ + ": " + why(error));
}

Status<std::string> Account::become() const {
  const auto failed = [&](const char* what) {
    return fail("cannot become user " + user_ + ": " + what + ": " + why());
  };
  // The order matters: after setresuid() nothing before it is permitted any more.
  empty_bounding_set();
  if (initgroups(user_.c_str(), gid_) != 0) return failed("initgroups");
  if (setresgid(gid_, gid_, gid_) != 0) return failed("setresgid");
  if (setresuid(uid_, uid_, uid_) != 0) return failed("setresuid");
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  write_capabilities({});  // setresuid() leaves the inheritable ones

  uid_t real = 0, effective = 0, saved = 0;
  gid_t real_group = 0, effective_group = 0, saved_group = 0;
  const bool is = getresuid(&real, &effective, &saved) == 0 && real == uid_ && effective == uid_ &&
                  saved == uid_ && getresgid(&real_group, &effective_group, &saved_group) == 0 &&
                  real_group == gid_ && effective_group == gid_ && saved_group == gid_;
  if (!is || setuid(0) == 0 || (gid_ != 0 && setgid(0) == 0) || !no_capability_left())
    return fail("became user " + user_ + ", but root would still be within reach: not starting");
  return Done{};
}

bool port_is_out_of_reach(std::uint16_t port) {
  if (port == 0) return false;
  unsigned first = kPrivilegedPortsDefault;
  if (std::FILE* file = std::fopen("/proc/sys/net/ipv4/ip_unprivileged_port_start", "re")) {
    if (std::fscanf(file, "%u", &first) != 1)  // NOLINT(cert-err34-c): a number or the default
      first = kPrivilegedPortsDefault;
    std::fclose(file);
  }
  Capabilities have;
  return port < first && read_capabilities(have) && !have.has(CAP_NET_BIND_SERVICE);
}

}  // namespace segue::app

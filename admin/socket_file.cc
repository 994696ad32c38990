// Probing, binding and removing the socket's file. A lock on its folder keeps two starting
// processes from taking the same dead file for their own; the kernel drops it with the process.
#include "admin/socket_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace segue::admin {
namespace {

constexpr int kLockTries = 100;  // × 10 ms: another segue is binding in the same folder right now
constexpr int kLockPauseMs = 10;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::string why() {
  return std::strerror(errno);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool lock(int folder) {
  for (int i = 0; i < kLockTries; ++i) {
    if (flock(folder, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK) return false;
    poll(nullptr, 0, kLockPauseMs);
  }
  return false;
}

// "": nobody listens at `address` and the file may go; else why it must stay.
std::string occupied(const std::string& path, const sockaddr_un& address) {
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (probe.get() < 0) return "cannot make a socket: " + why();
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN) {
    ucred peer{};
    socklen_t length = sizeof peer;
    const bool known =
        getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.pid > 0;
    return path + " is in use: " +
           (known ? "process " + std::to_string(peer.pid) + " listens there"
                  : "another process listens there") +
           "; stop it or set another [admin] socket";
  }
  if (errno == ECONNREFUSED || errno == ENOENT) return "";
  return "cannot tell whether " + path + " is in use: " + why();
}

}  // namespace

Result<SocketFile, std::string> SocketFile::bind(const std::string& path, std::uint32_t mode) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail("the socket path \"" + path + "\" has " + std::to_string(path.size()) +
                " bytes, expected 1…" + std::to_string(sizeof address.sun_path - 1));
  std::memcpy(address.sun_path, path.data(), path.size());

  const std::string folder = folder_of(path);
  if (mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
    return fail("cannot make the folder " + folder + " for the admin socket: " + why() +
                "; make it or set another [admin] socket");
  const Descriptor place(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (place.get() < 0) return fail("cannot open " + folder + ": " + why());
  if (!lock(place.get()))
    return fail("cannot lock " + folder + ": another segue has been starting there for a second");

  struct stat found {};
  if (lstat(path.c_str(), &found) == 0) {
    if (!S_ISSOCK(found.st_mode))
      return fail(path + " exists and is not a socket: move it away or set another [admin] socket");
    if (const std::string reason = occupied(path, address); !reason.empty()) return fail(reason);
    if (unlink(path.c_str()) != 0)
      return fail("cannot remove the dead socket " + path + ": " + why());
  }

  Descriptor fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) return fail("cannot make a socket: " + why());
  // Before bind, so that the file never exists with a wider mode; after it, because umask narrows.
  if (fchmod(fd.get(), mode) != 0) return fail("cannot set the mode of the admin socket: " + why());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return fail("cannot bind " + path + ": " + why());
  if (chmod(path.c_str(), mode) != 0 || lstat(path.c_str(), &found) != 0) {
    const std::string reason = why();
    unlink(path.c_str());
    return fail("cannot set the mode of " + path + ": " + reason);
  }
  SocketFile made;
  made.path_ = path;
  made.fd_ = fd.release();
  made.device_ = found.st_dev;
  made.inode_ = found.st_ino;
  return made;
}

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      device_(other.device_),
      inode_(std::exchange(other.inode_, 0)) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

SocketFile::~SocketFile() {
  if (fd_ >= 0) ::close(fd_);
  if (inode_ == 0) return;
  struct stat found {};
  if (lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_)
    unlink(path_.c_str());
}

int SocketFile::release() noexcept {
  return std::exchange(fd_, -1);
}

}  // namespace segue::admin

// accept4 in bounded batches; when descriptors run out, connections are refused instead of left
// hanging.
#include "lib/net/listener.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/check.h"

namespace segue::net {
namespace {

// Connections accepted per turn of the loop, so that a flood of them cannot starve those that
// exist.
constexpr int kAcceptBatch = 32;

int open_reserve() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace

Result<int, std::string> bind_listener(const SocketAddress& address, int backlog) {
  const auto failed = [&](const char* what, int fd) {
    const std::string cause = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return fail(std::string("cannot ") + what + " " + address.to_string() + ": " + cause);
  };
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("open a socket for", fd);
  const int one = 1;
  if (address.family() == AF_UNIX) {
    // A socket file that nobody listens on is left over from a process that was killed.
    const auto* un = reinterpret_cast<const sockaddr_un*>(address.get());
    struct stat info;
    if (un->sun_path[0] != '\0' && ::lstat(un->sun_path, &info) == 0 && S_ISSOCK(info.st_mode)) {
      const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      const bool alive = probe >= 0 && (::connect(probe, address.get(), address.length()) == 0 ||
                                        errno == EAGAIN);  // its queue is full
      if (probe >= 0) ::close(probe);
      if (!alive) ::unlink(un->sun_path);
    }
  } else {
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0)
      return failed("share", fd);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));  // accepted sockets inherit it
    if (address.family() == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
  }
  if (::bind(fd, address.get(), address.length()) != 0) return failed("bind", fd);
  if (::listen(fd, backlog) != 0) return failed("listen on", fd);
  return fd;
}

SocketAddress bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof(storage);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return {};
  return SocketAddress::from(reinterpret_cast<sockaddr*>(&storage), length);
}

Listener::Listener(Loop& loop, Events& events, int fd)
    : events_(events), reserve_fd_(open_reserve()) {
  auto* core = new Core{{}, fd, this};
  SEGUE_CHECK(uv_poll_init(loop.uv(), &core->poll, fd) == 0, "a listening socket can be polled");
  core->poll.data = core;
  core_.reset(core);
  uv_poll_start(&core_->poll, UV_READABLE, on_poll);
}

Listener::~Listener() {
  if (reserve_fd_ >= 0) ::close(reserve_fd_);
}

void Listener::Close::operator()(Core* core) const noexcept {
  core->owner = nullptr;
  const int fd = core->fd;
  uv_close(reinterpret_cast<uv_handle_t*>(&core->poll),
           [](uv_handle_t* handle) { delete static_cast<Core*>(handle->data); });
  ::close(fd);
}

void Listener::on_poll(uv_poll_t* handle, int, int) noexcept {
  Core* core = static_cast<Core*>(handle->data);
  for (int i = 0; i < kAcceptBatch && core->owner != nullptr; ++i)
    if (!core->owner->accept_one()) return;
}

void Listener::accept_waiting() {
  while (accept_one()) {
  }
}

bool Listener::accept_one() {
  sockaddr_storage peer{};
  socklen_t length = sizeof(peer);
  const int fd = ::accept4(core_->fd, reinterpret_cast<sockaddr*>(&peer), &length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    events_.on_accepted(*this, fd, SocketAddress::from(reinterpret_cast<sockaddr*>(&peer), length));
    return true;
  }
  if (errno == EMFILE || errno == ENFILE) {
    refuse_one();
    return false;
  }
  // The peer left before we came, or a network error of its own: the next one may be fine.
  return errno == ECONNABORTED || errno == EINTR || errno == EPROTO;
}

void Listener::refuse_one() {
  if (reserve_fd_ >= 0) ::close(reserve_fd_);
  const int fd = ::accept4(core_->fd, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd >= 0) ::close(fd);
  reserve_fd_ = open_reserve();
}

}  // namespace segue::net

// Plain sockets for the other end of what is tested: connected pairs over the loopback, and ports.
#pragma once

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/address.h"
#include "lib/net/listener.h"

namespace segue::tests {

/// A descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { close(); }

  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void close() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  /// Closes with RST.
  void reset() noexcept {
    const linger now{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close();
  }

 private:
  int fd_ = -1;
};

/// A listening socket on a free port of 127.0.0.1.
inline Fd listen_somewhere(int backlog = 64) {
  auto fd = net::bind_listener(*SocketAddress::parse("127.0.0.1:0"), backlog);
  REQUIRE(fd.ok());
  return Fd(*fd);
}

inline Fd connect_to(const SocketAddress& address) {
  Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::connect(fd.get(), address.get(), address.length()) == 0);
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return fd;
}

/// Two ends of one TCP connection, both non-blocking.
inline std::pair<Fd, Fd> tcp_pair() {
  const Fd listener = listen_somewhere();
  Fd there = connect_to(net::bound_address(listener.get()));
  const int fd = ::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  REQUIRE(fd >= 0);
  return {Fd(fd), std::move(there)};
}

/// Sends all of `bytes`, which must fit into the kernel's buffers.
inline void send_all(const Fd& fd, std::string_view bytes) {
  REQUIRE(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

/// Appends what can be read now. False at the end of the stream or after an error.
inline bool receive(const Fd& fd, std::string& into) {
  char bytes[65'536];
  for (;;) {
    const ssize_t n = ::recv(fd.get(), bytes, sizeof(bytes), 0);
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    into.append(bytes, static_cast<std::size_t>(n));
  }
}

}  // namespace segue::tests

// Loopback sockets and one epoll set: what the origin and the load generator share below HTTP.
//
// The benchmark programs use nothing of the proxy's own libraries, so that a fault there cannot
// hide itself by being on both sides of a measurement.
#pragma once

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace segue::bench {

/// What errno says, in C's words for everybody: "Connection refused".
inline const char* error_text() {
  const char* text = ::strerrordesc_np(errno);
  return text != nullptr ? text : "unknown error";
}

/// Ends the program with a message that names what failed and errno's text.
[[noreturn]] inline void die(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, error_text());
  std::exit(1);
}

/// Ends the program with a sentence of its own.
[[noreturn]] inline void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// Owns a file descriptor; -1 is none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset() { Fd().swap(*this); }

 private:
  void swap(Fd& other) { std::swap(fd_, other.fd_); }
  int fd_ = -1;
};

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

enum class Reach : std::uint8_t { kOneAddress, kAnyAddress };

/// Listens on 127.0.0.1, or on every address; port 0 picks a free one. Several may share a port.
/// Failure ends the program.
inline Fd listen_on(std::uint16_t port, Reach reach = Reach::kOneAddress) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) die("socket");
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address = loopback(port);
  if (reach == Reach::kAnyAddress) address.sin_addr.s_addr = htonl(INADDR_ANY);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    die("bind");
  }
  if (::listen(fd.get(), SOMAXCONN) != 0) die("listen");
  return fd;
}

inline std::uint16_t port_of(const Fd& fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    die("getsockname");
  }
  return ntohs(address.sin_port);
}

/// Begins to connect to 127.0.0.1. An empty Fd when that failed at once, with errno set.
inline Fd connect_to(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  no_delay(fd.get());
  const sockaddr_in address = loopback(port);
  const int rc = ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (rc != 0 && errno != EINPROGRESS) fd.reset();
  return fd;
}

/// An epoll set whose entries carry a pointer of the caller's. Level-triggered.
class Poller {
 public:
  Poller() : fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!fd_) die("epoll_create1");
  }
  void add(int fd, std::uint32_t events, void* owner) { control(EPOLL_CTL_ADD, fd, events, owner); }
  void change(int fd, std::uint32_t events, void* owner) {
    control(EPOLL_CTL_MOD, fd, events, owner);
  }
  /// Waits at most `timeout_ms` (-1: for ever). The events hold until the next call.
  std::span<const epoll_event> wait(int timeout_ms) {
    const int count =
        ::epoll_wait(fd_.get(), events_.data(), static_cast<int>(events_.size()), timeout_ms);
    return found(count);
  }
  /// The same until a moment, to the nanosecond as far as the kernel can.
  std::span<const epoll_event> wait_until(std::chrono::steady_clock::time_point moment) {
    const auto left = std::chrono::nanoseconds(moment - std::chrono::steady_clock::now()).count();
    timespec timeout{};
    if (left > 0) timeout = {left / 1'000'000'000, left % 1'000'000'000};
    return found(::epoll_pwait2(fd_.get(), events_.data(), static_cast<int>(events_.size()),
                                &timeout, nullptr));
  }

 private:
  std::span<const epoll_event> found(int count) {
    if (count < 0 && errno != EINTR) die("epoll_wait");
    return {events_.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
  }
  void control(int operation, int fd, std::uint32_t events, void* owner) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = owner;
    if (::epoll_ctl(fd_.get(), operation, fd, &event) != 0) die("epoll_ctl");
  }
  Fd fd_;
  std::array<epoll_event, 256> events_{};
};

}  // namespace segue::bench

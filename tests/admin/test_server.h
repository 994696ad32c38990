// A real server on a real UNIX socket in a folder of its own, and clients that speak raw bytes.
// Everything runs in the test's thread: waiting for bytes is turning the server's loop.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "admin/api.h"
#include "admin/json.h"
#include "admin/server.h"
#include "lib/base/address.h"
#include "tests/admin/fake_control.h"
#include "tests/support/temp_dir.h"

namespace segue::admin::test {

class TestLoop {
 public:
  static constexpr int kPatienceMs = 10'000;  // a hang, not a pace

  TestLoop() {
    std::signal(SIGPIPE, SIG_IGN);  // as app does: libuv writes without MSG_NOSIGNAL
    uv_loop_init(&loop_);
  }
  ~TestLoop() {
    uv_run(&loop_, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop_) == 0);  // no handle was left open
  }
  uv_loop_t& get() { return loop_; }

  /// Turns the loop until `done`; false after kPatienceMs.
  bool until(const std::function<bool()>& done, int fd = -1) {
    const Instant end = now() + Millis(kPatienceMs);
    while (true) {
      uv_run(&loop_, UV_RUN_NOWAIT);
      if (done()) return true;
      if (now() >= end) return false;
      pollfd waiting[2] = {{uv_backend_fd(&loop_), POLLIN, 0}, {fd, POLLIN, 0}};
      const int timer = uv_backend_timeout(&loop_);
      ::poll(waiting, fd >= 0 ? 2 : 1, timer < 0 || timer > 20 ? 20 : timer);
    }
  }

 private:
  uv_loop_t loop_;
};

struct RawResponse {
  int status = 0;
  std::string head, body;
  Json json() const { return Json::parse(body, nullptr, false); }
  std::string field(std::string_view name) const {
    const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
    if (at == std::string::npos) return "";
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

class RawClient {
 public:
  RawClient(TestLoop& loop, const std::string& path)
      : loop_(loop), fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  RawClient(TestLoop& loop, const SocketAddress& address)
      : loop_(loop), fd_(::socket(address.family(), SOCK_STREAM, 0)) {
    REQUIRE(::connect(fd_, address.get(), address.length()) == 0);
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { close(); }

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  /// Sends all of it, turning the loop while the socket is full. False when the server has closed.
  bool sends(std::string_view bytes) {
    return loop_.until([&] {
      while (!bytes.empty() && !broken_) {
        const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0)
          bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno == EAGAIN)
          return false;
        else
          broken_ = true;
      }
      return true;
    }) && !broken_;
  }

  /// Turns the loop until `text` has arrived; what came so far stays in `in`.
  bool sees(std::string_view text) {
    return loop_.until(
               [&] {
                 take();
                 return in.find(text) != std::string::npos || ended_;
               },
               fd_) &&
           in.find(text) != std::string::npos;
  }
  bool sees_end() {
    return loop_.until(
        [&] {
          take();
          return ended_;
        },
        fd_);
  }

  /// The next whole response with Content-Length (or without body for `head_only`).
  RawResponse response(bool head_only = false) {
    RawResponse got;
    REQUIRE(sees("\r\n\r\n"));
    const std::size_t end = in.find("\r\n\r\n") + 4;
    got.head = in.substr(0, end - 2);
    REQUIRE(got.head.starts_with("HTTP/1.1 "));
    got.status = std::atoi(got.head.c_str() + 9);
    in.erase(0, end);
    const std::size_t length = head_only || got.field("Content-Length").empty()
                                   ? 0
                                   : std::stoul(got.field("Content-Length"));
    REQUIRE(loop_.until(
        [&] {
          take();
          return in.size() >= length || ended_;
        },
        fd_));
    REQUIRE(in.size() >= length);
    got.body = in.substr(0, length);
    in.erase(0, length);
    return got;
  }

  RawResponse asks(std::string_view method, std::string_view target, std::string_view body = {},
                   std::string_view fields = {}) {
    std::string wire = std::string(method) + " " + std::string(target) +
                       " HTTP/1.1\r\nHost: segue\r\n" + std::string(fields);
    if (!body.empty())
      wire += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n";
    REQUIRE(sends(wire + "\r\n" + std::string(body)));
    return response(method == "HEAD");
  }

  std::string in;

 private:
  void take() {
    char space[65536];
    while (true) {
      const ssize_t count = ::recv(fd_, space, sizeof space, 0);
      if (count > 0) {
        in.append(space, static_cast<std::size_t>(count));
      } else {
        if (count == 0 || errno != EAGAIN) ended_ = true;
        return;
      }
    }
  }

  TestLoop& loop_;
  int fd_;
  bool ended_ = false, broken_ = false;
};

/// Folder, loop, control, API and server, in the order in which they live.
struct TestServer {
  explicit TestServer(Limits limits = {}, bool tcp = false) : api(control, limits) {
    Server::Options options{folder / "admin.sock", 0600, tcp ? "127.0.0.1:0" : "", limits};
    auto started = Server::start(loop.get(), options, api);
    REQUIRE_MESSAGE(started.ok(), (started.ok() ? "" : started.error()));
    server = std::move(*started);
  }
  RawClient client() { return RawClient(loop, folder / "admin.sock"); }
  RawResponse get(std::string_view target) { return client().asks("GET", target); }
  RawResponse put(std::string_view target, std::string_view body, std::string_view fields = {}) {
    return client().asks("PUT", target, body, fields);
  }

  tests::TempDir folder;
  TestLoop loop;
  FakeControl control;
  Api api;
  std::unique_ptr<Server> server;
};

}  // namespace segue::admin::test

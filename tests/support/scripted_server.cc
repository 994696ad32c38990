// Plain system calls on uv_poll_t; a connection ends itself when its script has.
#include "tests/support/scripted_server.h"

#include <algorithm>
#include <cstdlib>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace segue::tests {

struct ScriptedServer::Connection {
  Connection(ScriptedServer& owner, int accepted) : server(&owner), fd(accepted) {
    uv_poll_init(owner.loop_.uv(), &poll, fd);
    poll.data = this;
    uv_poll_start(&poll, UV_READABLE, on_poll);
  }

  static void on_poll(uv_poll_t* handle, int, int events) {
    auto* self = static_cast<Connection*>(handle->data);
    if ((events & UV_READABLE) != 0 && !self->read()) return self->close();
    if (self->replying && !self->write()) self->close();
  }

  /// False when the client is gone.
  bool read() {
    char buffer[16 * 1024];
    const ssize_t got = ::recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
    if (got > 0) request.append(buffer, static_cast<std::size_t>(got));
    if (replying || !complete()) return true;
    replying = true;
    server->requests_.push_back(request);
    reply = server->script_(request);
    uv_poll_start(&poll, UV_READABLE | UV_WRITABLE, on_poll);
    return true;
  }

  bool complete() const {
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t length = request.find("Content-Length: ");
    if (length == std::string::npos || length > end) return true;
    const long body = std::strtol(request.c_str() + length + 16, nullptr, 10);
    return request.size() >= end + 4 + static_cast<std::size_t>(body);
  }

  /// One piece per turn of the loop. False when the connection is to be closed.
  bool write() {
    if (next == reply.pieces.size()) {
      if (reply.then == Reply::Then::kStay) {
        uv_poll_start(&poll, UV_READABLE, on_poll);
        return true;
      }
      const linger hard{1, 0};
      if (reply.then == Reply::Then::kReset) {
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
      }
      return false;
    }
    std::string& piece = reply.pieces[next];
    const ssize_t sent = ::send(fd, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) piece.erase(0, static_cast<std::size_t>(sent));
    if (piece.empty()) ++next;
    return true;
  }

  void close() {
    if (server != nullptr) {
      std::erase(server->connections_alive_, this);
      --server->open_;
    }
    uv_close(reinterpret_cast<uv_handle_t*>(&poll),
             [](uv_handle_t* handle) { delete static_cast<Connection*>(handle->data); });
    ::close(fd);
  }

  ScriptedServer* server;
  uv_poll_t poll{};
  int fd;
  std::string request;
  bool replying = false;
  Reply reply;
  std::size_t next = 0;
};

ScriptedServer::ScriptedServer(net::Loop& loop, Script script)
    : loop_(loop), script_(std::move(script)) {
  address_ = SocketAddress::parse("127.0.0.1:0").value();
  listen();
}

ScriptedServer::ScriptedServer(net::Loop& loop, const std::string& path, Script script)
    : loop_(loop), script_(std::move(script)) {
  address_ = SocketAddress::parse("unix:" + path).value();
  listen();
}

void ScriptedServer::listen() {
  fd_ = ::socket(address_.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  REQUIRE(fd_ >= 0);
  REQUIRE(::bind(fd_, address_.get(), address_.length()) == 0);
  REQUIRE(::listen(fd_, 64) == 0);
  if (address_.family() != AF_UNIX) {
    sockaddr_storage bound{};
    socklen_t length = sizeof(bound);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length) == 0);
    address_ = SocketAddress::from(reinterpret_cast<sockaddr*>(&bound), length);
  }
  poll_ = new uv_poll_t{};
  uv_poll_init(loop_.uv(), poll_, fd_);
  poll_->data = this;
  uv_poll_start(poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    static_cast<ScriptedServer*>(handle->data)->accept();
  });
}

void ScriptedServer::accept() {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  ++connections_;
  ++open_;
  connections_alive_.push_back(new Connection(*this, fd));
}

ScriptedServer::~ScriptedServer() {
  const std::vector<Connection*> alive = std::move(connections_alive_);
  connections_alive_.clear();
  for (Connection* connection : alive) {
    connection->server = nullptr;
    connection->close();
  }
  uv_close(reinterpret_cast<uv_handle_t*>(poll_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
  ::close(fd_);
}

ScriptedServer::Reply ScriptedServer::status(int code, const std::string& body,
                                             const std::string& headers) {
  return {{"HTTP/1.1 " + std::to_string(code) + " X\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body},
          Reply::Then::kClose};
}

SocketAddress refusing_address() {
  // Bound but not listening for as long as the process lives, so nobody else can get the port.
  static const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  static const SocketAddress address = [] {
    const SocketAddress any = SocketAddress::parse("127.0.0.1:0").value();
    REQUIRE(::bind(fd, any.get(), any.length()) == 0);
    sockaddr_storage bound{};
    socklen_t length = sizeof(bound);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &length) == 0);
    return SocketAddress::from(reinterpret_cast<sockaddr*>(&bound), length);
  }();
  return address;
}

}  // namespace segue::tests

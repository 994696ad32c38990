// A server on a free port of the loopback (or a UNIX socket) that reads a request and answers with
// bytes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "lib/base/address.h"
#include "lib/net/loop.h"

namespace segue::tests {

class ScriptedServer {
 public:
  struct Reply {
    std::vector<std::string> pieces;  ///< sent one after the other, a turn of the loop between them
    enum class Then { kClose, kStay, kReset } then = Then::kClose;
  };
  /// Gets everything received once it holds a whole head, and all of the body its Content-Length
  /// says.
  using Script = std::function<Reply(const std::string& request)>;

  ScriptedServer(net::Loop& loop, Script script);
  /// On the UNIX socket `path`; "@name" is abstract.
  ScriptedServer(net::Loop& loop, const std::string& path, Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  const SocketAddress& address() const noexcept { return address_; }
  std::size_t connections() const noexcept { return connections_; }  ///< accepted so far
  std::size_t open() const noexcept { return open_; }                ///< of them not closed yet
  const std::vector<std::string>& requests() const noexcept { return requests_; }
  void script(Script script) { script_ = std::move(script); }

  /// A Reply of 200 with `body`.
  static Reply ok(const std::string& body = "") { return status(200, body); }
  static Reply status(int code, const std::string& body = "", const std::string& headers = "");

 private:
  struct Connection;
  void listen();
  void accept();

  net::Loop& loop_;
  Script script_;
  SocketAddress address_;
  int fd_;
  uv_poll_t* poll_ = nullptr;
  std::vector<Connection*> connections_alive_;
  std::size_t connections_ = 0;
  std::size_t open_ = 0;
  std::vector<std::string> requests_;
};

/// An address of the loopback on which nobody listens.
SocketAddress refusing_address();

}  // namespace segue::tests

// The admin API's listeners: a UNIX socket for everything, and optionally a TCP address that only
// shows metrics and liveness. Runs on the control thread's loop. The process must ignore SIGPIPE,
// as for all of libuv.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <uv.h>

#include "admin/limits.h"
#include "admin/message.h"
#include "admin/session.h"
#include "admin/socket_file.h"
#include "admin/uv_handle.h"
#include "lib/base/result.h"

namespace segue::admin {

class Server final : private Session::Host {
 public:
  struct Options {
    std::string socket;         ///< path; "" for none
    std::uint32_t mode = 0600;  ///< of the socket's file
    std::string listen;         ///< "127.0.0.1:9901"; "" for none; port 0 picks a free one
    Limits limits = {};
  };

  /// `handler` outlives the server. Errors: a sentence that names the address and what to do.
  static Result<std::unique_ptr<Server>, std::string> start(uv_loop_t& loop, Options options,
                                                            Handler& handler);

  /// Stops listening, cuts every connection and removes the socket's file. The loop must run once
  /// more to free what libuv holds.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string& listen_address() const noexcept { return listen_address_; }  ///< as bound
  std::size_t connections() const noexcept { return sessions_.size(); }

 private:
  Server(uv_loop_t& loop, Limits limits, Handler& handler);

  std::string listen_on_socket(const Options& options);  // "" or what is wrong
  std::string listen_on_tcp(const std::string& address);
  void on_connection(uv_stream_t* listener, Door door);
  bool make_room(Door door);
  std::size_t count(Door door) const noexcept;

  Handler& handler() override { return handler_; }
  const Limits& limits() const override { return limits_; }
  void on_session_closed(Session& session) override;

  uv_loop_t& loop_;
  const Limits limits_;
  Handler& handler_;
  std::optional<SocketFile> file_;
  UvHandle socket_, tcp_, tick_;
  std::string listen_address_;
  std::vector<std::shared_ptr<Session>> sessions_;  // oldest first
};

}  // namespace segue::admin

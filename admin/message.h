// A request to the admin API and the ways to answer it, without sockets: what the server hands to
// the API.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "admin/control.h"
#include "lib/base/clock.h"

namespace segue::admin {

using Fields = std::vector<std::pair<std::string, std::string>>;

/// The value of the first field called `name` (any case), or none. The view holds as long as
/// `fields`.
std::optional<std::string_view> find_field(const Fields& fields, std::string_view name) noexcept;

/// Through which listener a request came: the TCP one only shows metrics and liveness.
enum class Door : std::uint8_t { kSocket, kTcp };

struct Request {
  std::string method;  ///< upper case
  std::string target;  ///< as received
  Fields fields;       ///< values without surrounding whitespace
  std::string body;
  int minor = 1;           ///< HTTP/1.minor
  bool keep_alive = true;  ///< the client would send another request on this connection
  bool expects_continue = false;
  Door door = Door::kSocket;
  Author author;  ///< from the socket's peer credentials; a stranger through kTcp
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Fields fields;  ///< besides Content-Type, Content-Length, Date, Cache-Control and Connection
};

/// What a server offers to the answer of one request. Implemented by Session and by tests.
class Turn {
 public:
  virtual ~Turn() = default;
  virtual void send(std::uint64_t turn, Response response) = 0;
  virtual void begin_stream(std::uint64_t turn, Response head, std::string heartbeat,
                            std::function<void()> on_closed) = 0;
  virtual bool write_stream(std::uint64_t turn, std::string_view bytes) = 0;
};

/// A response without an end. Copies mean the same stream; all are harmless after it has ended.
class Stream {
 public:
  Stream(std::weak_ptr<Turn> owner, std::uint64_t turn) : owner_(std::move(owner)), turn_(turn) {}

  /// False when the client is gone or too far behind (Limits::stream_backlog_bytes). Never calls
  /// back.
  bool write(std::string_view bytes) const {
    const auto owner = owner_.lock();
    return owner != nullptr && owner->write_stream(turn_, bytes);
  }

 private:
  std::weak_ptr<Turn> owner_;
  std::uint64_t turn_;
};

/// The way back to one request: send() or stream() exactly once, now or later. Harmless when the
/// client or the server has gone in the meantime.
class Reply {
 public:
  Reply(std::weak_ptr<Turn> owner, std::uint64_t turn) : owner_(std::move(owner)), turn_(turn) {}

  void send(Response response) const {
    if (const auto owner = owner_.lock()) owner->send(turn_, std::move(response));
  }
  /// Sends `head` (its body are the first bytes) and leaves the response open. `heartbeat` is
  /// written every Limits::heartbeat; "" for none. `on_closed` is called once, when the client or
  /// the server ends it.
  Stream stream(Response head, std::string heartbeat, std::function<void()> on_closed) const {
    if (const auto owner = owner_.lock())
      owner->begin_stream(turn_, std::move(head), std::move(heartbeat), std::move(on_closed));
    return Stream(owner_, turn_);
  }

 private:
  std::weak_ptr<Turn> owner_;  // whoever asked may be gone when the answer comes
  std::uint64_t turn_;         // which of the connection's requests this answers
};

/// Who answers requests. Outlives the server.
class Handler {
 public:
  virtual void on_request(Request request, Reply reply) = 0;
  virtual void on_tick(Instant now) = 0;  ///< about once a second
  /// Once, when there is a TCP listener: its address as bound.
  virtual void on_tcp_listening(const std::string& address) = 0;

 protected:
  ~Handler() = default;
};

}  // namespace segue::admin

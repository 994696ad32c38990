// The other end of the admin socket, for `segue ctl`: one request, one answer, one deadline.
// Blocking.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "admin/message.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace segue::admin {

struct ClientError {
  enum class Kind : std::uint8_t {
    kUnreachable,  ///< nothing was sent
    kLate,         ///< the request was sent; no whole answer came in time
    kBroken,       ///< the connection ended, or what came is not HTTP
  } kind = Kind::kUnreachable;
  std::string sentence;  ///< what, where, and what to do
};

struct ClientResponse {
  int status = 0;
  Fields fields;
  std::string body;
};

class Client {
 public:
  static constexpr std::size_t kBodyBytesMax = 64 * 1024 * 1024;

  Client(std::string socket, Millis timeout) : socket_(std::move(socket)), timeout_(timeout) {}

  /// Connects, sends, reads the whole answer. `body` goes as application/json when it is not empty.
  Result<ClientResponse, ClientError> request(std::string_view method, std::string_view target,
                                              std::string_view body = {},
                                              const Fields& fields = {}) const;

  /// Like request(), but hands each line of a 200's body to `on_line` as it comes, without its
  /// "\n", until that returns false or the answer ends. The timeout is that of the head.
  Result<ClientResponse, ClientError> lines(
      std::string_view target, const Fields& fields,
      const std::function<bool(std::string_view)>& on_line) const;

  const std::string& socket() const noexcept { return socket_; }

 private:
  std::string socket_;
  Millis timeout_;
};

}  // namespace segue::admin

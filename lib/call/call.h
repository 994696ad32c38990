// One request out, one bounded answer back, one deadline: for health checks, hooks and the like.
//
// Control path: it may allocate. Bytes go through a net::Transport, so that TLS can stand between
// this and the socket.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/chunk.h"
#include "lib/base/deadlines.h"
#include "lib/call/answer.h"
#include "lib/call/request.h"
#include "lib/net/loop.h"
#include "lib/net/tcp.h"
#include "lib/net/tls.h"

namespace segue::call {

/// Why there is no answer.
struct CallError {
  enum class Kind : std::uint8_t {
    kRefused,  ///< the request cannot be sent as it is
    kConnect,  ///< no connection
    kTls,      ///< no handshake: `sentence` says why
    kTimeout,
    kClosed,     ///< the peer closed or reset before its answer was complete
    kBadAnswer,  ///< what came is not an HTTP answer, or beyond a limit
  } kind = Kind::kConnect;
  std::string sentence;  ///< "connection refused"; nothing of the peer's bytes in it
};

class Call final : private net::TransportEvents, private Deadline::Owner {
 public:
  using Done = std::function<void(Result<Answer, CallError>)>;

  /// Begins. `done` comes exactly once, from the loop and never from inside this call; it may
  /// destroy the Call. Destroying the Call before ends it without `done`. The deadline is kept to
  /// within Deadlines::kTickUs. `loop` and `chunks` outlive the Call.
  Call(net::Loop& loop, ChunkPool& chunks, const Request& request, Done done);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  void on_connected() override;
  void on_readable() override;
  void on_drained() override {}
  void on_failed(Error error) override;
  void on_deadline(Deadline& deadline) override;

  net::Transport& wire() noexcept;
  void step(const AnswerReader::Step& step);
  void fail_later(CallError error);
  void finish(Result<Answer, CallError> result);  // `this` may be gone when it returns

  net::Loop& loop_;
  Done done_;
  const Request::Kind kind_;
  const Millis timeout_;
  std::string wire_;  // the request's bytes
  AnswerReader reader_;
  Instant started_ = now();
  Micros connected_{0};
  std::optional<CallError> error_;  // found before the first turn of the loop
  bool connecting_ = true;
  Deadline deadline_{*this};
  const std::shared_ptr<const net::TlsClient> tls_client_;
  const std::string tls_host_;
  std::unique_ptr<net::Tcp> socket_;  // null once over
  std::unique_ptr<net::Tls> tls_;     // over socket_; null: plain, or not yet
};

}  // namespace segue::call

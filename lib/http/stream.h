// The seam between protocols and the proxy: one request and its response, the same whether HTTP/1.1
// or (later) HTTP/2 carries them. `Stream` is what a connection offers, `StreamEvents` what it
// tells.
#pragma once

#include <cstdint>
#include <span>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/base/splice_pipe.h"
#include "lib/http/message.h"

namespace segue::http {

/// What a connection can do with one message on its way out and the other on its way in.
class Stream {
 public:
  /// 1xx heads may precede the final one. Fields marked hop_by_hop stay behind; `extra` follows the
  /// rest; `body` says how the body that follows is framed for the receiver to know its end.
  virtual void send_head(const Head& head, std::span<const Field> extra, BodyLength body) = 0;
  /// `bytes` may lie in a read buffer: they are gone (sent or copied) when the event at hand is
  /// over.
  virtual void send_body(Bytes bytes) = 0;
  /// As send_body(), all that is in the pipe, which is empty afterwards. Only after takes_pipe().
  virtual void send_piped(SplicePipe& pipe) = 0;
  /// Whether bytes of a body can leave without having been in memory: nothing is queued before them
  /// and nothing has to be done to them.
  virtual bool takes_pipe() const noexcept = 0;
  /// Ends the message; `trailers` only where the framing has room for them.
  virtual void send_end(std::span<const Field> trailers) = 0;

  /// Stops and restarts on_body(). After hold() at most one read still arrives.
  virtual void hold(Hold why) = 0;
  virtual void resume(Hold why) = 0;

 protected:
  ~Stream() = default;
};

/// What a connection tells about the message on its way in, in this order: on_head (requests begin
/// with it; responses may have 1xx heads first), on_body any number of times, on_end. on_failed may
/// come at any time and is the last event. on_full and on_drained speak of the way out.
class StreamEvents {
 public:
  virtual void on_head(Head& head) = 0;
  virtual void on_body(Bytes bytes) = 0;
  /// As on_body(), with bytes that are in the pipe, which is empty afterwards. Only after
  /// takes_pipe().
  virtual void on_piped(SplicePipe& pipe) = 0;
  /// Whether nobody needs to see the bytes of the body that come next.
  virtual bool takes_pipe() const noexcept = 0;
  virtual void on_end(std::span<const Field> trailers) = 0;
  virtual void on_full() = 0;  ///< stop sending until on_drained()
  virtual void on_drained() = 0;
  virtual void on_failed(Error error) = 0;

 protected:
  ~StreamEvents() = default;
};

}  // namespace segue::http

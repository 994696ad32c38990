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

/// What is in the pipe of a body: pieces of one chunk, and behind it perhaps more chunks.
struct Piped {
  std::size_t data = 0;    ///< bytes of the body; what frames them is not counted
  std::size_t first = 0;   ///< of these, bytes before the first frame
  bool joined = false;     ///< there are frames, by join_piped()
  std::uint64_t left = 0;  ///< bytes of the last chunk that have not come yet
};

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
  virtual void send_piped(SplicePipe& pipe, const Piped& what) = 0;
  /// Another chunk, of `bytes`, will follow what is in the pipe. False: there is no room for it.
  virtual bool join_piped(SplicePipe& pipe, std::uint64_t bytes) = 0;
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
  virtual void on_piped(SplicePipe& pipe, const Piped& what) = 0;
  /// As Stream::join_piped().
  virtual bool join_piped(SplicePipe& pipe, std::uint64_t bytes) = 0;
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

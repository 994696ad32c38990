// Reads what has come of a body or a tunnel, into the worker's buffer or past it through the pipe:
// the same for requests and responses.
//
// Of a chunked body the data of one chunk after the other goes into the pipe, and they leave
// together, as one. Whatever is told to the receiver meanwhile lets the pipe go first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "lib/base/gather.h"
#include "lib/http/stream.h"
#include "lib/net/transport.h"
#include "proxy/bulk.h"

namespace segue::proxy {

/// What is in the worker's pipe, if anything, goes to `receiver`; null: nowhere.
inline void pass_pipe(SplicePipe& pipe, http::StreamEvents* receiver) {
  if (pipe.size() == 0) return;
  receiver == nullptr ? pipe.discard() : receiver->on_piped(pipe);
}

/// On the stack for one event. `Connection` makes it a friend and has, beside bulk_, tcp_, tls_,
/// wire_ and worker_:
///   receiver()       who is told of the body; null when nobody is any more
///   left()           bytes that come before the next one that has to be looked at
///   chunk()          size of the chunk at hand, or the last one; 0: there are none
///   is_reading()     whether this event may go on
///   feed(bytes)      bytes that were read
///   skip(bytes)      so many of left() have come and are in the pipe
///   end_if_whole()   where nothing marks the end but the length; true when that was reached
///   on_peer_end(clean)
template <class Connection>
class BodyReader {
 public:
  explicit BodyReader(Connection& connection) noexcept : c_(connection) {}

  void read() {
    bool goes_on = true;
    int pieces = 0;
    for (int reads = 0; reads < Bulk::kReads && pieces < Bulk::kPieces && goes_on; ++reads) {
      const std::size_t bytes = pipes();
      if (bytes > 0) ++pieces;
      goes_on = (bytes > 0 ? pipe_piece(bytes) : read_piece()) && c_.is_reading();
    }
    pass();
  }

 private:
  /// How many bytes go on without being looked at; 0: they are read.
  std::size_t pipes() noexcept {
    const std::size_t bytes = c_.bulk_.pipes(c_.left());
    if (bytes == 0) return 0;
    if (c_.tls_ == nullptr && c_.receiver() != nullptr && c_.receiver()->takes_pipe() &&
        c_.worker_.pipe().ready())
      return bytes;
    c_.bulk_.not_piped();
    return 0;
  }

  /// True: another one is due at once.
  bool read_piece() {
    const std::span<char> space = c_.bulk_.space(c_.worker_.read_buffer(), c_.left(), c_.chunk());
    const net::ReadResult got = c_.wire_->read(space);
    if (!has_bytes(got)) return false;
    c_.feed({space.data(), got.bytes});
    const bool more = c_.bulk_.was_read(got.bytes, space.size(), c_.left());
    // They refer to the buffer that is read into next; a chunk's frame is few enough to be copied.
    return more && got.bytes <= Gather::kCopiedBytes;
  }

  bool pipe_piece(std::size_t bytes) {
    SplicePipe& pipe = c_.worker_.pipe();
    const std::size_t asked = std::min(bytes, Bulk::kPiped - pipe.size());
    const net::ReadResult got = c_.tcp_.read(pipe, asked);
    if (!has_bytes(got)) return false;
    c_.skip(got.bytes);
    const bool more = c_.bulk_.was_piped(got.bytes, asked);
    const bool room = pipe.size() + Bulk::kPipedMin <= Bulk::kPiped;
    if (more && room && c_.chunk() > 0 && c_.left() == 0) return true;
    pass();
    return !c_.end_if_whole() && more;
  }

  /// False: nothing now, or never again.
  bool has_bytes(const net::ReadResult& got) {
    if (got.kind == net::ReadResult::Kind::kBytes) return true;
    if (got.kind == net::ReadResult::Kind::kAgain) return false;
    pass();
    if (c_.receiver() == nullptr) return false;  // that was the end of it
    c_.on_peer_end(got.kind == net::ReadResult::Kind::kEnd);
    return false;
  }

  void pass() { pass_pipe(c_.worker_.pipe(), c_.receiver()); }

  Connection& c_;
};

}  // namespace segue::proxy

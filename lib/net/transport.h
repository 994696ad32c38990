// A byte pipe to a peer: TCP or UNIX socket, TLS over it, or memory in tests.
//
// The reader pulls: on_readable() says that read() has something, and read() puts it where the
// reader wants it (docs/adr/0011). A Transport may be destroyed at any moment, even from inside one
// of its own events; what libuv may still touch lives on until uv_close has called back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/uio.h>

#include "lib/base/bytes.h"
#include "lib/base/error.h"

namespace segue::net {

/// The one listener of a transport.
class TransportEvents {
 public:
  virtual void on_connected() = 0;  ///< after connect(); at most once
  virtual void
  on_readable() = 0;  ///< read() will give bytes, the end or an error; repeats until it was read
  /// After write() said kFull, once at or below Watermarks::low; after shutdown(), once all has
  /// left.
  virtual void on_drained() = 0;
  virtual void on_failed(
      Error error) = 0;  ///< connecting failed, or the peer is gone while nothing was being read

 protected:
  ~TransportEvents() = default;
};

struct ReadResult {
  enum class Kind : std::uint8_t { kBytes, kAgain, kEnd, kFailed } kind = Kind::kAgain;
  std::size_t bytes = 0;  ///< only for kBytes, ≥ 1
};

struct Watermarks {
  std::size_t high = 65'536;  ///< bytes queued at which write() says kFull
  std::size_t low = 16'384;   ///< bytes queued at which on_drained() fires
};

class Transport {
 public:
  virtual ~Transport() = default;

  virtual ReadResult read(std::span<char> space) = 0;

  /// Sends what the kernel takes now and copies only the rest. `pieces` need not outlive the call.
  /// A failure shows in failed() and drops everything queued; what the peer still sent can be read.
  virtual Pressure write(std::span<const iovec> pieces) = 0;

  virtual void read_start() = 0;  ///< on_readable() from now on
  virtual void
  read_stop() = 0;  ///< none any more: the kernel window closes, and pressure travels on
  virtual void shutdown() = 0;  ///< the end of what is sent, after everything queued has left
  /// Closes now, with the end of what is sent where that is possible: no event comes any more.
  virtual void close() = 0;
  virtual void reset_on_close() = 0;  ///< close() says that something is missing: RST

  /// Something is waiting to be read: a byte, the end, an error.
  virtual bool has_input() noexcept = 0;

  virtual bool failed() const noexcept = 0;         ///< a write met a peer that is gone
  virtual std::size_t queued() const noexcept = 0;  ///< bytes the kernel has not taken yet
};

}  // namespace segue::net

// A TCP or UNIX stream socket as a Transport: uv_poll_t for readiness, our own recv and sendmsg.
#pragma once

#include <memory>

#include <uv.h>

#include "lib/base/address.h"
#include "lib/base/chunk.h"
#include "lib/base/splice_pipe.h"
#include "lib/net/loop.h"
#include "lib/net/transport.h"

namespace segue::net {

class Tcp final : public Transport {
 public:
  /// `events` outlives the Tcp. Nothing is open yet.
  Tcp(Loop& loop, ChunkPool& chunks, TransportEvents& events, Watermarks marks);
  ~Tcp() override;  ///< closes the descriptor; what is queued is lost

  /// Takes over a connected, non-blocking descriptor.
  void adopt(int fd);

  /// Begins to connect; on_connected() or on_failed() follows, never from inside this call. False
  /// when it failed at once (no descriptor, no route): `error` says why.
  bool connect(const SocketAddress& address, Error& error);

  /// Who is told from now on; outlives the Tcp.
  void set_events(TransportEvents& events) noexcept { events_ = &events; }

  ReadResult read(std::span<char> space) override;
  Pressure write(std::span<const iovec> pieces) override;
  /// As write(), of pieces that others follow in the same event: they may wait for those, so that
  /// fewer and fuller packets leave.
  Pressure write_more(std::span<const iovec> pieces);

  /// As read(), into a pipe that is ready().
  ReadResult read(SplicePipe& pipe, std::size_t max);
  /// As write(), of `pieces` and then all that is in the pipe, which is empty afterwards.
  Pressure write(std::span<const iovec> pieces, SplicePipe& pipe);
  /// Whether that would leave at once.
  bool takes_pipe() const noexcept { return queue_.empty() && !failed_; }
  void read_start() override;
  void read_stop() override;
  void shutdown() override;
  void close() override;  ///< what is queued is lost
  void reset_on_close() override;
  bool has_input() noexcept override;  ///< one recv with MSG_PEEK
  bool failed() const noexcept override { return failed_; }
  std::size_t queued() const noexcept override { return queue_.size(); }

  /// The errno of a connect() that failed, for people; 0 otherwise.
  int connect_errno() const noexcept { return connect_errno_; }

  int fd() const noexcept { return core_ ? core_->fd : -1; }
  std::uint64_t sent() const noexcept { return sent_; }  ///< bytes the kernel has taken

 private:
  struct Core {
    uv_poll_t poll;
    int fd;
    Tcp* owner;  // null once the Tcp is gone
  };
  struct Close {
    void operator()(Core* core) const noexcept;
  };
  static void on_poll(uv_poll_t* handle, int status, int events) noexcept;
  void open(int fd);
  void update_interest();
  Pressure write(std::span<const iovec> pieces, int flags);
  Pressure pressure();
  void flush();
  void fail_writing() noexcept;

  Loop& loop_;
  TransportEvents* events_;
  ChunkQueue queue_;
  std::unique_ptr<Core, Close> core_;
  Watermarks marks_;
  std::uint64_t sent_ = 0;
  int interest_ = 0;  // what the poll handle waits for now
  bool reading_ = false;
  bool connecting_ = false;
  bool was_full_ = false;
  bool shutdown_wanted_ = false;
  bool failed_ = false;
  int connect_errno_ = 0;
};

}  // namespace segue::net

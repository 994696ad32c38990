// Bytes on their way from one socket to another that never come into our memory: splice(2) through
// a pipe.
//
// One serves a whole worker, because it is empty again when an event is over: what the receiver's
// socket does not take is read back, for its queue.
#pragma once

#include <cstddef>
#include <span>

#include <sys/types.h>

namespace segue {

class SplicePipe {
 public:
  /// What it is asked to hold; the kernel may grant less (/proc/sys/fs/pipe-max-size). Several
  /// times what is put in: it means as many full pages, and a packet's piece takes one as well.
  static constexpr int kBytes = 1 << 20;

  SplicePipe() = default;
  ~SplicePipe() { close(); }
  SplicePipe(const SplicePipe&) = delete;
  SplicePipe& operator=(const SplicePipe&) = delete;

  /// Whether it can be used; it is made at the first call. False for good where the system gives
  /// none.
  bool ready() noexcept;

  /// Takes up to `max` bytes that wait at a non-blocking socket. Their number, 0 at its end, -1
  /// with errno.
  ssize_t fill(int socket, std::size_t max) noexcept;

  /// Adds `bytes`, at most a page of them, behind what it holds. False: there is no room.
  bool put(std::span<const char> bytes) noexcept;

  /// Gives all that it holds to a non-blocking socket. What that took, or -1 with errno. There is
  /// no MSG_NOSIGNAL here: the process ignores SIGPIPE.
  ssize_t pour(int socket) noexcept;

  /// Takes back what was not poured; at most size() bytes. Their number.
  std::size_t read(std::span<char> space) noexcept;

  void discard() noexcept;  ///< what it holds goes nowhere
  std::size_t size() const noexcept { return size_; }

 private:
  void close() noexcept;

  int in_ = -1, out_ = -1;
  std::size_t size_ = 0;
  bool refused_ = false;
};

}  // namespace segue

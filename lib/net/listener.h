// Accepting connections: one listening descriptor on one loop.
#pragma once

#include <memory>
#include <string>

#include <uv.h>

#include "lib/base/address.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"

namespace segue::net {

/// Binds and listens, non-blocking; with SO_REUSEPORT for TCP, so that every worker has its own
/// queue in the kernel and the same port. A port of 0 picks one. Errors: a sentence with address
/// and cause.
Result<int, std::string> bind_listener(const SocketAddress& address, int backlog);
/// The address a descriptor is bound to (with the real port).
SocketAddress bound_address(int fd);

class Listener {
 public:
  class Events {
   public:
    /// A connected, non-blocking descriptor, now the callee's. TCP_NODELAY is set.
    virtual void on_accepted(Listener& listener, int fd, const SocketAddress& peer) = 0;

   protected:
    ~Events() = default;
  };

  /// Takes over `fd`.
  Listener(Loop& loop, Events& events, int fd);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Accepts what already waits in the kernel's queue, which closing would reset.
  void accept_waiting();

 private:
  struct Core {
    uv_poll_t poll;
    int fd;
    Listener* owner;
  };
  struct Close {
    void operator()(Core* core) const noexcept;
  };
  static void on_poll(uv_poll_t* handle, int status, int events) noexcept;
  bool accept_one();
  void refuse_one();

  Events& events_;
  std::unique_ptr<Core, Close> core_;
  int reserve_fd_;  // given up for a moment to refuse a connection when descriptors run out
};

}  // namespace segue::net

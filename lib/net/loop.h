// One event loop: owns the uv_loop_t, the deadlines, and what waits to be destroyed.
//
// An object that ends inside one of its own events is retired: detached now, destroyed before the
// loop polls again, so that nobody up the stack touches freed memory (docs/adr/0005).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <uv.h>

#include "lib/base/clock.h"
#include "lib/base/deadlines.h"
#include "lib/base/intrusive_list.h"

namespace segue::net {

struct TlsBuffers;

/// Base of what can be retired.
class Retired {
 public:
  virtual ~Retired() = default;
};

/// What wants to be called once more in this turn or the next, without an event from outside.
class Soon {
 public:
  virtual void on_soon() = 0;
  Link soon_link;

 protected:
  ~Soon() = default;
};

class Loop {
 public:
  Loop();
  /// Every handle must have been closed by its owner by now; runs until their callbacks are
  /// through.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();   ///< until stop()
  void stop();  ///< this thread only

  uv_loop_t* uv() noexcept { return &uv_; }
  TlsBuffers& tls_buffers();  ///< made by the first who needs them
  Deadlines& deadlines() noexcept { return deadlines_; }

  /// The time at which this turn's events arrived, to a millisecond and without a clock read: for
  /// deadlines. Latencies use now().
  Instant turn() const noexcept { return {uv_now(&uv_) * 1000}; }

  /// Destroys `object` before the next poll.
  void retire(std::unique_ptr<Retired> object) { retired_.push_back(std::move(object)); }
  /// Destroys now what was retired; for owners whose members the retired objects still use.
  void reap();

  /// Calls `soon` once before the next poll; unlinking it takes it back.
  void soon(Soon& soon) {
    if (!soon.soon_link.linked()) soon_.push_back(soon);
  }

  /// Whether all events that the last poll brought have been told, and no more than a few on_soon()
  /// have taken time since: what has ended was heard of.
  bool has_just_looked() const noexcept { return soon_calls_ > 0 && soon_calls_ <= kSoonFew; }

  /// Called when the events of a turn have been told, and again after each round of the on_soon()
  /// that they led to: for what leaves, is posted or recycled for many at once.
  void before_poll(std::function<void()> hook) { before_poll_ = std::move(hook); }

 private:
  static constexpr std::uint32_t kSoonFew = 64;  // well below a millisecond

  static void on_prepare(uv_prepare_t* handle) noexcept;
  static void on_tick(uv_poll_t* handle, int status, int events) noexcept;

  uv_loop_t uv_{};
  uv_prepare_t prepare_{};
  // The wheel's ticks are a descriptor's events: a timer of libuv's would be set and taken back
  // with every wait, which on a virtual machine costs more than the wait.
  int ticks_;
  uv_poll_t tick_{};
  bool ticked_ = false;
  Deadlines deadlines_{now()};
  std::vector<std::unique_ptr<Retired>> retired_, reaping_;
  IntrusiveList<Soon, &Soon::soon_link> soon_;
  std::uint32_t soon_calls_ = 0;  // since the events; 0 while they are told
  std::function<void()> before_poll_;
  std::unique_ptr<TlsBuffers> tls_buffers_;
};

}  // namespace segue::net

// The turn of the loop: deadlines, reap, poll and its events.
#include "lib/net/loop.h"

#include <utility>

#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "lib/net/tls_buffers.h"

namespace segue::net {

Loop::Loop() : ticks_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  SEGUE_CHECK(ticks_ >= 0, "no timer: out of descriptors or memory at start");
  SEGUE_CHECK(uv_loop_init(&uv_) == 0, "no event loop: out of descriptors or memory at start");
  uv_prepare_init(&uv_, &prepare_);
  uv_prepare_start(&prepare_, on_prepare);
  constexpr timespec kTick{0, static_cast<long>(Deadlines::kTickUs) * 1000};
  constexpr itimerspec kTicks{kTick, kTick};
  SEGUE_CHECK(timerfd_settime(ticks_, 0, &kTicks, nullptr) == 0, "a fresh timer can be set");
  SEGUE_CHECK(uv_poll_init(&uv_, &tick_, ticks_) == 0, "a fresh timer can be polled");
  uv_poll_start(&tick_, UV_READABLE, on_tick);
  prepare_.data = tick_.data = this;
}

Loop::~Loop() {
  while (!retired_.empty()) reap();
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
  while (uv_run(&uv_, UV_RUN_DEFAULT) != 0) {
  }
  SEGUE_CHECK(uv_loop_close(&uv_) == 0, "a handle was not closed before its loop");
  ::close(ticks_);
}

TlsBuffers& Loop::tls_buffers() {
  if (tls_buffers_ == nullptr) tls_buffers_ = std::make_unique<TlsBuffers>();
  return *tls_buffers_;
}

void Loop::run() {
  uv_run(&uv_, UV_RUN_DEFAULT);
}
void Loop::stop() {
  uv_stop(&uv_);
}

void Loop::reap() {
  // Destructors may retire more; that is for the next round.
  reaping_.swap(retired_);
  reaping_.clear();
}

void Loop::on_prepare(uv_prepare_t* handle) noexcept {
  auto* loop = static_cast<Loop*>(handle->data);
  // After the events that came with the tick: what has arrived in time is not late.
  if (std::exchange(loop->ticked_, false)) loop->deadlines_.advance(now());
  if (loop->before_poll_) loop->before_poll_();
  while (!loop->soon_.empty()) {
    while (Soon* next = loop->soon_.front()) {
      next->soon_link.unlink();
      ++loop->soon_calls_;
      next->on_soon();
    }
    if (loop->before_poll_) loop->before_poll_();
  }
  loop->soon_calls_ = 0;
  if (!loop->retired_.empty()) loop->reap();
}

void Loop::on_tick(uv_poll_t* handle, int, int) noexcept {
  auto* loop = static_cast<Loop*>(handle->data);
  std::uint64_t ticks = 0;
  (void)!::read(loop->ticks_, &ticks, sizeof(ticks));  // how many says the clock as well
  loop->ticked_ = true;
}

}  // namespace segue::net

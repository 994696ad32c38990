// The turn of the loop: deadlines, reap, poll and its events.
#include "lib/net/loop.h"

#include "lib/base/check.h"
#include "lib/net/tls_buffers.h"

namespace segue::net {

Loop::Loop() {
  SEGUE_CHECK(uv_loop_init(&uv_) == 0, "no event loop: out of descriptors or memory at start");
  uv_prepare_init(&uv_, &prepare_);
  uv_timer_init(&uv_, &timer_);
  prepare_.data = timer_.data = this;
  uv_prepare_start(&prepare_, on_prepare);
  constexpr std::uint64_t kTickMs = Deadlines::kTickUs / 1000;
  uv_timer_start(&timer_, on_timer, kTickMs, kTickMs);
}

Loop::~Loop() {
  while (!retired_.empty()) reap();
  uv_close(reinterpret_cast<uv_handle_t*>(&prepare_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
  while (uv_run(&uv_, UV_RUN_DEFAULT) != 0) {
  }
  SEGUE_CHECK(uv_loop_close(&uv_) == 0, "a handle was not closed before its loop");
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

void Loop::on_timer(uv_timer_t* handle) noexcept {
  auto* loop = static_cast<Loop*>(handle->data);
  loop->deadlines_.advance(now());
}

}  // namespace segue::net

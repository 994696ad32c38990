// Watches the process's resident memory and tells the workers when to give less.
#pragma once

#include <atomic>
#include <cstdint>

#include <uv.h>

#include "lib/net/loop.h"
#include "proxy/worker.h"

namespace segue::app {

/// Resident memory of this process in bytes; 0 when /proc is not there.
std::uint64_t resident_bytes();

/// 92 % of the limit: no keep-alive; 95 %: no accept; 98 %: 503.
proxy::MemoryPressure pressure_at(std::uint64_t resident, std::uint64_t memory_max);

class MemoryWatch {
 public:
  /// Looks every kEvery while `memory_max` is not 0.
  static constexpr std::uint64_t kEveryMs = 250;
  MemoryWatch(net::Loop& loop, std::atomic<proxy::MemoryPressure>& pressure);
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  void set_limit(std::uint64_t memory_max) noexcept { memory_max_ = memory_max; }

 private:
  void look();
  uv_timer_t* timer_;  // freed by its close callback
  std::atomic<proxy::MemoryPressure>& pressure_;
  std::uint64_t memory_max_ = 0;
};

}  // namespace segue::app

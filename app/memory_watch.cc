// Reading /proc/self/statm.
#include "app/memory_watch.h"

#include <cstdio>

#include <malloc.h>
#include <unistd.h>

#include "telemetry/log.h"

namespace segue::app {

std::uint64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long long total = 0, resident = 0;
  const int fields = std::fscanf(file, "%llu %llu", &total, &resident);  // NOLINT(cert-err34-c)
  std::fclose(file);
  return fields == 2 ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

proxy::MemoryPressure pressure_at(std::uint64_t resident, std::uint64_t memory_max) {
  if (memory_max == 0) return proxy::MemoryPressure::kNone;
  const double used = static_cast<double>(resident) / static_cast<double>(memory_max);
  if (used >= 0.98) return proxy::MemoryPressure::kRefuse;
  if (used >= 0.95) return proxy::MemoryPressure::kNoAccept;
  if (used >= 0.92) return proxy::MemoryPressure::kNoKeepAlive;
  return proxy::MemoryPressure::kNone;
}

MemoryWatch::MemoryWatch(net::Loop& loop, std::atomic<proxy::MemoryPressure>& pressure)
    : timer_(new uv_timer_t{}), pressure_(pressure) {
  uv_timer_init(loop.uv(), timer_);
  timer_->data = this;
  uv_timer_start(
      timer_, [](uv_timer_t* timer) { static_cast<MemoryWatch*>(timer->data)->look(); }, kEveryMs,
      kEveryMs);
}

MemoryWatch::~MemoryWatch() {
  uv_close(reinterpret_cast<uv_handle_t*>(timer_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

void MemoryWatch::look() {
  const proxy::MemoryPressure before = pressure_.load(std::memory_order_relaxed);
  if (memory_max_ == 0 && before == proxy::MemoryPressure::kNone) return;
  std::uint64_t resident = resident_bytes();
  if (pressure_at(resident, memory_max_) != proxy::MemoryPressure::kNone) {
    malloc_trim(0);  // what was freed but not given back is no pressure
    resident = resident_bytes();
  }
  const proxy::MemoryPressure after = pressure_at(resident, memory_max_);
  if (after == before) return;
  pressure_.store(after, std::memory_order_relaxed);
  static constexpr const char* kWords[] = {"none", "no_keep_alive", "no_accept", "refuse"};
  telemetry::log::event(
      after > before ? telemetry::log::Level::kWarn : telemetry::log::Level::kInfo,
      "memory.pressure_changed",
      {{"pressure", kWords[static_cast<std::size_t>(after)]},
       {"resident", std::to_string(resident)},
       {"memory_max", std::to_string(memory_max_)}});
}

}  // namespace segue::app

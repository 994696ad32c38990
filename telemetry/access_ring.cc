// Acquire and release on two positions are all the synchronisation there is.
#include "telemetry/access_ring.h"

#include "telemetry/access_format.h"

namespace segue::telemetry {

char* AccessRing::Shared::reserve(std::size_t bytes) noexcept {
  const std::uint64_t at = head.load(std::memory_order_relaxed);
  const std::size_t to_end = size - (at & (size - 1));
  start = bytes <= to_end ? at : at + to_end;
  if (start + bytes - tail_seen > size) {
    tail_seen = tail.load(std::memory_order_acquire);
    if (start + bytes - tail_seen > size) return nullptr;
  }
  return data.get() + (start & (size - 1));
}

void AccessRing::Shared::commit(const char* end) noexcept {
  const std::uint64_t at = head.load(std::memory_order_relaxed);
  const std::uint64_t next =
      start + static_cast<std::uint64_t>(end - (data.get() + (start & (size - 1))));
  if (start != at) {
    wrap.store(at, std::memory_order_relaxed);
  } else if ((next & (size - 1)) == 0) {
    wrap.store(next, std::memory_order_relaxed);  // the line ends exactly where the ring does
  }
  head.store(next, std::memory_order_release);
}

Bytes AccessRing::Shared::peek() noexcept {
  std::uint64_t from = tail.load(std::memory_order_relaxed);
  const std::uint64_t to = head.load(std::memory_order_acquire);
  if (from / size != to / size) {
    const std::uint64_t lap_end = wrap.load(std::memory_order_relaxed);  // written before `head`
    if (from < lap_end) return {data.get() + (from & (size - 1)), lap_end - from};
    from = (from / size + 1) * size;
    tail.store(from, std::memory_order_release);
  }
  return {data.get() + (from & (size - 1)), to - from};
}

void AccessRing::Shared::consume(std::size_t bytes) noexcept {
  tail.store(tail.load(std::memory_order_relaxed) + bytes, std::memory_order_release);
}

AccessRing::AccessRing(std::size_t bytes) : shared_(std::make_unique<Shared>(bytes)) {}
AccessRing::~AccessRing() = default;

bool AccessRing::write(const Record& record, AccessFormat format) noexcept {
  char* const out = shared_->reserve(access_line_bound(record));
  if (out == nullptr) return false;
  shared_->commit(write_access_line(out, record, format));
  return true;
}

}  // namespace segue::telemetry

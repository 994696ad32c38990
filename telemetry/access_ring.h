// The bytes between a worker and the access-log writer: one producer, one consumer, whole lines.
//
// A line never wraps: when it might not fit before the end of the ring, it starts the next lap, and
// `wrap` says where the data of this lap ends. There is never more than one such place between tail
// and head, because the second one needs a whole lap of free room; and no line fills a whole lap,
// because it is shorter than the bound for which room was reserved.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lib/base/bytes.h"
#include "telemetry/access_log.h"

namespace segue::telemetry {

// NOLINTBEGIN(clang-analyzer-optin.performance.Padding): the padding keeps two threads apart
/// Positions count bytes since the start and never wrap themselves; `position & mask` is the place.
struct AccessRing::Shared {
  explicit Shared(std::size_t bytes)
      : size(std::bit_ceil(bytes < kBytesMin ? kBytesMin : bytes)), data(new char[size]) {}

  /// The producer's: room for `bytes` in one piece, or null. Ended by commit().
  char* reserve(std::size_t bytes) noexcept;
  void commit(const char* end) noexcept;

  /// The consumer's: lines in one piece, empty when there are none now. Call again after consume().
  Bytes peek() noexcept;
  void consume(std::size_t bytes) noexcept;

  const std::size_t size;
  const std::unique_ptr<char[]> data;
  // What the producer writes and what the consumer writes, on cache lines of their own.
  alignas(64) std::atomic<std::uint64_t> head{0};
  std::atomic<std::uint64_t> wrap{0};
  std::uint64_t start = 0;      // of the line being written; the producer's alone
  std::uint64_t tail_seen = 0;  // the newest tail the producer read
  alignas(64) std::atomic<std::uint64_t> tail{0};
};
// NOLINTEND(clang-analyzer-optin.performance.Padding)

}  // namespace segue::telemetry

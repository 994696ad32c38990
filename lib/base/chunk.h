// Bytes the kernel would not take yet: a queue of fixed-size chunks from a per-worker pool.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <sys/uio.h>

#include "lib/base/bytes.h"

namespace segue {

/// One piece of a queue. 16 KiB with its header, so that a pool of them packs well.
struct Chunk {
  static constexpr std::size_t kBytes = 16 * 1024 - 16;
  Chunk* next;
  std::uint32_t begin, end;  ///< the filled part of data
  char data[kBytes];
};
static_assert(sizeof(Chunk) == 16 * 1024);

/// Free chunks of one worker. Keeps at most kKept of them; the rest goes back to the system.
class ChunkPool {
 public:
  static constexpr std::size_t kKept = 64;  // 1 MiB
  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  Chunk* take();
  void give(Chunk* chunk) noexcept;
  std::size_t in_use() const noexcept { return in_use_; }  ///< chunks out now

 private:
  Chunk* free_ = nullptr;
  std::size_t kept_ = 0;
  std::size_t in_use_ = 0;
};

/// First in, first out. Belongs to one connection; an empty queue holds no chunk.
class ChunkQueue {
 public:
  explicit ChunkQueue(ChunkPool& pool) noexcept : pool_(&pool) {}
  ~ChunkQueue() { clear(); }
  ChunkQueue(const ChunkQueue&) = delete;
  ChunkQueue& operator=(const ChunkQueue&) = delete;

  void append(Bytes bytes);
  /// Fills `pieces` with the front of the queue, for writev. Returns how many were filled.
  std::size_t front(std::span<iovec> pieces) const noexcept;
  void consume(std::size_t bytes) noexcept;  ///< at most size()
  void clear() noexcept;
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  ChunkPool* pool_;
  Chunk* head_ = nullptr;
  Chunk* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace segue

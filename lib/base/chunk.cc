// The chunk queue: copies in at the tail, hands out at the front, returns what is empty.
#include "lib/base/chunk.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "lib/base/check.h"

namespace segue {

ChunkPool::~ChunkPool() {
  SEGUE_DCHECK(in_use_ == 0, "a queue outlived its pool");
  while (free_ != nullptr) {
    Chunk* next = free_->next;
    ::operator delete(free_);
    free_ = next;
  }
}

Chunk* ChunkPool::take() {
  Chunk* chunk = free_;
  if (chunk != nullptr) {
    free_ = chunk->next;
    --kept_;
  } else {
    chunk = static_cast<Chunk*>(::operator new(sizeof(Chunk)));
  }
  ++in_use_;
  chunk->next = nullptr;
  chunk->begin = chunk->end = 0;
  return chunk;
}

void ChunkPool::give(Chunk* chunk) noexcept {
  --in_use_;
  if (kept_ >= kKept) {
    ::operator delete(chunk);
    return;
  }
  chunk->next = free_;
  free_ = chunk;
  ++kept_;
}

void ChunkQueue::append(Bytes bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (tail_ == nullptr || tail_->end == Chunk::kBytes) {
      Chunk* chunk = pool_->take();
      (tail_ == nullptr ? head_ : tail_->next) = chunk;
      tail_ = chunk;
    }
    const std::size_t n = std::min(bytes.size(), Chunk::kBytes - tail_->end);
    std::memcpy(tail_->data + tail_->end, bytes.data(), n);
    tail_->end += static_cast<std::uint32_t>(n);
    bytes = bytes.subspan(n);
  }
}

std::size_t ChunkQueue::front(std::span<iovec> pieces) const noexcept {
  std::size_t count = 0;
  for (Chunk* chunk = head_; chunk != nullptr && count < pieces.size(); chunk = chunk->next)
    pieces[count++] = {chunk->data + chunk->begin, chunk->end - chunk->begin};
  return count;
}

void ChunkQueue::consume(std::size_t bytes) noexcept {
  SEGUE_DCHECK(bytes <= size_, "consumed more than was queued");
  size_ -= bytes;
  while (bytes > 0) {
    const std::size_t n = std::min<std::size_t>(bytes, head_->end - head_->begin);
    head_->begin += static_cast<std::uint32_t>(n);
    bytes -= n;
    if (head_->begin == head_->end) {
      Chunk* next = head_->next;
      pool_->give(head_);
      head_ = next;
      if (head_ == nullptr) tail_ = nullptr;
    }
  }
}

void ChunkQueue::clear() noexcept {
  while (head_ != nullptr) {
    Chunk* next = head_->next;
    pool_->give(head_);
    head_ = next;
  }
  tail_ = nullptr;
  size_ = 0;
}

}  // namespace segue

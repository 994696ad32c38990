// Gathers what one connection sends during one event, so that it leaves in one system call.
//
// One per worker. Small things (heads, chunk frames) are copied into the scratch page; bodies are
// referred to where they lie. Whoever begins flushes what another had gathered: bytes of two
// connections never meet.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <sys/uio.h>

#include "lib/base/bytes.h"
#include "lib/base/splice_pipe.h"

namespace segue {

class Gather {
 public:
  class Sink {
   public:
    /// The pieces in order; they need not outlive the call.
    virtual void on_gathered(std::span<const iovec> pieces) = 0;

   protected:
    ~Sink() = default;
  };

  static constexpr std::size_t kScratchBytes = 64 * 1024;
  static constexpr std::size_t kPiecesMax = 64;
  /// What is copied although it could be referred to: the kernel takes one piece faster than two.
  static constexpr std::size_t kCopiedBytes = 2048;

  /// What follows is for `sink`.
  void begin(Sink& sink) {
    if (sink_ == &sink) return;
    flush();
    sink_ = &sink;
  }

  void copy(std::string_view text) {
    if (text.empty()) return;  // may have no address, which memcpy must not see
    while (text.size() > kScratchBytes - used_) {
      const std::size_t n = kScratchBytes - used_;
      append(text.substr(0, n));
      text.remove_prefix(n);
      hand_over();
    }
    append(text);
  }

  /// Contiguous scratch of at least `bytes` (≤ kScratchBytes), to be filled and reported with
  /// wrote().
  char* space(std::size_t bytes) {
    if (bytes > kScratchBytes - used_) hand_over();
    return scratch_.get() + used_;
  }
  void wrote(std::size_t bytes) {
    extend(bytes);
    used_ += bytes;
  }

  /// `bytes` must hold until flush().
  void refer(Bytes bytes) {
    if (bytes.size() <= kCopiedBytes) return copy({bytes.data(), bytes.size()});
    if (count_ == kPiecesMax) hand_over();
    pieces_[count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
    open_ = false;
  }

  void flush() {
    if (count_ > 0) hand_over();
    sink_ = nullptr;
  }

  /// As flush(); all that is in the pipe follows, and the sink takes it with followed_by().
  void flush(SplicePipe& pipe) {
    follows_ = &pipe;
    hand_over();
    sink_ = nullptr;
  }
  /// What follows the pieces just handed over, once; null: nothing.
  SplicePipe* followed_by() noexcept { return std::exchange(follows_, nullptr); }

  /// The sink dies: what it gathered is lost.
  void forget(const Sink& sink) noexcept {
    if (sink_ != &sink) return;
    sink_ = nullptr;
    clear();
  }

 private:
  void append(std::string_view text) {
    std::memcpy(scratch_.get() + used_, text.data(), text.size());
    wrote(text.size());
  }
  void extend(std::size_t bytes) {
    if (!open_) {
      if (count_ == kPiecesMax) {
        // The scratch bytes in question have been written behind used_ already; move them to the
        // front.
        char* from = scratch_.get() + used_;
        hand_over();
        std::memmove(scratch_.get(), from, bytes);
      }
      pieces_[count_++] = {scratch_.get() + used_, 0};
      open_ = true;
    }
    pieces_[count_ - 1].iov_len += bytes;
  }
  void hand_over() {
    Sink* sink = sink_;
    const std::size_t count = count_;
    clear();
    if (sink != nullptr && (count > 0 || follows_ != nullptr))
      sink->on_gathered({pieces_.data(), count});
  }
  void clear() noexcept {
    count_ = used_ = 0;
    open_ = false;
  }

  std::unique_ptr<char[]> scratch_{new char[kScratchBytes]};
  std::array<iovec, kPiecesMax> pieces_;
  std::size_t count_ = 0;
  std::size_t used_ = 0;
  bool open_ = false;  // the last piece is the scratch's end and may grow
  Sink* sink_ = nullptr;
  SplicePipe* follows_ = nullptr;
};

}  // namespace segue

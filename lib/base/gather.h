// Gathers what one connection sends during one event, so that it leaves in one system call, and
// what several connections send during one turn, so that those calls follow one another.
//
// One per worker. Small things (heads, chunk frames) are copied into the scratch page; bodies are
// referred to where they lie. When an event is over, what refers to bytes leaves, and what was
// copied waits for send_all(): whoever is on the other side is woken once for many. Bytes of two
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
  /// Whether bytes for this sink wait; kept with it so that asking costs no search.
  class Mark {
    friend class Gather;
    bool waits = false;
  };

  class Sink {
   public:
    /// The pieces in order; they need not outlive the call. Must neither gather nor forget.
    virtual void on_gathered(std::span<const iovec> pieces) = 0;
    Mark mark;

   protected:
    ~Sink() = default;
  };

  static constexpr std::size_t kScratchBytes = 64 * 1024;
  static constexpr std::size_t kPiecesMax = 64;
  /// How many messages may wait for send_all().
  static constexpr std::size_t kWaitingMax = 128;
  /// What is copied although it could be referred to: the kernel takes one piece faster than two.
  static constexpr std::size_t kCopiedBytes = 2048;

  /// What follows is for `sink`.
  void begin(Sink& sink) {
    if (sink_ == &sink) return;
    flush();
    send_waiting(sink);  // in order
    sink_ = &sink;
  }

  void copy(std::string_view text) {
    if (text.empty()) return;  // may have no address, which memcpy must not see
    while (text.size() > kScratchBytes - used_) {
      const std::size_t n = kScratchBytes - used_;
      append(text.substr(0, n));
      text.remove_prefix(n);
      make_room();
    }
    append(text);
  }

  /// Contiguous scratch of at least `bytes` (≤ kScratchBytes), to be filled and reported with
  /// wrote().
  char* space(std::size_t bytes) {
    if (bytes > kScratchBytes - used_) make_room();
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

  /// An event is over: what refers to bytes elsewhere leaves now, what was copied at the latest
  /// with send_all().
  void flush() {
    if (count_ == 1 && open_) {
      waiting_[waiting_count_++] = {sink_, pieces_[0]};
      sink_->mark.waits = true;
      count_ = 0;
      open_ = false;
      if (waiting_count_ == kWaitingMax) send_all_waiting();
    } else if (count_ > 0) {
      hand_over();
    }
    sink_ = nullptr;
  }

  /// All that there is for `sink` leaves now: it is about to close, or to be counted.
  void send(Sink& sink) {
    send_waiting(sink);
    if (sink_ == &sink && count_ > 0) hand_over();
  }

  /// Everything leaves now.
  void send_all() {
    flush();
    send_all_waiting();
  }

  /// How many bytes for `sink` have not left.
  std::size_t bytes_for(const Sink& sink) const noexcept {
    std::size_t bytes = 0;
    if (sink_ == &sink)
      for (std::size_t i = 0; i < count_; ++i) bytes += pieces_[i].iov_len;
    if (sink.mark.waits)
      for (std::size_t i = waiting_count_; i-- > 0;)
        if (waiting_[i].sink == &sink) return bytes + waiting_[i].piece.iov_len;
    return bytes;
  }

  /// All that was gathered leaves now, and all that is in the pipe behind it, which the sink takes
  /// with followed_by().
  void send(SplicePipe& pipe) {
    follows_ = &pipe;
    hand_over();
    sink_ = nullptr;
  }
  /// What follows the pieces just handed over, once; null: nothing.
  SplicePipe* followed_by() noexcept { return std::exchange(follows_, nullptr); }

  /// The sink dies: what it gathered is lost.
  void forget(Sink& sink) noexcept {
    if (sink.mark.waits) {
      sink.mark.waits = false;
      for (std::size_t i = 0; i < waiting_count_; ++i)
        if (waiting_[i].sink == &sink) waiting_[i].sink = nullptr;
    }
    if (sink_ != &sink) return;
    sink_ = nullptr;
    clear();
  }

 private:
  struct Waiting {
    Sink* sink;
    iovec piece;
  };
  void send_waiting(Sink& sink) {
    if (!std::exchange(sink.mark.waits, false)) return;
    for (std::size_t i = waiting_count_; i-- > 0;) {
      if (waiting_[i].sink != &sink) continue;
      waiting_[i].sink = nullptr;
      return sink.on_gathered({&waiting_[i].piece, 1});
    }
  }
  void send_all_waiting() {
    const std::size_t count = std::exchange(waiting_count_, 0);
    for (std::size_t i = 0; i < count; ++i) {
      Waiting& waiting = waiting_[i];
      if (waiting.sink == nullptr) continue;
      waiting.sink->mark.waits = false;
      waiting.sink->on_gathered({&waiting.piece, 1});
    }
    used_ = 0;
  }
  /// The scratch is full.
  void make_room() {
    hand_over();
    send_all_waiting();
  }
  void append(std::string_view text) {
    std::memcpy(scratch_.get() + used_, text.data(), text.size());
    wrote(text.size());
  }
  void extend(std::size_t bytes) {
    if (!open_) {
      if (count_ == kPiecesMax) {
        // The scratch bytes in question have been written behind used_ already.
        char* from = scratch_.get() + used_;
        hand_over();
        std::memmove(scratch_.get() + used_, from, bytes);
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
    count_ = 0;
    if (waiting_count_ == 0) used_ = 0;
    open_ = false;
  }

  std::unique_ptr<char[]> scratch_{new char[kScratchBytes]};
  std::array<iovec, kPiecesMax> pieces_;
  std::array<Waiting, kWaitingMax> waiting_;
  std::size_t waiting_count_ = 0;
  std::size_t count_ = 0;
  std::size_t used_ = 0;
  bool open_ = false;  // the last piece is the scratch's end and may grow
  Sink* sink_ = nullptr;
  SplicePipe* follows_ = nullptr;
};

}  // namespace segue

// How a long body is read: in larger pieces once reads come back full, and past our memory, through
// the worker's pipe, once the other side takes it so.
//
// A chunked body goes through the pipe chunk by chunk; between two of them only as many bytes are
// read as the frame of such a chunk has at least, so that the next one's data is still in the
// socket when its size is known, all of it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace segue::proxy {

class Bulk {
 public:
  static constexpr std::size_t kRead = 64 * 1024;       ///< bytes of a first read
  static constexpr std::size_t kReadMore = 256 * 1024;  ///< of the next, when that was full
  static constexpr std::size_t kPiped = 256 * 1024;     ///< at once through the pipe
  static constexpr std::size_t kPipedMin = 32 * 1024;   ///< less is sooner copied
  static constexpr int kPieces = 8;                     ///< through the pipe, in one event
  static constexpr int kReads = 2 * kPieces;            ///< of all kinds, in one event
  static constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max();

  void begin() noexcept { mode_ = Mode::kFirst; }

  /// How many bytes go through the pipe next, of `left` in the body or its chunk; 0: they are read.
  std::size_t pipes(std::uint64_t left) const noexcept {
    const bool worth =
        mode_ == Mode::kPiped ? left > 0 : mode_ != Mode::kFirst && left >= kPipedMin;
    return worth ? static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiped)) : 0;
  }

  /// What to read into, of `buffer` with kReadMore bytes. `left` as for pipes(), of `chunk` bytes;
  /// no chunk: 0.
  std::span<char> space(std::span<char> buffer, std::uint64_t left,
                        std::uint64_t chunk) const noexcept {
    if (mode_ == Mode::kFirst) return buffer.first(kRead);
    if (chunk < 2 * kPipedMin || left >= kPipedMin) return buffer;
    return buffer.first(static_cast<std::size_t>(left) + frame(chunk));
  }

  /// A read of `bytes` into `space` bytes; `left` as for pipes(), behind it. True: another one is
  /// due at once.
  bool was_read(std::size_t bytes, std::size_t space, std::uint64_t left) noexcept {
    const bool full = bytes >= std::min(space, kRead);
    const bool between_chunks = mode_ != Mode::kFirst && space < kRead;
    const bool small = left > 0 && left < kPipedMin;  // 0: the next size has not come yet
    if (mode_ != Mode::kPiped || small) mode_ = full ? Mode::kFull : Mode::kFirst;
    return full && between_chunks;
  }

  /// The other side does not take it now.
  void not_piped() noexcept { mode_ = Mode::kFull; }

  /// `bytes` of the `asked` went through the pipe. True: more are likely to wait.
  bool was_piped(std::size_t bytes, std::size_t asked) noexcept {
    mode_ = Mode::kPiped;
    return bytes == asked;
  }

 private:
  /// Bytes between the data of two chunks of this size: two line ends, and digits of four bits
  /// each.
  static std::size_t frame(std::uint64_t chunk) noexcept {
    return 4 + (static_cast<std::size_t>(std::bit_width(chunk)) + 3) / 4;
  }

  enum class Mode : std::uint8_t { kFirst, kFull, kPiped } mode_ = Mode::kFirst;
};

}  // namespace segue::proxy

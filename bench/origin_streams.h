// What the origin does on connections that stay: WebSocket frames come back, events go out by a
// clock.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace segue::bench {

/// The answer to the key that RFC 6455 §1.3 has as its example, which is the one our client sends.
inline constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Takes whole frames out of `bytes` and appends their echoes to `out`; what is left is the
/// beginning of the next one. Only short frames, masked as a client's must be (RFC 6455 §5.2).
/// False for others.
inline bool echo_frames(std::string_view& bytes, std::string& out) {
  constexpr std::size_t kHead = 6, kLongLength = 126;
  while (bytes.size() >= kHead) {
    const auto second = static_cast<unsigned char>(bytes[1]);
    const std::size_t length = second & 0x7f;
    if ((second & 0x80) == 0 || length >= kLongLength) return false;
    if (bytes.size() < kHead + length) return true;
    out += bytes[0];
    out += static_cast<char>(length);
    for (std::size_t i = 0; i < length; ++i) {
      out += static_cast<char>(bytes[kHead + i] ^ bytes[2 + i % 4]);
    }
    bytes.remove_prefix(kHead + length);
  }
  return true;
}

/// X-Accel-Buffering is what applications say to nginx, so that it does not hold events back.
inline constexpr std::string_view kEventsHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n";
/// A chunk with one event of 96 bytes.
inline constexpr std::string_view kEvent =
    "60\r\nevent: build\ndata: "
    "{\"job\":\"main\",\"number\":4711,\"result\":\"success\",\"duration\":81230,"
    "\"url\":\"/j\"}\n\n\r\n";
static_assert(kEvent.size() == 4 + 0x60 + 2);

/// Which of many streams are due: each once a second, spread evenly over it.
template <typename Stream>
class EventClock {
 public:
  void add(Stream* stream) { slots_[next_++ % kSlots].push_back(stream); }
  void remove(Stream* stream) {
    for (auto& slot : slots_) std::erase(slot, stream);
  }

  /// Milliseconds until somebody may be due, for epoll_wait: -1 while there is no stream.
  int timeout() const {
    const bool empty =
        std::all_of(slots_.begin(), slots_.end(), [](auto& slot) { return slot.empty(); });
    return empty ? -1 : 1;
  }

  /// Calls `send` for every stream that has become due. It must not remove any.
  template <typename Send>
  void tick(Send send) {
    const auto now = std::chrono::steady_clock::now();
    if (now - due_ > std::chrono::seconds(1)) due_ = now;  // the first, or after a pause
    for (; due_ <= now; due_ += kStep) {
      for (Stream* stream : slots_[at_]) send(*stream);
      at_ = (at_ + 1) % kSlots;
    }
  }

 private:
  static constexpr std::size_t kSlots = 200;
  static constexpr std::chrono::milliseconds kStep{1000 / kSlots};

  std::array<std::vector<Stream*>, kSlots> slots_;
  std::size_t next_ = 0, at_ = 0;
  std::chrono::steady_clock::time_point due_;
};

}  // namespace segue::bench

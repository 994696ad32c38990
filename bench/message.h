// Finds where an HTTP/1.1 message ends, cheaply: Content-Length and chunked, nothing else.
//
// This is not a parser to learn from. It trusts its peers, looks at three header fields and counts
// body bytes; what it costs must stay well below what any proxy costs.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace segue::bench {

inline constexpr std::size_t kHeadBytesMax = 64 * 1024;

class Message {
 public:
  /// Reads on and says how many bytes belonged to this message; the rest is the next one's.
  std::size_t feed(std::string_view bytes);

  /// Body bytes that will come next and say nothing about framing: they may be dropped unread, with
  /// a call to dropped() for what was.
  std::uint64_t droppable() const { return state_ == State::kBody ? left_ : 0; }
  void dropped(std::uint64_t count) { take_body(count); }

  bool done() const { return state_ == State::kDone; }
  bool failed() const { return state_ == State::kFailed; }
  bool begun() const { return state_ != State::kHead || !head_.empty(); }
  bool keep_alive() const { return keep_alive_; }
  /// The first line; its end is cut after 255 bytes.
  std::string_view first_line() const { return {line_, line_size_}; }
  int status() const;  ///< of a response; 0 when the first line is no status line
  std::uint64_t body_bytes() const { return body_bytes_; }
  /// The first bytes of the body, at most 32.
  std::string_view body_begin() const { return {sample_, sample_size_}; }

 private:
  enum class State : std::uint8_t {
    kHead,
    kBody,
    kChunkSize,
    kChunk,
    kChunkEnd,
    kTrailer,
    kDone,
    kFailed
  };

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_chunked(std::string_view bytes);
  void read_head(std::string_view head);
  void add_digit(char c);  // of a chunk's size
  void sample(std::string_view bytes);
  void take_body(std::uint64_t count) {
    body_bytes_ += count;
    left_ -= count;
    if (left_ == 0) state_ = chunked_ ? State::kChunkEnd : State::kDone;
  }

  State state_ = State::kHead;
  bool keep_alive_ = true;
  bool chunked_ = false;
  bool extension_ = false;  // a chunk's size has been read, its line not
  bool blank_ = true;       // of a trailer line so far
  std::uint8_t line_size_ = 0;
  std::uint8_t sample_size_ = 0;
  std::uint64_t left_ = 0;  // of the body or the chunk
  std::uint64_t body_bytes_ = 0;
  std::string head_;  // only while a head came in pieces
  char line_[255];
  char sample_[32];
};

inline bool starts_with_name(std::string_view line, std::string_view lower_name) {
  return line.size() > lower_name.size() && line[lower_name.size()] == ':' &&
         std::equal(lower_name.begin(), lower_name.end(), line.begin(),
                    [](char want, char got) { return want == (got | 0x20); });
}

inline void Message::read_head(std::string_view head) {
  std::size_t end = head.find("\r\n");
  line_size_ = static_cast<std::uint8_t>(std::min(end, sizeof line_));
  std::memcpy(line_, head.data(), line_size_);
  bool has_length = false;
  while (end + 4 < head.size()) {
    const std::size_t begin = end + 2;
    end = head.find("\r\n", begin);
    const std::string_view line = head.substr(begin, end - begin);
    const char first = static_cast<char>(line.empty() ? 0 : line[0] | 0x20);
    if (first != 'c' && first != 't') continue;
    if (starts_with_name(line, "content-length")) {
      const std::size_t digits = line.find_first_not_of(" \t", 15);
      if (digits == std::string_view::npos) break;
      has_length =
          std::from_chars(line.data() + digits, line.data() + line.size(), left_).ec == std::errc();
    } else if (starts_with_name(line, "transfer-encoding")) {
      chunked_ = line.find("chunked") != std::string_view::npos;
    } else if (starts_with_name(line, "connection")) {
      keep_alive_ = line.find("close") == std::string_view::npos;
    }
  }
  if (chunked_) {
    left_ = 0;
    state_ = State::kChunkSize;
  } else if (has_length && left_ > 0) {
    state_ = State::kBody;
  } else {
    state_ = State::kDone;
  }
}

inline std::size_t Message::feed_head(std::string_view bytes) {
  if (head_.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end != std::string_view::npos) {
      read_head(bytes.substr(0, end + 4));
      return end + 4;
    }
  }
  const std::size_t before = head_.size();
  head_.append(bytes);
  const std::size_t end = head_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
  if (end == std::string_view::npos) {
    if (head_.size() > kHeadBytesMax) state_ = State::kFailed;
    return bytes.size();
  }
  read_head(std::string_view(head_).substr(0, end + 4));
  head_.clear();
  return end + 4 - before;
}

inline void Message::sample(std::string_view bytes) {
  const std::size_t room = sizeof sample_ - sample_size_;
  if (room == 0 || bytes.empty()) return;
  const std::size_t count = std::min(room, bytes.size());
  std::memcpy(sample_ + sample_size_, bytes.data(), count);
  sample_size_ = static_cast<std::uint8_t>(sample_size_ + count);
}

inline void Message::add_digit(char c) {
  const char lower = static_cast<char>(c | 0x20);
  int digit = -1;
  if (c >= '0' && c <= '9') digit = c - '0';
  if (lower >= 'a' && lower <= 'f') digit = lower - 'a' + 10;
  if (digit < 0) state_ = State::kFailed;
  left_ = left_ * 16 + static_cast<std::uint64_t>(digit & 15);
}

inline std::size_t Message::feed_chunked(std::string_view bytes) {
  const char c = bytes[0];
  if (state_ == State::kChunkSize) {
    if (c == '\n') {
      state_ = left_ > 0 ? State::kChunk : State::kTrailer;
      blank_ = true;
      extension_ = false;
    } else if (c == ';' || c == '\r' || extension_) {
      extension_ = true;  // the line says no more about the size
    } else {
      add_digit(c);
    }
  } else if (state_ == State::kChunkEnd) {
    if (c == '\n') state_ = State::kChunkSize;
  } else {  // kTrailer: lines until an empty one
    if (c == '\n' && blank_) state_ = State::kDone;
    if (c == '\n') {
      blank_ = true;
    } else if (c != '\r') {
      blank_ = false;
    }
  }
  return 1;
}

inline std::size_t Message::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !done() && !failed()) {
    const std::string_view rest = bytes.substr(used);
    if (state_ == State::kHead) {
      used += feed_head(rest);
    } else if (state_ == State::kBody || state_ == State::kChunk) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rest.size()));
      sample(rest.substr(0, count));
      take_body(count);
      used += count;
    } else {
      used += feed_chunked(rest);
    }
  }
  return used;
}

inline int Message::status() const {
  int status = 0;
  const std::string_view line = first_line();
  if (line.size() >= 12 && line.starts_with("HTTP/1.")) {
    std::from_chars(line.data() + 9, line.data() + 12, status);
  }
  return status;
}

}  // namespace segue::bench

// What the origin answers to one request, made from memory and sent in pieces.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <sys/uio.h>

#include "bench/message.h"

namespace segue::bench {

inline constexpr std::size_t kReadBytes = 256 * 1024;
inline constexpr std::size_t kChunkBytes = 64 * 1024;
inline constexpr std::size_t kSmallMax = 64 * 1024;  // up to here an answer is kept whole
inline constexpr std::size_t kCachedMax = 1024;      // different sizes kept
inline constexpr std::size_t kPiecesMax = 16;        // of one writev

/// `keep_alive` is the request's wish; who closes says so (RFC 9112 §9.6).
inline std::string head_with(std::string_view framing, bool keep_alive) {
  return "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
         "Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n" +
         std::string(framing) + (keep_alive ? "\r\n\r\n" : "\r\nConnection: close\r\n\r\n");
}

inline std::string whole(std::string_view body, bool keep_alive) {
  return head_with("Content-Length: " + std::to_string(body.size()), keep_alive).append(body);
}

/// Everything sent again and again, made once.
struct Stock {
  std::string body = std::string(kReadBytes, 'x');
  std::string chunk = "10000\r\n" + std::string(kChunkBytes, 'x') + "\r\n";
  std::string not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nnot found\n";
  std::unordered_map<std::uint64_t, std::string> staying, closing;  // answers by size of the body
};

/// An answer on its way: `before`, then `repeat` over and over for `repeat_bytes`, then `after`.
struct Answer {
  std::string own_before, after;
  std::string_view before, repeat;
  std::uint64_t repeat_bytes = 0;
  std::uint64_t sent = 0;

  std::uint64_t size() const { return before.size() + repeat_bytes + after.size(); }

  /// What comes next, as at most kPiecesMax pieces.
  std::size_t pieces(std::array<iovec, kPiecesMax>& out) const {
    std::size_t count = 0;
    std::uint64_t at = sent;
    while (count < kPiecesMax && at < size()) {
      std::string_view piece;
      if (at < before.size()) {
        piece = before.substr(at);
      } else if (at < before.size() + repeat_bytes) {
        const std::uint64_t into = at - before.size();
        piece = repeat.substr(into % repeat.size());
        piece = piece.substr(0, std::min<std::uint64_t>(piece.size(), repeat_bytes - into));
      } else {
        piece = std::string_view(after).substr(at - before.size() - repeat_bytes);
      }
      out[count++] = {const_cast<char*>(piece.data()), piece.size()};
      at += piece.size();
    }
    return count;
  }
};

inline std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Puts the answer to a complete request into `answer`.
inline void compose(const Message& request, Stock& stock, Answer& answer) {
  answer = Answer{};
  const bool stays = request.keep_alive();
  const std::string_view line = request.first_line();
  const std::size_t space = line.find(' ');
  const std::string_view method = line.substr(0, space);
  if (method != "GET") {
    answer.own_before = whole(std::to_string(request.body_bytes()), stays);
    answer.before = answer.own_before;
    return;
  }
  std::string_view path = space == std::string_view::npos ? "" : line.substr(space + 1);
  path = path.substr(0, path.find(' '));
  const bool chunked = path.starts_with("/chunked/");
  const auto size = path == "/" ? 2 : number(path.substr(path.rfind('/') + 1));
  if (!size) {
    answer.before = stock.not_found;
  } else if (chunked) {
    answer.own_before = head_with("Transfer-Encoding: chunked", stays);
    answer.before = answer.own_before;
    answer.repeat = stock.chunk;
    answer.repeat_bytes = *size / kChunkBytes * stock.chunk.size();
    if (const std::size_t rest = *size % kChunkBytes; rest > 0) {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "%zx\r\n", rest);
      answer.after = hex.data() + std::string(rest, 'x') + "\r\n";
    }
    answer.after += "0\r\n\r\n";
  } else if (auto& answers = stays ? stock.staying : stock.closing;
             *size <= kSmallMax && (answers.contains(*size) || answers.size() < kCachedMax)) {
    std::string& kept = answers[*size];
    if (kept.empty()) kept = whole(std::string(*size, 'x'), stays);
    answer.before = kept;
  } else {
    answer.own_before = head_with("Content-Length: " + std::to_string(*size), stays);
    answer.before = answer.own_before;
    answer.repeat = stock.body;
    answer.repeat_bytes = *size;
  }
}

}  // namespace segue::bench

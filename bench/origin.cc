// The origin behind the proxies under test: answers from memory, one thread, so cheap that it is
// never what a measurement measures.
//
//   GET /N           200 with N bytes and a Content-Length
//   GET /chunked/N   200 with N bytes in chunks of 64 KiB
//   POST anything    reads the body, answers 200 with the number of bytes it had
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <sys/uio.h>

#include "bench/message.h"
#include "bench/sockets.h"

namespace segue::bench {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::size_t kSmallMax = 64 * 1024;  // up to here an answer is kept whole
constexpr std::size_t kCachedMax = 1024;      // different sizes kept
constexpr std::uint64_t kThreadsMax = 64;
constexpr std::size_t kPiecesMax = 16;  // of one writev

std::string head_with(std::string_view framing) {
  return "HTTP/1.1 200 OK\r\nServer: origin\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n"
         "Content-Type: application/octet-stream\r\nCache-Control: no-store\r\n" +
         std::string(framing) + "\r\n\r\n";
}

std::string whole(std::string_view body) {
  return head_with("Content-Length: " + std::to_string(body.size())).append(body);
}

/// Everything sent again and again, made once.
struct Stock {
  std::string body = std::string(kReadBytes, 'x');
  std::string chunk = "10000\r\n" + std::string(kChunkBytes, 'x') + "\r\n";
  std::string not_found = "HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nnot found\n";
  std::unordered_map<std::uint64_t, std::string> answers;  // by size of the body
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

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Puts the answer to a complete request into `answer`.
void compose(const Message& request, Stock& stock, Answer& answer) {
  answer = Answer{};
  const std::string_view line = request.first_line();
  const std::size_t space = line.find(' ');
  const std::string_view method = line.substr(0, space);
  if (method != "GET") {
    answer.own_before = whole(std::to_string(request.body_bytes()));
    answer.before = answer.own_before;
    return;
  }
  std::string_view path = space == std::string_view::npos ? "" : line.substr(space + 1);
  path = path.substr(0, path.find(' '));
  constexpr std::string_view kChunkedPrefix = "/chunked/";
  const bool chunked = path.starts_with(kChunkedPrefix);
  const auto size = number(path.substr(std::min(path.size(), chunked ? kChunkedPrefix.size() : 1)));
  if (!size) {
    answer.before = stock.not_found;
  } else if (chunked) {
    answer.own_before = head_with("Transfer-Encoding: chunked");
    answer.before = answer.own_before;
    answer.repeat = stock.chunk;
    answer.repeat_bytes = *size / kChunkBytes * stock.chunk.size();
    if (const std::size_t rest = *size % kChunkBytes; rest > 0) {
      std::array<char, 8> hex{};
      std::snprintf(hex.data(), hex.size(), "%zx\r\n", rest);
      answer.after = hex.data() + std::string(rest, 'x') + "\r\n";
    }
    answer.after += "0\r\n\r\n";
  } else if (*size <= kSmallMax &&
             (stock.answers.contains(*size) || stock.answers.size() < kCachedMax)) {
    std::string& kept = stock.answers[*size];
    if (kept.empty()) kept = whole(std::string(*size, 'x'));
    answer.before = kept;
  } else {
    answer.own_before = head_with("Content-Length: " + std::to_string(*size));
    answer.before = answer.own_before;
    answer.repeat = stock.body;
    answer.repeat_bytes = *size;
  }
}

/// One connection from a proxy: a request at a time; what was pipelined behind it waits in `rest`.
struct Connection {
  Fd fd;
  Message request;
  std::optional<Answer> answer;  // while it has not left completely
  std::string rest;
  bool closing = false;
};

class Server {
 public:
  explicit Server(Fd listener) : listener_(std::move(listener)) {
    poller_.add(listener_.get(), EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : poller_.wait(-1)) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          serve(*static_cast<Connection*>(event.data.ptr));
        }
      }
    }
  }

 private:
  void accept_all() {
    for (;;) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!fd) return;
      no_delay(fd.get());
      auto* connection = new Connection;  // deleted in serve(), when its peer has gone
      connection->fd = std::move(fd);
      poller_.add(connection->fd.get(), EPOLLIN, connection);
    }
  }

  void serve(Connection& c) {
    if (c.answer ? write_on(c) : read_on(c)) return;
    delete &c;
  }

  // Both return false when the connection is over.

  bool read_on(Connection& c) {
    const std::uint64_t drop = c.request.droppable();
    // A long body is dropped by the kernel without a copy; nothing here looks at it.
    const bool drops = drop >= kReadBytes;
    const ssize_t got = ::recv(c.fd.get(), buffer_.data(), buffer_.size(), drops ? MSG_TRUNC : 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    if (drops) {
      c.request.dropped(static_cast<std::uint64_t>(got));
      return c.request.done() ? answer_all(c, {}) : true;
    }
    return answer_all(c, {buffer_.data(), static_cast<std::size_t>(got)});
  }

  bool write_on(Connection& c) {
    if (!flush(c)) return false;
    if (c.answer) return true;
    poller_.change(c.fd.get(), EPOLLIN, &c);
    const std::string pipelined = std::exchange(c.rest, {});
    return answer_all(c, pipelined);
  }

  /// Answers every request that `bytes` completes, unless the way out is full.
  bool answer_all(Connection& c, std::string_view bytes) {
    do {
      bytes.remove_prefix(c.request.feed(bytes));
      if (c.request.failed()) return false;
      if (!c.request.done()) return true;
      compose(c.request, stock_, c.answer.emplace());
      c.closing = !c.request.keep_alive();
      c.request = Message{};
      if (!flush(c)) return false;
      if (c.answer) {
        c.rest.assign(bytes);
        poller_.change(c.fd.get(), EPOLLOUT, &c);
        return true;
      }
    } while (!bytes.empty());
    return true;
  }

  bool flush(Connection& c) {
    std::array<iovec, kPiecesMax> pieces;
    Answer& answer = *c.answer;
    while (answer.sent < answer.size()) {
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = answer.pieces(pieces);
      const ssize_t sent = ::sendmsg(c.fd.get(), &message, MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      answer.sent += static_cast<std::uint64_t>(sent);
    }
    c.answer.reset();
    return !c.closing;
  }

  Fd listener_;
  Poller poller_;
  Stock stock_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
};

[[noreturn]] void serve(std::uint16_t wanted, std::uint64_t threads) {
  Fd first = listen_on(wanted);
  const std::uint16_t port = port_of(first);
  std::printf("port %u\n", port);
  std::fflush(stdout);
  for (std::uint64_t i = 1; i < threads; ++i) {
    std::thread([port] { Server(listen_on(port)).run(); }).detach();
  }
  Server(std::move(first)).run();
}

int run(int argc, char** argv) {
  std::uint64_t port = 0;
  std::uint64_t threads = 1;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::uint64_t value = number(i + 1 < argc ? argv[i + 1] : "").value_or(UINT64_MAX);
    if (name == "--port" && value <= UINT16_MAX) {
      port = value;
    } else if (name == "--threads" && value >= 1 && value <= kThreadsMax) {
      threads = value;
    } else {
      std::fputs("usage: origin [--port 0] [--threads 1]\n", stderr);
      return 2;
    }
  }
  serve(static_cast<std::uint16_t>(port), threads);
}

}  // namespace
}  // namespace segue::bench

int main(int argc, char** argv) {
  return segue::bench::run(argc, argv);
}

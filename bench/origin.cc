// The origin behind the proxies under test: answers from memory, one thread, so cheap that it is
// never what a measurement measures.
//
//   GET /            200 with 2 bytes
//   GET …/N          200 with N bytes and a Content-Length
//   GET /chunked/N   200 with N bytes in chunks of 64 KiB
//   GET /ws          101: a WebSocket whose messages come back
//   GET /events      200: server-sent events, one a second, without end
//   POST anything    reads the body, answers 200 with the number of bytes it had
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "bench/arguments.h"
#include "bench/message.h"
#include "bench/origin_answer.h"
#include "bench/origin_streams.h"
#include "bench/sockets.h"

namespace segue::bench {
namespace {

constexpr std::uint64_t kThreadsMax = 64;

enum class Mode : std::uint8_t { kHttp, kWebSocket, kEvents };

/// One connection from a proxy: a request at a time; what was pipelined behind it waits in `rest`.
struct Connection {
  Fd fd;
  Mode mode = Mode::kHttp;
  Message request;
  std::optional<Answer> answer;  // while it has not left completely
  std::string rest;              // of a WebSocket: the beginning of a frame
  bool closing = false;
};

class Server {
 public:
  explicit Server(Fd listener) : listener_(std::move(listener)) {
    poller_.add(listener_.get(), EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    for (;;) {
      const int timeout = clock_.timeout();
      for (const epoll_event& event : poller_.wait(timeout)) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          serve(*static_cast<Connection*>(event.data.ptr));
        }
      }
      if (timeout >= 0) clock_.tick([](Connection& c) { send_whole(c, kEvent); });
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
    if (c.mode == Mode::kEvents) clock_.remove(&c);
    delete &c;
  }

  // All return false when the connection is over.

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
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    switch (c.mode) {
      case Mode::kHttp: return answer_all(c, bytes);
      case Mode::kWebSocket: return echo(c, bytes);
      case Mode::kEvents: return true;  // whatever it says
    }
    return false;
  }

  /// Answers a request that ends HTTP's turns on this connection; false for any other.
  bool becomes_stream(Connection& c) {
    const std::string_view line = c.request.first_line();
    if (line.starts_with("GET /ws ")) {
      c.mode = Mode::kWebSocket;
      send_whole(c, kSwitching);
    } else if (line.starts_with("GET /events ")) {
      c.mode = Mode::kEvents;
      send_whole(c, kEventsHead);
      clock_.add(&c);
    }
    return c.mode != Mode::kHttp;
  }

  bool echo(Connection& c, std::string_view bytes) {
    out_.clear();
    if (!c.rest.empty()) bytes = c.rest.append(bytes);
    const bool good = echo_frames(bytes, out_);
    if (!out_.empty()) send_whole(c, out_);
    c.rest = std::string(bytes);
    return good;
  }

  /// Something short; who does not read for so long that it does not fit is cut off.
  static void send_whole(Connection& c, std::string_view bytes) {
    const ssize_t sent = ::send(c.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(bytes.size())) ::shutdown(c.fd.get(), SHUT_RDWR);
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
      if (becomes_stream(c)) return c.mode == Mode::kWebSocket ? echo(c, bytes) : true;
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
  EventClock<Connection> clock_;
  std::string out_;  // echoes on their way
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
};

[[noreturn]] void serve(std::uint16_t wanted, Reach reach, std::uint64_t threads) {
  Fd first = listen_on(wanted, reach);
  const std::uint16_t port = port_of(first);
  std::printf("port %u\n", port);
  std::fflush(stdout);
  for (std::uint64_t i = 1; i < threads; ++i) {
    std::thread([port, reach] { Server(listen_on(port, reach)).run(); }).detach();
  }
  Server(std::move(first)).run();
}

constexpr std::string_view kUsage =
    "usage: origin [options]\n"
    "  --port P       (0: a free one, printed)\n"
    "  --any          listen on every address, for endpoints 127.x.y.z, instead of 127.0.0.1\n"
    "  --threads N    (1)\n";

[[noreturn]] void run(int argc, char** argv) {
  std::uint16_t port = 0;
  std::uint64_t threads = 1;
  Reach reach = Reach::kOneAddress;
  Arguments arguments(argc, argv, kUsage);
  while (arguments.next()) {
    if (arguments.is("--port")) {
      arguments.read(port);
    } else if (arguments.is("--threads")) {
      arguments.read(threads);
    } else if (arguments.is("--any")) {
      reach = Reach::kAnyAddress;
    } else {
      arguments.refuse_unknown();
    }
  }
  if (threads < 1 || threads > kThreadsMax) arguments.refuse("--threads needs 1 to 64");
  serve(port, reach, threads);
}

}  // namespace
}  // namespace segue::bench

int main(int argc, char** argv) {
  segue::bench::run(argc, argv);
}

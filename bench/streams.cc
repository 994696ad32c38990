// Many connections that stay and carry little: WebSockets with a trickle of messages, or streams of
// server-sent events.
//
// Opens them all, prints "warm", goes on after a line on stdin, counts for a while, prints one JSON
// object and keeps them open until stdin closes, so that memory can be read while they stand.
#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "bench/arguments.h"
#include "bench/latency.h"
#include "bench/message.h"
#include "bench/request.h"
#include "bench/sockets.h"

namespace segue::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Moment = SteadyClock::time_point;

constexpr std::string_view kUsage =
    "usage: streams --port P --kind websocket|events [options]\n"
    "  --connections C  (100)\n"
    "  --seconds S      (2) how long to count\n"
    "  --rate R         (1000) messages per second over all WebSockets; each comes back\n"
    "Prints \"warm\", waits for a line, prints one JSON object, ends when stdin closes.\n";

constexpr std::size_t kOpeningMax = 64;  // at once
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kPayload = 64;  // of a message
constexpr std::size_t kEchoBytes = 2 + kPayload;
constexpr std::chrono::seconds kGrace{10};  // for answers that are due

enum class Kind : std::uint8_t { kWebSocket, kEvents };

struct Options {
  std::uint16_t port = 0;
  Kind kind = Kind::kWebSocket;
  std::uint64_t connections = 100;
  double seconds = 2, rate = 1000;
};

Options parse(int argc, char** argv) {
  Options options;
  Arguments arguments(argc, argv, kUsage);
  while (arguments.next()) {
    if (arguments.is("--port")) {
      arguments.read(options.port);
    } else if (arguments.is("--kind")) {
      const std::string_view kind = arguments.text();
      if (kind != "websocket" && kind != "events") {
        arguments.refuse("--kind is websocket or events");
      }
      options.kind = kind == "events" ? Kind::kEvents : Kind::kWebSocket;
    } else if (arguments.is("--connections")) {
      arguments.read(options.connections);
    } else if (arguments.is("--seconds")) {
      arguments.read(options.seconds);
    } else if (arguments.is("--rate")) {
      arguments.read(options.rate);
    } else {
      arguments.refuse_unknown();
    }
  }
  if (options.port == 0) arguments.refuse("--port is missing");
  if (options.connections == 0 || options.rate <= 0) {
    arguments.refuse("--connections and --rate must be above 0");
  }
  return options;
}

std::string opening(Kind kind) {
  if (kind == Kind::kEvents) {
    return "GET /events HTTP/1.1\r\nHost: ci.example.com\r\nAccept: text/event-stream\r\n"
           "Cache-Control: no-cache\r\n\r\n";
  }
  return "GET /ws HTTP/1.1\r\nHost: ci.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Origin: https://ci.example.com\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

/// A short text message, masked with zeros as RFC 6455 §5.3 lets it be.
std::string message() {
  std::string frame = "\x81";
  frame += static_cast<char>(0x80 | kPayload);
  return frame + std::string(4, '\0') + std::string(kPayload, 'm');
}

struct Stream {
  Fd fd;
  std::string head;  // until it is complete
  bool open = false;
  bool asked = false;
  bool line_ended = false;     // the last byte was a newline
  std::size_t echoed = 0;      // bytes of an echo that is not complete
  std::uint64_t received = 0;  // messages or events
  std::deque<Moment> due;      // of the messages whose echoes are awaited
};

class Streams {
 public:
  explicit Streams(const Options& options) : options_(options), streams_(options.connections) {}

  int run() {
    open_all();
    std::puts("warm");
    std::fflush(stdout);
    while (std::getchar() != '\n' && !std::feof(stdin)) {
    }
    drain();
    counting_ = true;
    const Moment begin = SteadyClock::now();
    const Moment end = begin + std::chrono::duration_cast<SteadyClock::duration>(
                                   std::chrono::duration<double>(options_.seconds));
    options_.kind == Kind::kWebSocket ? trickle(begin, end) : listen(end);
    counting_ = false;
    print(std::chrono::duration<double>(SteadyClock::now() - begin).count());
    while (std::getchar() != EOF) {
    }
    return errors_ == 0 ? 0 : 1;
  }

 private:
  void open_all() {
    const Moment end = SteadyClock::now() + 3 * kGrace;
    std::size_t begun = 0;
    while (opened_ < streams_.size() && errors_ == 0) {
      for (; begun < streams_.size() && begun < opened_ + kOpeningMax; ++begun) {
        Stream& s = streams_[begun];
        s.fd = connect_to(options_.port);
        if (!s.fd) die("connect");
        poller_.add(s.fd.get(), EPOLLIN | EPOLLOUT, &s);
      }
      serve(poller_.wait(1000));
      if (SteadyClock::now() > end) fail("not every connection was opened in time");
    }
    if (errors_ > 0) {
      give_up("streams: " + first_error_ + " (" + std::to_string(opened_) + " of " +
              std::to_string(streams_.size()) + " were open)");
    }
  }

  /// What arrived while nobody counted.
  void drain() {
    for (auto events = poller_.wait(0); !events.empty(); events = poller_.wait(0)) serve(events);
  }

  void trickle(Moment begin, Moment end) {
    const std::string frame = message();
    const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
    for (std::uint64_t i = 0; i < total && errors_ == 0; ++i) {
      const Moment due = begin + std::chrono::nanoseconds(static_cast<std::int64_t>(
                                     static_cast<double>(i) * 1e9 / options_.rate));
      while (SteadyClock::now() < due) serve(poller_.wait_until(due));
      Stream& s = streams_[i % streams_.size()];
      s.due.push_back(due);
      ++awaited_;
      if (::send(s.fd.get(), frame.data(), frame.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(frame.size())) {
        fail("a message could not be sent");
      }
    }
    while (awaited_ > 0 && errors_ == 0 && SteadyClock::now() < end + kGrace) {
      serve(poller_.wait(100));
    }
    if (awaited_ > 0) fail("messages did not come back");
  }

  void listen(Moment end) {
    while (SteadyClock::now() < end) serve(poller_.wait_until(end));
    // One a second: a stream may have been between two of them at both ends.
    const auto least = static_cast<std::uint64_t>(std::max(0.0, options_.seconds - 2));
    for (const Stream& s : streams_) {
      if (s.received < least) fail("a stream got too few events");
    }
  }

  void serve(std::span<const epoll_event> events) {
    for (const epoll_event& event : events) {
      Stream& s = *static_cast<Stream*>(event.data.ptr);
      if (!s.asked && (event.events & EPOLLOUT) != 0) ask(s);
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(s);
    }
  }

  void ask(Stream& s) {
    if (::send(s.fd.get(), opening_.data(), opening_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(opening_.size())) {
      return fail("an opening could not be sent");
    }
    s.asked = true;
    poller_.change(s.fd.get(), EPOLLIN, &s);
  }

  void read(Stream& s) {
    const ssize_t got = ::recv(s.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      poller_.change(s.fd.get(), 0, &s);
      return fail(got == 0 ? "a connection was closed" : error_text());
    }
    std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    std::string kept;
    if (!s.open) {
      s.head += bytes;
      const std::size_t end = s.head.find("\r\n\r\n");
      if (end == std::string::npos) return;
      const std::string_view wanted = options_.kind == Kind::kEvents ? " 200 " : " 101 ";
      if (s.head.substr(8, 5) != wanted) return fail("refused: " + s.head.substr(0, 30));
      s.open = true;
      ++opened_;
      kept = std::exchange(s.head, std::string()).substr(end + 4);
      bytes = kept;
    }
    options_.kind == Kind::kEvents ? take_events(s, bytes) : take_echoes(s, bytes.size());
  }

  void take_events(Stream& s, std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n' && s.line_ended && counting_) ++s.received, ++messages_;
      s.line_ended = c == '\n';
    }
  }

  void take_echoes(Stream& s, std::size_t bytes) {
    for (s.echoed += bytes; s.echoed >= kEchoBytes; s.echoed -= kEchoBytes) {
      if (s.due.empty()) return fail("an echo that nobody awaits");
      latency_.record(static_cast<std::uint64_t>(
          std::chrono::nanoseconds(SteadyClock::now() - s.due.front()).count()));
      s.due.pop_front();
      --awaited_;
      ++messages_;
    }
  }

  void fail(std::string why) {
    if (errors_++ == 0) first_error_ = std::move(why);
  }

  void print(double seconds) const {
    std::string why;
    for (const char ch : first_error_) {
      if (ch >= ' ' && ch != '"' && ch != '\\') why += ch;
    }
    std::printf(
        "{\"requests\": %llu, \"errors\": %llu, \"first_error\": \"%s\", \"seconds\": %.6f, "
        "\"latency_us\": {\"p50\": %.1f, \"p99\": %.1f, \"max\": %.1f}}\n",
        static_cast<unsigned long long>(messages_), static_cast<unsigned long long>(errors_),
        why.c_str(), seconds, latency_.percentile(0.50), latency_.percentile(0.99), latency_.max());
    std::fflush(stdout);
  }

  const Options options_;
  const std::string opening_ = opening(options_.kind);
  Poller poller_;
  std::vector<Stream> streams_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  Latency latency_;
  std::string first_error_;
  std::size_t opened_ = 0;
  bool counting_ = false;
  std::uint64_t messages_ = 0, awaited_ = 0, errors_ = 0;
};

}  // namespace
}  // namespace segue::bench

int main(int argc, char** argv) {
  return segue::bench::Streams(segue::bench::parse(argc, argv)).run();
}

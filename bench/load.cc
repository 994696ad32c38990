// A load generator that costs little and checks every answer: C connections in a closed loop, for a
// time or for an exact number of requests.
//
// The exact number is what differences need ("instructions of 6000 requests less those of 2000"),
// and --warm with --hold lets a measurement begin when every connection stands and end before one
// closes.
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "bench/latency.h"
#include "bench/load_options.h"
#include "bench/message.h"
#include "bench/request.h"
#include "bench/sockets.h"
#include "bench/tls.h"

namespace segue::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::uint64_t kErrorsMax = 1000;  // then going on proves nothing

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

struct Connection {
  Fd fd;
  std::unique_ptr<SSL, FreeSsl> ssl;  // null: plain
  const Request* request = nullptr;
  Message response;
  std::uint64_t sent = 0;
  SteadyClock::time_point begun;
  bool busy = false;
  bool used = false;         // an answer has come over it before
  bool wants_write = false;  // as epoll knows it
};

class Load {
 public:
  explicit Load(const LoadOptions& options)
      : options_(options), made_(compose_all(options)), connections_(options.connections) {
    for (Connection& c : connections_) idle_.push_back(&c);
  }

  int run() {
    if (options_.warm > 0) {
      run_phase(options_.warm, 0);
      std::puts("warm");
      std::fflush(stdout);
      while (std::getchar() != '\n' && !std::feof(stdin)) {
      }
      forget();
    }
    begun_ = SteadyClock::now();
    run_phase(options_.requests, options_.requests == 0 ? options_.seconds : 0);
    print(std::chrono::duration<double>(SteadyClock::now() - begun_).count());
    if (options_.hold) {
      while (std::getchar() != EOF) {
      }
    }
    return total_errors_ == 0 ? 0 : 1;
  }

 private:
  /// Counters begin anew; connections stay.
  void forget() {
    latency_ = Latency{};
    requests_ = errors_ = stale_ = opened_ = bytes_ = 0;
  }

  /// Sends `count` requests (0: no end) or as many as fit into `seconds` (0: no end) and awaits
  /// all.
  void run_phase(std::uint64_t count, double seconds) {
    left_ = count > 0 ? count : UINT64_MAX;
    const auto start = SteadyClock::now();
    const auto end = start + std::chrono::duration_cast<SteadyClock::duration>(
                                 std::chrono::duration<double>(seconds));
    auto last_progress = start;
    fill();
    while (in_flight_ > 0) {
      const auto events = poller_.wait(100);
      const auto now = SteadyClock::now();
      if (seconds > 0 && now >= end) left_ = 0;
      if (!events.empty()) last_progress = now;
      if (std::chrono::duration<double>(now - last_progress).count() > options_.stall) {
        std::fprintf(stderr, "load: nothing arrived for %g s, %llu in flight\n", options_.stall,
                     static_cast<unsigned long long>(in_flight_));
        total_errors_ += in_flight_;
        errors_ += in_flight_;
        return;
      }
      for (const epoll_event& event : events) {
        on_event(*static_cast<Connection*>(event.data.ptr), event.events);
      }
      fill();
    }
  }

  /// Starts requests on idle connections, the one that waited longest first.
  void fill() {
    while (left_ > 0 && in_flight_ < options_.in_flight && !idle_.empty() &&
           total_errors_ < kErrorsMax) {
      Connection& c = *idle_.front();
      idle_.pop_front();
      --left_;
      ++in_flight_;
      c.busy = true;
      c.request = &made_[next_];
      next_ = next_ + 1 < made_.size() ? next_ + 1 : 0;
      c.begun = SteadyClock::now();
      send_anew(c);
    }
  }

  void send_anew(Connection& c) {
    c.sent = 0;
    c.response = Message{};
    if (!c.fd) {
      c.ssl.reset();
      c.fd = connect_to(options_.port);
      if (!c.fd) return fail(c, error_text());
      if (tls_ != nullptr) c.ssl.reset(tls_->connect(c.fd.get()));
      c.used = false;
      c.wants_write = false;
      poller_.add(c.fd.get(), EPOLLIN, &c);
      ++opened_;
    }
    send_on(c);
  }

  void send_on(Connection& c) {
    const Request& request = *c.request;
    while (c.sent < request.size()) {
      const std::string_view piece = request.piece(c.sent);
      const ssize_t sent = c.ssl != nullptr
                               ? tls_send(c.ssl.get(), piece.data(), piece.size())
                               : ::send(c.fd.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      if (sent < 0) {
        // Within a handshake it is the answer that is waited for.
        if (c.ssl != nullptr && errno == EAGAIN && SSL_want_read(c.ssl.get())) return;
        // A refused or half-closed connection shows itself to recv(), with whatever answer came
        // first.
        return want_write(c, errno == EAGAIN || errno == EINPROGRESS || errno == ENOTCONN);
      }
      c.sent += static_cast<std::uint64_t>(sent);
    }
    want_write(c, false);
  }

  void want_write(Connection& c, bool wanted) {
    if (c.wants_write == wanted) return;
    c.wants_write = wanted;
    poller_.change(c.fd.get(), EPOLLIN | (wanted ? EPOLLOUT : 0U), &c);
  }

  void on_event(Connection& c, std::uint32_t events) {
    if (!c.fd) return;
    const bool handshaking = c.ssl != nullptr && SSL_in_init(c.ssl.get());
    if (((events & EPOLLOUT) != 0 || handshaking) && c.busy && c.sent < c.request->size()) {
      send_on(c);
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) return;
    // What OpenSSL holds already no event will tell of.
    do {
      if (!c.fd) return;
    } while (read_on(c) && c.ssl != nullptr);
  }

  /// True when there may be more on the same connection.
  bool read_on(Connection& c) {
    // A long body is dropped by the kernel without a copy: only its length is checked.
    const bool drops = c.ssl == nullptr && c.response.droppable() >= kReadBytes;
    const ssize_t got = c.ssl != nullptr ? tls_recv(c.ssl.get(), buffer_.data(), buffer_.size())
                                         : ::recv(c.fd.get(), buffer_.data(), buffer_.size(),
                                                  drops ? MSG_TRUNC : 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) {
      on_closed(c, got == 0 ? "closed before the answer was complete" : error_text());
      return false;
    }
    take(c, got, drops);
    return c.busy;
  }

  void take(Connection& c, ssize_t got, bool drops) {
    if (!c.busy) return fail(c, "bytes that nobody asked for");
    bytes_ += static_cast<std::uint64_t>(got);
    if (drops) {
      c.response.dropped(static_cast<std::uint64_t>(got));
    } else {
      const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
      if (c.response.feed(bytes) != bytes.size()) return fail(c, "bytes behind the answer");
    }
    if (c.response.failed()) return fail(c, "not an HTTP/1.1 response");
    if (c.response.done()) on_response(c);
  }

  void on_closed(Connection& c, const char* why) {
    c.fd.reset();
    if (!c.busy) return;  // an idle connection may be closed at any time
    if (c.used &&
        !c.response.begun()) {  // RFC 9112 §9.3.1: it crossed our request; send that again
      ++stale_;
      return send_anew(c);
    }
    fail(c, why);
  }

  void on_response(Connection& c) {
    const Message& r = c.response;
    if (r.status() != options_.expect_status) {
      return fail(c, "unexpected status " + std::to_string(r.status()));
    }
    if (options_.expect_bytes >= 0 &&
        r.body_bytes() != static_cast<std::uint64_t>(options_.expect_bytes)) {
      return fail(c, "unexpected length " + std::to_string(r.body_bytes()));
    }
    if (!options_.expect_text.empty() && !r.body_begin().starts_with(options_.expect_text)) {
      return fail(c, "unexpected body " + std::string(r.body_begin()));
    }
    latency_.record(
        static_cast<std::uint64_t>(std::chrono::nanoseconds(SteadyClock::now() - c.begun).count()));
    ++requests_;
    c.used = true;
    const bool early = c.sent < c.request->size();  // answered before it was asked in full
    if (options_.close || early || !r.keep_alive()) c.fd.reset();
    finish(c);
  }

  void fail(Connection& c, std::string why) {
    ++errors_;
    ++total_errors_;
    if (first_error_.empty()) first_error_ = std::move(why);
    c.fd.reset();
    if (c.busy) finish(c);
  }

  void finish(Connection& c) {
    c.busy = false;
    --in_flight_;
    idle_.push_back(&c);
  }

  void print(double seconds) const {
    auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::string why;
    for (const char ch : first_error_) {
      if (ch >= ' ' && ch != '"' && ch != '\\') why += ch;
    }
    std::printf(
        "{\"requests\": %llu, \"errors\": %llu, \"first_error\": \"%s\", \"stale\": %llu, "
        "\"opened\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"rate\": %.1f, \"latency_us\": "
        "{\"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"max\": %.1f}}\n",
        number(requests_), number(errors_), why.c_str(), number(stale_), number(opened_),
        number(bytes_), seconds, static_cast<double>(requests_) / seconds,
        latency_.percentile(0.50), latency_.percentile(0.90), latency_.percentile(0.99),
        latency_.percentile(0.999), latency_.max());
    std::fflush(stdout);
  }

  const LoadOptions options_;
  const std::vector<Request> made_;
  std::size_t next_ = 0;  // of them
  const std::unique_ptr<TlsContext> tls_ =
      options_.tls ? std::make_unique<TlsContext>(options_.resume) : nullptr;
  Poller poller_;
  std::vector<Connection> connections_;
  std::deque<Connection*> idle_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  Latency latency_;
  SteadyClock::time_point begun_;
  std::string first_error_;
  std::uint64_t left_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t requests_ = 0, errors_ = 0, stale_ = 0, opened_ = 0, bytes_ = 0;
  std::uint64_t total_errors_ = 0;  // of the warm-up too
};

}  // namespace
}  // namespace segue::bench

int main(int argc, char** argv) {
  return segue::bench::Load(segue::bench::parse_load_options(argc, argv)).run();
}

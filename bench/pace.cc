// Latency at a fixed rate, of several targets in turn: an open loop whose requests leave when they
// are due, whether earlier ones have been answered or not.
//
// A request's latency counts from the moment it was due, not from when it could be sent, so that a
// target that stands still is charged for everything that had to wait (no coordinated omission).
// One process asks all targets, request by request in an order that is shuffled for each pass: what
// disturbs the machine disturbs them alike.
#include <algorithm>
#include <chrono>
#include <deque>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>
#include <sched.h>

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
    "usage: pace --target NAME=PORT [--target NAME=PORT …] [options]\n"
    "  --rate R          (1000) requests per second, over all targets together\n"
    "  --seconds S       (5)\n"
    "  --connections C   (16) per target\n"
    "  --path PATH       (/1024)\n"
    "  --expect-bytes N  (1024) of each answer's body\n"
    "  --seed N          (1) of the order\n"
    "Prints one JSON object; exit code 1 when a request failed.\n";

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::chrono::seconds kGrace{5};       // for what is still on its way at the end
constexpr std::chrono::milliseconds kLead{50};  // before the first request is due
constexpr std::uint64_t kErrorsMax = 100;

struct Target;

struct Connection {
  Fd fd;
  Target* target = nullptr;
  Message response;
  Moment due;
  bool busy = false;
};

struct Target {
  std::string name;
  std::uint16_t port = 0;
  std::vector<Connection> connections;
  std::vector<Connection*> idle;  // the warmest last
  std::deque<Moment> waiting;     // due, but every connection was busy
  Latency latency;
  std::uint64_t requests = 0, errors = 0;
};

struct Options {
  std::deque<Target> targets;
  double rate = 1000, seconds = 5;
  std::uint64_t connections = 16, expect_bytes = 1024, seed = 1;
  std::string path = "/1024";
};

Options parse(int argc, char** argv) {
  Options options;
  Arguments arguments(argc, argv, kUsage);
  while (arguments.next()) {
    if (arguments.is("--target")) {
      const std::string_view text = arguments.text();
      const std::size_t equals = text.find('=');
      Target target;
      target.name = text.substr(0, equals);
      if (equals != std::string_view::npos) {
        std::from_chars(text.data() + equals + 1, text.data() + text.size(), target.port);
      }
      if (target.port == 0) arguments.refuse("--target needs NAME=PORT");
      options.targets.push_back(std::move(target));
    } else if (arguments.is("--rate")) {
      arguments.read(options.rate);
    } else if (arguments.is("--seconds")) {
      arguments.read(options.seconds);
    } else if (arguments.is("--connections")) {
      arguments.read(options.connections);
    } else if (arguments.is("--path")) {
      options.path = arguments.text();
    } else if (arguments.is("--expect-bytes")) {
      arguments.read(options.expect_bytes);
    } else if (arguments.is("--seed")) {
      arguments.read(options.seed);
    } else {
      arguments.refuse_unknown();
    }
  }
  if (options.targets.empty()) arguments.refuse("--target is missing");
  if (options.rate <= 0 || options.seconds <= 0 || options.connections == 0) {
    arguments.refuse("--rate, --seconds and --connections must be above 0");
  }
  return options;
}

class Pace {
 public:
  explicit Pace(Options options)
      : options_(std::move(options)),
        request_(browser_head("GET", options_.path, false) + "\r\n") {}

  int run() {
    for (Target& target : options_.targets) open(target);
    warm();
    const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
    const Moment begin = SteadyClock::now() + kLead;
    for (std::uint64_t i = 0; i < total; ++i) {
      const Moment due = begin + std::chrono::nanoseconds(static_cast<std::int64_t>(
                                     static_cast<double>(i) * 1e9 / options_.rate));
      while (SteadyClock::now() < due) serve(poller_.wait_until(due));
      ask(next_target(), due);
    }
    const Moment end = SteadyClock::now() + kGrace;
    while (outstanding_ > 0 && SteadyClock::now() < end) serve(poller_.wait_until(end));
    print();
    return errors_ + outstanding_ == 0 ? 0 : 1;
  }

 private:
  void open(Target& target) {
    target.connections.resize(options_.connections);
    for (Connection& c : target.connections) {
      c.target = &target;
      open(c);
      target.idle.push_back(&c);
    }
  }
  void open(Connection& c) {
    c.fd = connect_to(c.target->port);
    if (!c.fd) die("connect");
    // Until the connection stands there is nothing to send to; loopback needs no longer than this.
    pollfd writable{c.fd.get(), POLLOUT, 0};
    if (::poll(&writable, 1, static_cast<int>(std::chrono::milliseconds(kGrace).count())) != 1) {
      die("connect");
    }
    poller_.add(c.fd.get(), EPOLLIN, &c);
  }

  /// A few requests over every connection, one at a time, that nobody counts.
  void warm() {
    for (Target& target : options_.targets) {
      for (std::uint64_t i = 0; i < 4 * options_.connections; ++i) {
        std::rotate(target.idle.begin(), target.idle.begin() + 1, target.idle.end());
        const Moment end = SteadyClock::now() + kGrace;
        ask(target, SteadyClock::now());
        while (outstanding_ > 0 && SteadyClock::now() < end) serve(poller_.wait_until(end));
      }
      target.latency = Latency{};
      target.requests = 0;
    }
  }

  Target& next_target() {
    if (order_.empty()) {
      order_.resize(options_.targets.size());
      std::iota(order_.begin(), order_.end(), std::size_t{0});
      std::shuffle(order_.begin(), order_.end(), random_);
    }
    Target& target = options_.targets[order_.back()];
    order_.pop_back();
    return target;
  }

  void ask(Target& target, Moment due) {
    ++outstanding_;
    if (target.idle.empty()) return target.waiting.push_back(due);
    Connection& c = *target.idle.back();
    target.idle.pop_back();
    send(c, due);
  }

  void send(Connection& c, Moment due) {
    c.due = due;
    c.busy = true;
    c.response = Message{};
    const ssize_t sent = ::send(c.fd.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(request_.size())) fail(c);
  }

  void serve(std::span<const epoll_event> events) {
    for (const epoll_event& event : events) read(*static_cast<Connection*>(event.data.ptr));
  }

  void read(Connection& c) {
    const ssize_t got = ::recv(c.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || !c.busy) return fail(c);
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    if (c.response.feed(bytes) != bytes.size() || c.response.failed()) return fail(c);
    if (!c.response.done()) return;
    if (c.response.status() != 200 || c.response.body_bytes() != options_.expect_bytes) {
      return fail(c);
    }
    c.target->latency.record(
        static_cast<std::uint64_t>(std::chrono::nanoseconds(SteadyClock::now() - c.due).count()));
    ++c.target->requests;
    finish(c);
  }

  void fail(Connection& c) {
    ++c.target->errors;
    if (++errors_ > kErrorsMax) {
      give_up("pace: too many requests failed, the last one to " + c.target->name);
    }
    open(c);
    if (c.busy) finish(c);
  }

  void finish(Connection& c) {
    c.busy = false;
    --outstanding_;
    Target& target = *c.target;
    if (target.waiting.empty()) return target.idle.push_back(&c);
    const Moment due = target.waiting.front();
    target.waiting.pop_front();
    send(c, due);
  }

  void print() const {
    const unsigned long long failed = errors_ + outstanding_;
    std::printf("{\"errors\": %llu, \"scheduler\": \"%s\", \"targets\": {", failed,
                ::sched_getscheduler(0) == SCHED_FIFO ? "fifo" : "other");
    const char* separator = "";
    for (const Target& t : options_.targets) {
      std::printf(
          "%s\"%s\": {\"requests\": %llu, \"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f, "
          "\"max\": %.2f}",
          separator, t.name.c_str(), static_cast<unsigned long long>(t.requests),
          t.latency.percentile(0.50), t.latency.percentile(0.99), t.latency.percentile(0.999),
          t.latency.max());
      separator = ", ";
    }
    std::puts("}}");
  }

  Options options_;
  const std::string request_;
  Poller poller_;
  std::vector<char> buffer_ = std::vector<char>(kReadBytes);
  std::mt19937_64 random_{options_.seed};
  std::vector<std::size_t> order_;  // what is left of this pass
  std::uint64_t outstanding_ = 0, errors_ = 0;
};

}  // namespace
}  // namespace segue::bench

int main(int argc, char** argv) {
  return segue::bench::Pace(segue::bench::parse(argc, argv)).run();
}

// A bare TCP relay, the floor under every proxy: bytes go between two sockets and nobody looks at
// them. One thread, one epoll set, one connection to the origin per client, one buffer for all.
//
// What it costs is what the kernel takes for receiving and sending the same bytes; a proxy that
// also understands HTTP can come near it, and is below it only where it writes less often than it
// reads. With --splice a direction that fills the buffer goes on through a pipe: the floor of long
// bodies.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>

#include "bench/arguments.h"
#include "bench/sockets.h"

namespace segue::bench {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr int kPipeBytes = 1024 * 1024;  // what /proc/sys/fs/pipe-max-size allows everybody

struct Pair;

/// One of a pair's two sockets, and what its peer has sent but it has not taken yet.
struct Side {
  Fd fd;
  Pair* pair = nullptr;
  Side* peer = nullptr;
  std::string pending;    // bytes for this side that its socket did not take
  std::size_t piped = 0;  // bytes for this side that are in `pipe`
  Fd pipe_in, pipe_out;   // only while splicing
  bool ended = false;     // nothing more will come from it
  bool shut = false;      // nothing more will be written to it
  std::uint32_t armed = EPOLLIN;

  bool backlogged() const { return !pending.empty() || piped > 0; }
};

struct Pair {
  Side client, origin;
  bool over = false;
};

class Relay {
 public:
  Relay(Fd listener, std::uint16_t origin, bool splices)
      : listener_(std::move(listener)), origin_(origin), splices_(splices) {
    poller_.add(listener_.get(), EPOLLIN, nullptr);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : poller_.wait(-1)) {
        if (event.data.ptr == nullptr) {
          accept_all();
        } else {
          on_event(*static_cast<Side*>(event.data.ptr), event.events);
        }
      }
      over_.clear();  // not before: a later event may have named the other side
    }
  }

 private:
  void accept_all() {
    for (;;) {
      Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!client) return;
      no_delay(client.get());
      Fd origin = connect_to(origin_);
      if (!origin) return;
      auto* pair = new Pair;  // deleted by way of over_
      begin(*pair, pair->client, pair->origin, std::move(client));
      begin(*pair, pair->origin, pair->client, std::move(origin));
    }
  }

  void begin(Pair& pair, Side& side, Side& peer, Fd fd) {
    side.fd = std::move(fd);
    side.pair = &pair;
    side.peer = &peer;
    poller_.add(side.fd.get(), EPOLLIN, &side);
  }

  void on_event(Side& side, std::uint32_t events) {
    if (side.pair->over) return;
    bool good = true;
    if ((events & EPOLLOUT) != 0) good = flush(side);
    if (good && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && !side.ended &&
        !side.peer->backlogged()) {
      good = side.peer->pipe_in ? splice_on(side) : read_on(side);
    }
    if (!good || (side.shut && side.peer->shut)) return finish(*side.pair);
    arm(side);
    arm(*side.peer);
  }

  // All of these return false when the pair has to end at once.

  bool read_on(Side& from) {
    const ssize_t got = ::recv(from.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return end_of(from);
    Side& to = *from.peer;
    const auto size = static_cast<std::size_t>(got);
    const ssize_t sent = ::send(to.fd.get(), buffer_.data(), size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    const auto taken = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    to.pending.append(buffer_.data() + taken, size - taken);
    if (splices_ && size == buffer_.size()) open_pipe(to);
    return true;
  }

  /// A direction that filled the buffer once is a long body; without a pipe it stays as it is.
  static void open_pipe(Side& to) {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return;
    to.pipe_out = Fd(ends[0]);
    to.pipe_in = Fd(ends[1]);
    ::fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
  }

  static bool splice_on(Side& from) {
    Side& to = *from.peer;
    const ssize_t got = ::splice(from.fd.get(), nullptr, to.pipe_in.get(), nullptr, kPipeBytes,
                                 SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return end_of(from);
    to.piped = static_cast<std::size_t>(got);
    return flush(to);
  }

  static bool flush(Side& to) {
    if (!to.pending.empty()) {
      const ssize_t sent = ::send(to.fd.get(), to.pending.data(), to.pending.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      to.pending.erase(0, static_cast<std::size_t>(sent));
      if (!to.pending.empty()) return true;
      to.pending.shrink_to_fit();
    }
    while (to.piped > 0) {
      const ssize_t sent = ::splice(to.pipe_out.get(), nullptr, to.fd.get(), nullptr, to.piped,
                                    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      to.piped -= static_cast<std::size_t>(sent);
    }
    return to.peer->ended && !to.shut ? shut(to) : true;
  }

  static bool end_of(Side& from) {
    from.ended = true;
    return from.peer->backlogged() || shut(*from.peer);
  }

  static bool shut(Side& to) {
    to.shut = true;
    return ::shutdown(to.fd.get(), SHUT_WR) == 0;
  }

  /// Reads where there is room to write to, and waits for room where there is none.
  void arm(Side& side) {
    std::uint32_t wanted = 0;
    if (!side.ended && !side.peer->backlogged()) wanted |= EPOLLIN;
    if (side.backlogged()) wanted |= EPOLLOUT;
    if (wanted == side.armed) return;
    side.armed = wanted;
    poller_.change(side.fd.get(), wanted, &side);
  }

  void finish(Pair& pair) {
    pair.over = true;
    pair.client.fd.reset();
    pair.origin.fd.reset();
    over_.emplace_back(&pair);
  }

  Fd listener_;
  const std::uint16_t origin_;
  const bool splices_;
  Poller poller_;
  std::vector<char> buffer_ = std::vector<char>(kBufferBytes);
  std::vector<std::unique_ptr<Pair>> over_;
};

constexpr std::string_view kUsage =
    "usage: relay --port P --origin P [--splice]\n"
    "Passes bytes between clients of 127.0.0.1:PORT and 127.0.0.1:ORIGIN, until it is killed.\n"
    "  --splice    long transfers through a pipe, without a copy\n";

[[noreturn]] void run(int argc, char** argv) {
  std::uint16_t port = 0, origin = 0;
  bool splices = false;
  Arguments arguments(argc, argv, kUsage);
  while (arguments.next()) {
    if (arguments.is("--port")) {
      arguments.read(port);
    } else if (arguments.is("--origin")) {
      arguments.read(origin);
    } else if (arguments.is("--splice")) {
      splices = true;
    } else {
      arguments.refuse_unknown();
    }
  }
  if (origin == 0) arguments.refuse("--origin is missing");
  Relay(listen_on(port), origin, splices).run();
}

}  // namespace
}  // namespace segue::bench

int main(int argc, char** argv) {
  segue::bench::run(argc, argv);
}

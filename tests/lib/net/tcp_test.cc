// A Tcp over real sockets: pressure, endings of every kind, and death within its own events.
#include "lib/net/tcp.h"

#include <functional>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/run_until.h"
#include "tests/support/sockets.h"

namespace segue::net {
namespace {

using tests::Fd;
using tests::run_until;

constexpr int kSmallBuffer = 4096;  // the kernel doubles it; small enough to be full soon

struct Side final : TransportEvents {
  Side(Loop& loop, ChunkPool& chunks, Watermarks marks = {})
      : tcp(std::make_unique<Tcp>(loop, chunks, *this, marks)) {}

  std::unique_ptr<Tcp> tcp;
  std::string text;
  int connected = 0, drained = 0, failures = 0;
  bool ended = false, broken = false;
  Error error;
  std::function<void()> then;  // after each event

  void on_connected() override { ++connected, after(); }
  void on_readable() override {
    char space[4096];
    const ReadResult got = tcp->read(space);
    if (got.kind == ReadResult::Kind::kBytes) text.append(space, got.bytes);
    ended = ended || got.kind == ReadResult::Kind::kEnd;
    broken = broken || got.kind == ReadResult::Kind::kFailed;
    if (ended || broken) tcp->read_stop();
    after();
  }
  void on_drained() override { ++drained, after(); }
  void on_failed(Error why) override {
    ++failures;
    error = why;
    after();
  }
  void after() {
    if (then) then();
  }

  Pressure write(std::string_view bytes) {
    const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
    return tcp->write({&piece, 1});
  }
  void adopt(Fd& fd) { tcp->adopt(fd.release()); }
};

struct Bench {
  Loop loop;
  ChunkPool chunks;
  std::pair<Fd, Fd> pair = tests::tcp_pair();
  Fd& peer = pair.second;
  void turns(int count) {
    for (int i = 0; i < count; ++i) uv_run(loop.uv(), UV_RUN_ONCE);
  }
};

std::string numbered(std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; out.size() < bytes; ++i) out += std::to_string(i) + ",";
  out.resize(bytes);
  return out;
}

}  // namespace

TEST_SUITE("lib/net/tcp") {
  TEST_CASE("what goes through a pipe arrives whole and in order, however slowly it is read") {
    Bench bench;
    std::pair<Fd, Fd> out = tests::tcp_pair();
    setsockopt(out.first.get(), SOL_SOCKET, SO_SNDBUF, &kSmallBuffer, sizeof(kSmallBuffer));
    Side from(bench.loop, bench.chunks), to(bench.loop, bench.chunks);
    from.adopt(bench.pair.first);
    to.adopt(out.first);
    SplicePipe pipe;
    REQUIRE(pipe.ready());
    const std::string sent = numbered(3'000'000);
    std::string expected, got;
    std::size_t given = 0, taken = 0;
    bool full = false;
    while (taken < sent.size() || got.size() < expected.size()) {
      if (given < sent.size()) {
        const ssize_t n =
            ::send(bench.peer.get(), sent.data() + given, sent.size() - given, MSG_DONTWAIT);
        if (n > 0) given += static_cast<std::size_t>(n);
      }
      const ReadResult read = to.tcp->queued() == 0 ? from.tcp->read(pipe, 300'000) : ReadResult{};
      if (read.kind == ReadResult::Kind::kBytes) {
        const std::string frame = "[" + std::to_string(read.bytes) + "]";
        expected += frame + sent.substr(taken, read.bytes);
        taken += read.bytes;
        const iovec piece{const_cast<char*>(frame.data()), frame.size()};
        full = to.tcp->write({&piece, 1}, pipe) == Pressure::kFull || full;
        REQUIRE(pipe.size() == 0);
      }
      char space[8192];
      const ssize_t n = ::recv(out.second.get(), space, sizeof(space), MSG_DONTWAIT);
      if (n > 0) got.append(space, static_cast<std::size_t>(n));
      uv_run(bench.loop.uv(), UV_RUN_NOWAIT);
    }
    CHECK((got == expected));
    CHECK(full);
    CHECK(to.drained > 0);
  }

  TEST_CASE("a pipe whose receiver is gone is empty afterwards, and the write has failed") {
    Bench bench;
    std::pair<Fd, Fd> out = tests::tcp_pair();
    Side from(bench.loop, bench.chunks), to(bench.loop, bench.chunks);
    from.adopt(bench.pair.first);
    to.adopt(out.first);
    REQUIRE(::send(bench.peer.get(), "hello", 5, 0) == 5);
    out.second.reset();
    SplicePipe pipe;
    REQUIRE(pipe.ready());
    ReadResult read;
    while (read.kind == ReadResult::Kind::kAgain) read = from.tcp->read(pipe, 100);
    CHECK(read.bytes == 5);
    while (!to.tcp->failed()) to.write("x");  // until the reset is known
    CHECK(to.tcp->write({}, pipe) == Pressure::kOk);
    CHECK(pipe.size() == 0);
    CHECK(pipe.ready());
    bench.peer.close();
    do {
      read = from.tcp->read(pipe, 100);
    } while (read.kind == ReadResult::Kind::kAgain);
    CHECK(read.kind == ReadResult::Kind::kEnd);
  }

  TEST_CASE("pieces that others follow arrive before them, and all of them do") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    const std::string sent = numbered(3000);
    for (std::size_t at = 0; at < sent.size(); at += 1000) {
      const iovec piece{const_cast<char*>(sent.data()) + at, 1000};
      at < 2000 ? side.tcp->write_more({&piece, 1}) : side.tcp->write({&piece, 1});
    }
    std::string got;
    while (got.size() < sent.size()) REQUIRE(tests::receive(bench.peer, got));
    CHECK(got == sent);
  }

  TEST_CASE("what the peer sends is read, to its end") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->read_start();
    tests::send_all(bench.peer, "hello");
    run_until(bench.loop, [&] { return side.text == "hello"; });
    CHECK_FALSE(side.tcp->has_input());
    bench.peer.close();
    run_until(bench.loop, [&] { return side.ended; });
    CHECK(side.failures == 0);
  }

  TEST_CASE("a side that does not read is told nothing, and finds everything later") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->read_stop();
    tests::send_all(bench.peer, "later");
    ::shutdown(bench.peer.get(), SHUT_WR);
    bench.turns(3);
    CHECK(side.text.empty());
    CHECK(side.tcp->has_input());
    side.tcp->read_start();
    run_until(bench.loop, [&] { return side.ended; });
    CHECK(side.text == "later");
    CHECK(side.failures == 0);
  }

  TEST_CASE("a full way out says so once, drains once at the low mark, and loses nothing") {
    Bench bench;
    Side side(bench.loop, bench.chunks, {65'536, 16'384});
    setsockopt(bench.pair.first.get(), SOL_SOCKET, SO_SNDBUF, &kSmallBuffer, sizeof(kSmallBuffer));
    side.adopt(bench.pair.first);
    const std::string page = numbered(16'384);
    std::string sent, got;
    while (side.write(page) == Pressure::kOk) sent += page;
    sent += page;
    CHECK(side.tcp->queued() >= 65'536);
    CHECK(side.drained == 0);
    side.then = [&] { CHECK(side.tcp->queued() <= 16'384); };
    run_until(bench.loop, [&] {
      CHECK(tests::receive(bench.peer, got));
      return side.drained == 1 && got.size() == sent.size();
    });
    CHECK((got == sent));
    CHECK(side.drained == 1);
    CHECK(side.tcp->queued() == 0);
    CHECK(side.tcp->sent() == sent.size());
    CHECK(bench.chunks.in_use() == 0);
  }

  TEST_CASE("pieces that the kernel takes in part are continued where it stopped") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    setsockopt(bench.pair.first.get(), SOL_SOCKET, SO_SNDBUF, &kSmallBuffer, sizeof(kSmallBuffer));
    side.adopt(bench.pair.first);
    const std::string text = numbered(3'000'000);
    std::vector<iovec> pieces;
    for (std::size_t at = 0, i = 0; at < text.size(); ++i) {
      const std::size_t size = std::min(text.size() - at, i % 3 == 0 ? std::size_t{0} : 7'919 * i);
      pieces.push_back({const_cast<char*>(text.data()) + at, size});
      at += size;
    }
    CHECK(side.tcp->write(pieces) == Pressure::kFull);
    CHECK(side.tcp->queued() > 0);
    CHECK(side.tcp->queued() + side.tcp->sent() == text.size());
    std::string got;
    run_until(bench.loop, [&] {
      CHECK(tests::receive(bench.peer, got));
      return got.size() == text.size();
    });
    CHECK((got == text));
  }

  TEST_CASE("the end is sent after everything queued, and the peer may go on sending") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    setsockopt(bench.pair.first.get(), SOL_SOCKET, SO_SNDBUF, &kSmallBuffer, sizeof(kSmallBuffer));
    side.adopt(bench.pair.first);
    const std::string text = numbered(1'000'000);
    side.write(text);
    side.tcp->shutdown();
    side.tcp->shutdown();
    CHECK(side.tcp->queued() > 0);
    std::string got;
    run_until(bench.loop, [&] { return !tests::receive(bench.peer, got); });
    CHECK((got == text));
    run_until(bench.loop, [&] { return side.drained > 0; });
    CHECK(side.drained == 1);
    side.tcp->read_start();
    tests::send_all(bench.peer, "still here");
    bench.peer.close();
    run_until(bench.loop, [&] { return side.ended; });
    CHECK(side.text == "still here");
  }

  TEST_CASE("bytes of a peer that ended wait for a reader on hold, also when this side has ended") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->read_stop();
    side.tcp->shutdown();
    tests::send_all(bench.peer, "the rest");
    ::shutdown(bench.peer.get(), SHUT_WR);
    bench.turns(3);
    CHECK(side.failures == 0);
    side.tcp->read_start();
    run_until(bench.loop, [&] { return side.ended; });
    CHECK(side.text == "the rest");
    CHECK(side.failures == 0);
  }

  TEST_CASE("a connection that is over both ways does not keep the loop busy") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->read_stop();
    side.tcp->shutdown();
    bench.peer.close();
    int turns = 0;
    bench.loop.before_poll([&] { ++turns; });
    const Instant until = now() + Millis(200);
    while (now() < until) uv_run(bench.loop.uv(), UV_RUN_ONCE);
    CHECK(turns < 50);  // the timer's alone are about six
    bench.loop.before_poll(nullptr);
  }

  TEST_CASE("a reset is a failed read for who reads, after the bytes that came before it") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->read_start();
    bench.peer.reset();
    run_until(bench.loop, [&] { return side.broken; });
    CHECK_FALSE(side.ended);
  }

  TEST_CASE("a reset is told to who does not read") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->read_stop();
    bench.peer.reset();
    run_until(bench.loop, [&] { return side.failures > 0; });
    CHECK(side.failures == 1);
    CHECK(side.error.fault == Fault::kReset);
  }

  TEST_CASE("urgent data, which nobody reads, ends a connection on hold") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->read_stop();
    REQUIRE(::send(bench.peer.get(), "!", 1, MSG_OOB) == 1);
    run_until(bench.loop, [&] { return side.failures > 0; });
    CHECK(side.failures == 1);
  }

  TEST_CASE("writing to a peer that is gone shows in failed() and drops what is queued") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    bench.peer.reset();
    run_until(bench.loop, [&] {
      side.write("x");
      return side.tcp->failed();
    });
    CHECK(side.write(std::string(100'000, 'x')) == Pressure::kOk);
    CHECK(side.tcp->queued() == 0);
    CHECK(bench.chunks.in_use() == 0);
  }

  TEST_CASE("a peer that vanishes while a queue waits for it is told, once") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    setsockopt(bench.pair.first.get(), SOL_SOCKET, SO_SNDBUF, &kSmallBuffer, sizeof(kSmallBuffer));
    side.adopt(bench.pair.first);
    side.tcp->read_stop();
    side.write(numbered(3'000'000));
    REQUIRE(side.tcp->queued() > 0);
    bench.peer.close();  // with bytes unread: RST
    run_until(bench.loop, [&] { return side.failures > 0; });
    bench.turns(3);
    CHECK(side.failures == 1);
  }

  TEST_CASE(
      "a connection is made, never from inside connect(), and what was written before leaves") {
    Loop loop;
    ChunkPool chunks;
    const Fd listener = tests::listen_somewhere();
    Side side(loop, chunks);
    Error error;
    REQUIRE(side.tcp->connect(bound_address(listener.get()), error));
    CHECK(side.connected == 0);
    side.write("early");
    CHECK(side.tcp->queued() == 5);
    run_until(loop, [&] { return side.connected == 1; });
    const Fd there(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    std::string got;
    run_until(loop, [&] { return tests::receive(there, got) && got == "early"; });
    CHECK(side.tcp->connect_errno() == 0);
    CHECK(side.connected == 1);
  }

  TEST_CASE("an end asked for while connecting comes after the connection, not instead of it") {
    Loop loop;
    ChunkPool chunks;
    const Fd listener = tests::listen_somewhere();
    Side side(loop, chunks);
    Error error;
    REQUIRE(side.tcp->connect(bound_address(listener.get()), error));
    side.tcp->shutdown();
    run_until(loop, [&] { return side.connected + side.failures > 0; });
    CHECK(side.connected == 1);
    const Fd there(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    std::string got;
    run_until(loop, [&] { return !tests::receive(there, got); });
  }

  TEST_CASE("a refused connection is the upstream's fault and may always be tried elsewhere") {
    Loop loop;
    ChunkPool chunks;
    Fd listener = tests::listen_somewhere();
    const SocketAddress address = bound_address(listener.get());
    listener.close();
    Side side(loop, chunks);
    Error error;
    if (side.tcp->connect(address, error)) {
      run_until(loop, [&] { return side.failures > 0; });
      error = side.error;
    }
    CHECK(side.connected == 0);
    CHECK(error.fault == Fault::kConnectFailed);
    CHECK(error.side == segue::Side::kUpstream);
    CHECK(side.tcp->connect_errno() == ECONNREFUSED);
  }

  TEST_CASE("a UNIX socket that does not exist is refused at once") {
    Loop loop;
    ChunkPool chunks;
    Side side(loop, chunks);
    Error error;
    CHECK_FALSE(side.tcp->connect(*SocketAddress::parse("unix:@segue-nobody-listens-here"), error));
    CHECK(error.fault == Fault::kConnectFailed);
    CHECK(side.tcp->fd() == -1);
  }

  TEST_CASE("a Tcp may be destroyed inside each of its events") {
    SUBCASE("readable") {
      Bench bench;
      Side side(bench.loop, bench.chunks);
      side.adopt(bench.pair.first);
      side.then = [&] { side.tcp.reset(); };
      side.tcp->read_start();
      tests::send_all(bench.peer, "x");
      run_until(bench.loop, [&] { return side.tcp == nullptr; });
      std::string got;
      run_until(bench.loop, [&] { return !tests::receive(bench.peer, got); });
    }
    SUBCASE("drained, with the descriptor readable in the same turn") {
      Bench bench;
      Side side(bench.loop, bench.chunks);
      setsockopt(bench.pair.first.get(), SOL_SOCKET, SO_SNDBUF, &kSmallBuffer,
                 sizeof(kSmallBuffer));
      side.adopt(bench.pair.first);
      side.tcp->read_start();
      while (side.write(numbered(16'384)) == Pressure::kOk) {
      }
      side.then = [&] {
        if (side.drained > 0) side.tcp.reset();
      };
      std::string got;
      run_until(bench.loop, [&] {
        tests::receive(bench.peer, got);
        if (side.tcp != nullptr) tests::send_all(bench.peer, "x");
        return side.tcp == nullptr;
      });
      CHECK(bench.chunks.in_use() == 0);
    }
    SUBCASE("failed") {
      Bench bench;
      Side side(bench.loop, bench.chunks);
      side.adopt(bench.pair.first);
      side.tcp->read_stop();
      side.then = [&] { side.tcp.reset(); };
      bench.peer.reset();
      run_until(bench.loop, [&] { return side.tcp == nullptr; });
    }
    SUBCASE("failed while a queue was being sent") {
      Bench bench;
      Side side(bench.loop, bench.chunks);
      setsockopt(bench.pair.first.get(), SOL_SOCKET, SO_SNDBUF, &kSmallBuffer,
                 sizeof(kSmallBuffer));
      side.adopt(bench.pair.first);
      side.tcp->read_stop();
      side.write(numbered(3'000'000));
      side.then = [&] { side.tcp.reset(); };
      bench.peer.reset();
      run_until(bench.loop, [&] { return side.tcp == nullptr; });
    }
    SUBCASE("connected") {
      Loop loop;
      ChunkPool chunks;
      const Fd listener = tests::listen_somewhere();
      Side side(loop, chunks);
      side.then = [&] { side.tcp.reset(); };
      Error error;
      REQUIRE(side.tcp->connect(bound_address(listener.get()), error));
      run_until(loop, [&] { return side.tcp == nullptr; });
    }
    SUBCASE("before any event, while connecting") {
      Loop loop;
      ChunkPool chunks;
      const Fd listener = tests::listen_somewhere();
      Side side(loop, chunks);
      Error error;
      REQUIRE(side.tcp->connect(bound_address(listener.get()), error));
      side.tcp.reset();
      uv_run(loop.uv(), UV_RUN_ONCE);
      CHECK(side.connected == 0);
    }
  }

  TEST_CASE("a descriptor reused at once by another connection gets no events of the old one") {
    Bench bench;
    Side old(bench.loop, bench.chunks);
    old.adopt(bench.pair.first);
    old.tcp->read_start();
    tests::send_all(bench.peer, "old");
    const int number = old.tcp->fd();
    old.tcp.reset();
    auto next = tests::tcp_pair();
    Side side(bench.loop, bench.chunks);
    Fd& mine = next.first.get() == number ? next.first : next.second;
    const Fd& other = &mine == &next.first ? next.second : next.first;
    side.adopt(mine);
    side.tcp->read_start();
    tests::send_all(other, "new");
    run_until(bench.loop, [&] { return !side.text.empty(); });
    CHECK(side.text == "new");
    CHECK(old.text.empty());
  }

  TEST_CASE("a side that asked for it ends with a reset, so that nothing looks complete") {
    Bench bench;
    Side side(bench.loop, bench.chunks);
    side.adopt(bench.pair.first);
    side.tcp->reset_on_close();
    side.tcp.reset();
    char byte;
    run_until(bench.loop,
              [&] { return ::recv(bench.peer.get(), &byte, 1, 0) != -1 || errno != EAGAIN; });
    CHECK(::recv(bench.peer.get(), &byte, 1, 0) == 0);  // the error was reported once, by the first
  }
}

}  // namespace segue::net

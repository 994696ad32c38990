// Accepting: real ports, leftover socket files, and what happens when descriptors run out.
#include "lib/net/listener.h"

#include <memory>
#include <vector>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/run_until.h"
#include "tests/support/sockets.h"
#include "tests/support/temp_dir.h"

namespace segue::net {
namespace {

using tests::Fd;
using tests::run_until;

struct Accepted final : Listener::Events {
  std::vector<Fd> fds;
  std::vector<SocketAddress> peers;
  std::unique_ptr<Listener>* doomed = nullptr;  // destroyed by the first connection

  void on_accepted(Listener&, int fd, const SocketAddress& peer) override {
    fds.emplace_back(fd);
    peers.push_back(peer);
    if (doomed != nullptr) doomed->reset();
  }
};

/// Lowers the limit of descriptors to those open now, for as long as it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const Fd probe(::dup(0));
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(probe.get());
    setrlimit(RLIMIT_NOFILE, &none);
    // Gaps below the lowest free number cannot be: dup() gives the lowest.
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_SUITE("lib/net/listener") {
  TEST_CASE("a port of 0 picks one, and connections come with the address of their peer") {
    Loop loop;
    Accepted events;
    const int fd = tests::listen_somewhere().release();
    const SocketAddress address = bound_address(fd);
    CHECK(address.port() > 0);
    Listener listener(loop, events, fd);
    const Fd client = tests::connect_to(address);
    run_until(loop, [&] { return events.fds.size() == 1; });
    CHECK(events.peers[0] == bound_address(client.get()));
  }

  TEST_CASE("a flood of connections is accepted over several turns, all of it") {
    Loop loop;
    Accepted events;
    const int fd = tests::listen_somewhere(128).release();
    const SocketAddress address = bound_address(fd);
    Listener listener(loop, events, fd);
    std::vector<Fd> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(tests::connect_to(address));
    uv_run(loop.uv(), UV_RUN_ONCE);
    CHECK(events.fds.size() < 100);
    run_until(loop, [&] { return events.fds.size() == 100; });
  }

  TEST_CASE("what waits in the kernel's queue can be accepted before closing") {
    Loop loop;
    Accepted events;
    const int fd = tests::listen_somewhere().release();
    const SocketAddress address = bound_address(fd);
    Listener listener(loop, events, fd);
    std::vector<Fd> clients;
    for (int i = 0; i < 40; ++i) clients.push_back(tests::connect_to(address));
    listener.accept_waiting();
    CHECK(events.fds.size() == 40);
  }

  TEST_CASE("a connection may destroy the listener that brought it") {
    Loop loop;
    Accepted events;
    const int fd = tests::listen_somewhere().release();
    const SocketAddress address = bound_address(fd);
    auto listener = std::make_unique<Listener>(loop, events, fd);
    events.doomed = &listener;
    const Fd first = tests::connect_to(address), second = tests::connect_to(address);
    run_until(loop, [&] { return listener == nullptr; });
    CHECK(events.fds.size() == 1);
  }

  TEST_CASE(
      "without descriptors a connection is refused, not left hanging, and later ones are served") {
    Loop loop;
    Accepted events;
    const int fd = tests::listen_somewhere().release();
    const SocketAddress address = bound_address(fd);
    Listener listener(loop, events, fd);
    uv_run(loop.uv(), UV_RUN_ONCE);
    const Fd client = tests::connect_to(address), another = tests::connect_to(address);
    {
      const NoDescriptors none;
      std::string got;
      run_until(loop,
                [&] { return !tests::receive(client, got) && !tests::receive(another, got); });
      CHECK(got.empty());
      CHECK(events.fds.empty());
    }
    const Fd later = tests::connect_to(address);
    run_until(loop, [&] { return events.fds.size() == 1; });
  }

  TEST_CASE("two listeners share a port, and an address in use by another kind is a sentence") {
    const Fd one = tests::listen_somewhere();
    const auto two = bind_listener(bound_address(one.get()), 16);
    REQUIRE(two.ok());
    ::close(*two);
    const auto nowhere = bind_listener(*SocketAddress::parse("192.0.2.1:0"), 16);
    REQUIRE_FALSE(nowhere.ok());
    CHECK(nowhere.error().find("192.0.2.1:0") != std::string::npos);
  }

  TEST_CASE(
      "a socket file that nobody listens on is replaced, a living one and other files are not") {
    const tests::TempDir directory;
    const std::string path = directory / "a.sock";
    const SocketAddress address = *SocketAddress::parse("unix:" + path);
    const auto first = bind_listener(address, 16);
    REQUIRE(first.ok());
    CHECK_FALSE(bind_listener(address, 16).ok());
    ::close(*first);
    const auto second = bind_listener(address, 16);
    REQUIRE(second.ok());
    const Fd client = tests::connect_to(address);
    ::close(*second);
    const std::string file = directory / "data";
    const Fd plain(::open(file.c_str(), O_CREAT | O_WRONLY, 0600));
    CHECK_FALSE(bind_listener(*SocketAddress::parse("unix:" + file), 16).ok());
    CHECK(::access(file.c_str(), F_OK) == 0);
  }
}

}  // namespace segue::net

// A body from a real socket, as far as it has come: what goes through the pipe and what through
// memory arrives once, in order, and the pipe is empty afterwards.
#include "proxy/body_reader.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/http/h1_parser.h"
#include "tests/support/sockets.h"

namespace segue::proxy {
namespace {

using Kind = net::ReadResult::Kind;

/// Whom the body is told; what comes through the pipe is taken out of it.
struct Receiver final : http::StreamEvents {
  std::string text;
  std::vector<std::size_t> piped;  // bytes at a time
  bool pipes = true, whole = false, failed = false;
  std::function<void()> then = [] {};

  void on_head(http::Head&) override {}
  void on_body(Bytes bytes) override {
    text.append(bytes.data(), bytes.size());
    then();
  }
  void on_piped(SplicePipe& pipe) override {
    piped.push_back(pipe.size());
    std::array<char, 4096> space;
    while (const std::size_t n = pipe.read(space)) text.append(space.data(), n);
    then();
  }
  bool takes_pipe() const noexcept override { return pipes; }
  void on_end(std::span<const http::Field>) override { whole = true; }
  void on_full() override {}
  void on_drained() override {}
  void on_failed(Error) override { failed = true; }
};

struct Memory {
  SplicePipe pipe_;
  std::vector<char> buffer = std::vector<char>(Bulk::kReadMore);
  SplicePipe& pipe() noexcept { return pipe_; }
  std::span<char> read_buffer() noexcept { return buffer; }
};

/// A non-blocking descriptor as a wire.
struct Wire {
  int fd;
  static net::ReadResult result(ssize_t n) {
    if (n > 0) return {Kind::kBytes, static_cast<std::size_t>(n)};
    return {n == 0 ? Kind::kEnd : errno == EAGAIN ? Kind::kAgain : Kind::kFailed, 0};
  }
  net::ReadResult read(std::span<char> space) const {
    return result(::recv(fd, space.data(), space.size(), 0));
  }
  net::ReadResult read(SplicePipe& pipe, std::size_t max) const {
    return result(pipe.fill(fd, max));
  }
};

/// A connection that is nothing but its body: chunked, or of `length` bytes.
struct Connection final : http::H1Parser::BodySink {
  explicit Connection(std::uint64_t length = 0) : remaining(length), chunked(length == 0) {
    auto [near, far] = tests::tcp_pair();
    near_end = std::move(near);
    far_end = std::move(far);
    tcp_.fd = near_end.get();
    bulk_.begin();
    constexpr std::string_view kHead =
        "POST / HTTP/1.1\r\nHost: ci\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::span<char> space = head.space();
    std::memcpy(space.data(), kHead.data(), kHead.size());
    head.filled(kHead.size());
    parser.begin(http::H1Parser::Kind::kRequest, {});
    REQUIRE(parser.parse_head(head).ok());
  }

  http::StreamEvents* receiver() noexcept { return gone ? nullptr : &told; }
  std::uint64_t left() const noexcept { return chunked ? parser.chunk_left() : remaining; }
  std::uint64_t chunk() const noexcept { return chunked ? parser.chunk_bytes() : 0; }
  bool is_reading() const noexcept { return !held && !gone && !told.whole && !told.failed; }
  void skip(std::size_t bytes) noexcept {
    chunked ? parser.skip_chunk_data(bytes) : void(remaining -= bytes);
  }
  bool end_if_whole() {
    if (chunked || remaining > 0) return false;
    told.on_end({});
    return true;
  }
  void on_peer_end(bool clean) { ended = clean ? "clean" : "broken"; }
  void feed(Bytes bytes) {
    if (!chunked) {
      remaining -= bytes.size();
      told.on_body(bytes);
      end_if_whole();
      return;
    }
    const Result<std::size_t> consumed = parser.feed_chunked(bytes, *this);
    if (gone) return;
    if (!consumed || parser.done()) pass_pipe(worker_.pipe(), receiver());
    if (!consumed) return told.on_failed(consumed.error());
    if (parser.done()) told.on_end(parser.trailers());
  }
  void on_chunk_data(Bytes bytes) override {
    pass_pipe(worker_.pipe(), receiver());
    if (!gone) told.on_body(bytes);
  }

  /// One event.
  void read() {
    BodyReader(*this).read();
    CHECK(worker_.pipe().size() == 0);
  }
  /// Sends all of `text`, and reads whenever no more of it fits.
  void pass(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(far_end.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
      if (n <= 0) read();
    }
  }

  Bulk bulk_;
  Memory worker_;
  Wire tcp_{-1};
  Wire* wire_ = &tcp_;
  void* tls_ = nullptr;
  Receiver told;
  http::H1Parser parser;
  http::HeadBuffer head;
  tests::Fd near_end, far_end;
  std::uint64_t remaining;
  bool chunked, held = false, gone = false;
  std::string ended;
};

/// Data that differs from place to place.
std::string data(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i)
    text[i] = static_cast<char>('a' + (i / 7 + i / 4099) % 26);
  return text;
}

std::string chunks(std::string_view text, std::size_t size, std::string_view extension = "") {
  std::string out;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, size);
    std::array<char, 20> digits;
    std::snprintf(digits.data(), digits.size(), "%zx", piece.size());
    out.append(digits.data()).append(extension).append("\r\n").append(piece).append("\r\n");
    text.remove_prefix(piece.size());
  }
  return out;
}

bool joined(const Receiver& told, std::size_t chunk) {
  return std::ranges::any_of(told.piped, [&](std::size_t bytes) { return bytes > chunk; });
}

}  // namespace

TEST_SUITE("proxy/body_reader") {
  TEST_CASE("a long body with a length ends with its last byte, mostly through the pipe") {
    const std::string body = data(3'000'000);
    Connection c(body.size());
    c.pass(body);
    while (!c.told.whole) c.read();
    CHECK(c.told.text == body);
    CHECK_FALSE(c.told.piped.empty());
  }

  TEST_CASE("chunks of any size arrive whole, and what frames them does not") {
    const std::string body = data(3'000'000);
    for (const std::size_t size :
         {1'000U, 16'384U, 32'768U, 65'535U, 65'536U, 100'000U, 1'000'000U}) {
      CAPTURE(size);
      Connection c;
      c.pass(chunks(body, size) + "0\r\nX-Sum: 1\r\n\r\n");
      while (!c.told.whole) c.read();
      CHECK(c.told.text == body);
      // In between it depends on where the reads end.
      if (size < Bulk::kPipedMin) CHECK(c.told.piped.empty());
      if (size >= 2 * Bulk::kPipedMin) CHECK_FALSE(c.told.piped.empty());
    }
  }

  TEST_CASE("several chunks leave the pipe together") {
    const std::string body = data(3'000'000);
    Connection c;
    c.pass(chunks(body, 65'536) + "0\r\n\r\n");
    while (!c.told.whole) c.read();
    CHECK(joined(c.told, 65'536));
    for (const std::size_t bytes : c.told.piped) CHECK(bytes <= Bulk::kPiped);
  }

  TEST_CASE("frames longer than they need to be are no reason to lose a byte") {
    const std::string body = data(2'000'000);
    for (const std::string_view extension : {";a=b", ";name=\"a longer one\""}) {
      Connection c;
      c.pass(chunks(body, 65'536, extension) + "000\r\n\r\n");
      while (!c.told.whole) c.read();
      CHECK(c.told.text == body);
    }
  }

  TEST_CASE("what has come is told in the same event, even when nothing follows a frame") {
    const std::string body = data(4 * 65'536);
    Connection c;
    const std::string text = chunks(body, 65'536) + "10000\r\n";
    c.pass(text);
    // Until the socket says that there is nothing left: nothing may wait for an event after that.
    std::size_t before = 0;
    do {
      before = c.told.text.size();
      c.read();
    } while (c.told.text.size() > before);
    CHECK(c.told.text == body);
    CHECK_FALSE(c.told.whole);
    CHECK(c.ended.empty());
  }

  TEST_CASE("on hold nothing more is read, and nothing is lost") {
    const std::string body = data(2'000'000);
    Connection c;
    int events = 0;
    // The receiver's queue is full after every third piece.
    c.told.then = [&] { c.held = ++events % 3 == 0; };
    std::string text = chunks(body, 65'536) + "0\r\n\r\n";
    std::string_view rest = text;
    while (!c.told.whole) {
      const ssize_t n = rest.empty() ? 0 : ::send(c.far_end.get(), rest.data(), rest.size(), 0);
      if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
      const int so_far = events;
      c.held = false;
      c.read();
      CHECK(events - so_far <= 4);  // after hold() at most one read still arrives
    }
    CHECK(c.told.text == body);
  }

  TEST_CASE("a receiver that goes away leaves nothing in the pipe") {
    const std::string text = chunks(data(1'000'000), 65'536);
    Connection c;
    c.told.then = [&] { c.gone = !c.told.piped.empty(); };
    std::string_view rest = text;
    while (!c.gone) {
      const ssize_t n = ::send(c.far_end.get(), rest.data(), rest.size(), 0);
      if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
      c.read();
    }
    CHECK(c.told.piped.size() == 1);
  }

  TEST_CASE("a sender that breaks off is told of behind all that it sent") {
    const std::string body = data(1'000'000);
    Connection c;
    std::string text = chunks(body, 65'536);
    text.resize(text.size() - 1000);
    c.pass(text);
    c.far_end.close();
    while (c.ended.empty()) c.read();
    CHECK(c.ended == "clean");
    CHECK(body.starts_with(c.told.text));
    CHECK(c.told.text.size() > body.size() - 2000);
    CHECK_FALSE(c.told.whole);
  }

  TEST_CASE("a frame that is none ends the body behind the chunks before it") {
    const std::string body = data(6 * 65'536);
    Connection c;
    c.pass(chunks(body, 65'536) + "xyz\r\n");
    while (!c.told.failed) c.read();
    CHECK(c.told.text == body);
  }

  TEST_CASE("without a receiver's pipe everything goes through memory") {
    const std::string body = data(1'000'000);
    Connection c;
    c.told.pipes = false;
    c.pass(chunks(body, 65'536) + "0\r\n\r\n");
    while (!c.told.whole) c.read();
    CHECK(c.told.text == body);
    CHECK(c.told.piped.empty());
  }
}

}  // namespace segue::proxy

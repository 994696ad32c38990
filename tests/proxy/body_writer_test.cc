// Whatever way the pieces of a body come, its receiver reads the same bytes, in sound framing.
#include "proxy/body_writer.h"

#include <algorithm>
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "tests/support/messages.h"

namespace segue::proxy {
namespace {

using Kind = http::BodyLength::Kind;

Bytes bytes(std::string_view text) {
  return {text.data(), text.size()};
}

/// A receiver's wire: pieces, and the pipe where it follows them.
struct Wire final : Gather::Sink {
  explicit Wire(Gather& out) : gather(out) {}
  Gather& gather;
  std::string text;

  void on_gathered(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces)
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
    if (SplicePipe* const pipe = gather.followed_by(); pipe != nullptr) {
      std::array<char, 4096> space;
      while (const std::size_t n = pipe->read(space)) text.append(space.data(), n);
    }
  }
};

struct Fixture {
  Gather gather;
  Wire wire{gather};
  SplicePipe pipe;
  BodyWriter writer;
  std::string sent;
  Fixture() { REQUIRE(pipe.ready()); }

  /// Data on its way through the pipe; comes back in `sent`.
  std::string put(std::size_t bytes) {
    std::string data(bytes, static_cast<char>('a' + sent.size() % 26));
    if (bytes > 0) REQUIRE(pipe.put(data));
    sent += data;
    return data;
  }
  std::string written() {
    gather.send_all();
    return wire.text;
  }
};

}  // namespace

TEST_SUITE("proxy/body_writer") {
  TEST_CASE("a body with a length is sent as it is") {
    Fixture f;
    f.writer.begin(Kind::kLength);
    f.writer.send(f.gather, f.wire, bytes("one "));
    f.put(5);
    CHECK(f.writer.join(f.pipe, 3));  // nothing stands between pieces
    f.put(3);
    f.writer.send(f.gather, f.wire, f.pipe, {.data = 8, .first = 5, .joined = true, .left = 0});
    CHECK(f.written() == "one " + f.sent);
  }

  TEST_CASE("each piece becomes a chunk") {
    Fixture f;
    f.writer.begin(Kind::kChunked);
    f.writer.send(f.gather, f.wire, bytes("hello"));
    const std::string data = f.put(10);
    f.writer.send(f.gather, f.wire, f.pipe, {.data = 10, .first = 10});
    CHECK(f.written() == "5\r\nhello\r\na\r\n" + data + "\r\n");
  }

  TEST_CASE("chunks that are joined in the pipe leave as one, the last one unfinished") {
    Fixture f;
    f.writer.begin(Kind::kChunked);
    const std::string first = f.put(3);
    REQUIRE(f.writer.join(f.pipe, 20));
    const std::string second = f.put(8);
    f.writer.send(f.gather, f.wire, f.pipe, {.data = 11, .first = 3, .joined = true, .left = 12});
    const std::string so_far = "3\r\n" + first + "\r\n14\r\n" + second;
    CHECK(f.written() == so_far);
    SUBCASE("what is missing comes through memory") {
      f.writer.send(f.gather, f.wire, bytes("123456789012"));
      CHECK(f.written() == so_far + "123456789012\r\n");
    }
    SUBCASE("or through the pipe, in two pieces") {
      const std::string third = f.put(5);
      f.writer.send(f.gather, f.wire, f.pipe, {.data = 5, .first = 5, .left = 7});
      CHECK(f.written() == so_far + third);
      const std::string fourth = f.put(7);
      f.writer.send(f.gather, f.wire, f.pipe, {.data = 7, .first = 7});
      CHECK(f.written() == so_far + third + fourth + "\r\n");
    }
    SUBCASE("and another one may be joined to it") {
      const std::string rest = f.put(12);
      REQUIRE(f.writer.join(f.pipe, 1));
      const std::string last = f.put(1);
      f.writer.send(f.gather, f.wire, f.pipe, {.data = 13, .first = 12, .joined = true});
      CHECK(f.written() == so_far + rest + "\r\n1\r\n" + last + "\r\n");
    }
  }

  TEST_CASE("a pipe that is full says so, and keeps what it holds") {
    Fixture f;
    f.writer.begin(Kind::kChunked);
    const std::string page(4096, 'x');
    std::size_t pages = 0;
    while (f.pipe.put(page)) ++pages;
    REQUIRE(pages > 0);
    CHECK_FALSE(f.writer.join(f.pipe, 1));
    CHECK(f.pipe.size() == pages * page.size());
  }

  TEST_CASE("a message begins without what the last one left open") {
    Fixture f;
    f.writer.begin(Kind::kChunked);
    f.put(1);
    REQUIRE(f.writer.join(f.pipe, 9));
    f.writer.send(f.gather, f.wire, f.pipe, {.data = 1, .first = 1, .joined = true, .left = 9});
    f.gather.send_all();
    f.wire.text.clear();
    f.writer.begin(Kind::kChunked);
    f.writer.send(f.gather, f.wire, bytes("x"));
    CHECK(f.written() == "1\r\nx\r\n");
  }

  TEST_CASE("any mixture of ways is read as the same body") {
    constexpr std::uint64_t kSeed = 20'261'201;
    Rng rng(kSeed);
    for (int round = 0; round < 200; ++round) {
      CAPTURE(round);
      Fixture f;
      f.writer.begin(Kind::kChunked);
      std::size_t left = 0;  // of the sender's chunk
      for (int event = 0; event < 20; ++event) {
        if (left == 0) left = 1 + rng.below(3000);
        if (rng.below(3) == 0) {  // through memory
          const std::string data(1 + rng.below(left), static_cast<char>('A' + rng.below(26)));
          f.writer.send(f.gather, f.wire, Bytes(data));
          f.gather.flush();
          f.sent += data;
          left -= data.size();
          continue;
        }
        http::Piped what;
        for (bool more = true; more;) {
          if (f.pipe.size() > 0) {
            left = 1 + rng.below(3000);
            REQUIRE(f.writer.join(f.pipe, left));
            what.joined = true;
          }
          // A chunk that was joined may have nothing there yet.
          const std::size_t bytes = what.joined ? rng.below(left + 1) : 1 + rng.below(left);
          f.put(bytes);
          left -= bytes;
          what.data += bytes;
          if (!what.joined) what.first += bytes;
          what.left = left;
          more = left == 0 && rng.below(3) > 0 && f.pipe.size() < 40'000;
        }
        f.writer.send(f.gather, f.wire, f.pipe, what);
      }
      while (left > 0) {
        const std::string data(std::min<std::size_t>(left, 1000), 'z');
        f.writer.send(f.gather, f.wire, Bytes(data));
        f.gather.flush();
        f.sent += data;
        left -= data.size();
      }
      tests::ChunkedBody read;
      read.read({f.written() + "0\r\n\r\n"});
      REQUIRE(read.text() == f.sent + "||");
    }
  }
}

}  // namespace segue::proxy

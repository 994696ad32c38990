// Whatever way the pieces of a body come, its receiver reads the same bytes, in sound framing.
#include "proxy/body_writer.h"

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
  int sends = 0;

  void on_gathered(std::span<const iovec> pieces) override {
    ++sends;
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
    REQUIRE(pipe.put(data));
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
    f.put(3);
    f.writer.send(f.gather, f.wire, f.pipe);
    CHECK(f.written() == "one " + f.sent);
  }

  TEST_CASE("each piece becomes a chunk, and all that was in the pipe is one piece") {
    Fixture f;
    f.writer.begin(Kind::kChunked);
    f.writer.send(f.gather, f.wire, bytes("hello"));
    f.put(10);
    f.put(7);
    f.writer.send(f.gather, f.wire, f.pipe);
    CHECK(f.written() == "5\r\nhello\r\n11\r\n" + f.sent + "\r\n");
    CHECK(f.pipe.size() == 0);
    CHECK(f.wire.sends == 1);
  }

  TEST_CASE("a chunk that fills the pipe ends behind it") {
    Fixture f;
    f.writer.begin(Kind::kChunked);
    const std::string page(4096, 'x');
    std::size_t pages = 0;
    while (f.pipe.put(page)) ++pages;
    REQUIRE(pages > 0);
    f.writer.send(f.gather, f.wire, f.pipe);
    tests::ChunkedBody read;
    read.read({f.written() + "0\r\n\r\n"});
    CHECK(read.text() == std::string(pages * page.size(), 'x') + "||");
    CHECK(f.wire.sends == 2);
  }

  TEST_CASE("any mixture of ways is read as the same body") {
    constexpr std::uint64_t kSeed = 20'261'201;
    Rng rng(kSeed);
    for (int round = 0; round < 200; ++round) {
      CAPTURE(round);
      Fixture f;
      f.writer.begin(Kind::kChunked);
      for (int event = 0; event < 20; ++event) {
        if (rng.below(3) == 0) {  // through memory
          const std::string data(1 + rng.below(3000), static_cast<char>('A' + rng.below(26)));
          f.writer.send(f.gather, f.wire, Bytes(data));
          f.gather.flush();
          f.sent += data;
          continue;
        }
        for (std::size_t pieces = 1 + rng.below(8); pieces > 0; --pieces)
          f.put(1 + rng.below(3000));
        f.writer.send(f.gather, f.wire, f.pipe);
      }
      tests::ChunkedBody read;
      read.read({f.written() + "0\r\n\r\n"});
      REQUIRE(read.text() == f.sent + "||");
    }
  }
}

}  // namespace segue::proxy

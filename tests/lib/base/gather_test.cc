// What is gathered leaves in order, once, and to whom it was meant for.
#include "lib/base/gather.h"

#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"

namespace segue {
namespace {

struct Sink final : Gather::Sink {
  std::string text;
  std::vector<std::size_t> calls;  // pieces per call

  void on_gathered(std::span<const iovec> pieces) override {
    calls.push_back(pieces.size());
    for (const iovec& piece : pieces)
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
};

}  // namespace

TEST_SUITE("lib/base/gather") {
  TEST_CASE("copies in a row are one piece, and a body between them is where it lies") {
    Gather gather;
    Sink sink;
    gather.begin(sink);
    gather.copy("head ");
    gather.copy("of ");
    const std::string body(Gather::kCopiedBytes + 1, 'b');
    gather.refer(body);
    gather.copy(" tail");
    CHECK(sink.calls.empty());
    gather.flush();
    CHECK(sink.text == "head of " + body + " tail");
    CHECK(sink.calls == std::vector<std::size_t>{3});
  }

  TEST_CASE("a short body is copied: one piece is sent faster than two") {
    Gather gather;
    Sink sink;
    gather.begin(sink);
    gather.copy("head ");
    gather.refer(std::string("body"));  // gone before the flush
    gather.copy(" tail");
    gather.send_all();
    CHECK(sink.text == "head body tail");
    CHECK(sink.calls == std::vector<std::size_t>{1});
  }

  TEST_CASE("nothing gathered is nothing sent") {
    Gather gather;
    Sink sink;
    gather.begin(sink);
    gather.refer({});
    gather.copy({});  // a view without address, as an empty reason or query is
    gather.flush();
    gather.flush();
    CHECK(sink.calls.empty());
  }

  TEST_CASE("what is copied for several sinks waits, and leaves in order without mixing") {
    Gather gather;
    Sink a, b;
    gather.begin(a);
    gather.copy("for a");
    gather.begin(a);
    gather.begin(b);
    gather.copy("for b");
    gather.flush();
    CHECK((a.calls.empty() && b.calls.empty()));
    CHECK(gather.bytes_for(a) == 5);
    gather.send_all();
    CHECK((a.text == "for a" && b.text == "for b"));
    CHECK((gather.bytes_for(a) == 0 && gather.bytes_for(b) == 0));
  }

  TEST_CASE("what refers to bytes leaves at the end of its event, before what waits for others") {
    Gather gather;
    Sink a, b;
    gather.begin(a);
    gather.copy("for a");
    gather.flush();
    {
      const std::string body(Gather::kCopiedBytes + 1, 'b');
      gather.begin(b);
      gather.copy("head ");
      gather.refer(body);
      gather.flush();
      CHECK(b.text == "head " + body);
    }
    CHECK(a.text.empty());
    gather.send_all();
    CHECK(a.text == "for a");
  }

  TEST_CASE("what waits for a sink leaves before more is gathered for it") {
    Gather gather;
    Sink a, b;
    gather.begin(a);
    gather.copy("first ");
    gather.begin(b);
    gather.copy("between");
    gather.begin(a);
    CHECK(a.text == "first ");
    gather.copy("second");
    CHECK(gather.bytes_for(a) == 6);
    gather.send_all();
    CHECK((a.text == "first second" && b.text == "between"));
  }

  TEST_CASE("one sink may have its bytes sent at once") {
    Gather gather;
    Sink a, b;
    gather.begin(a);
    gather.copy("waits");
    gather.flush();
    gather.send(b);
    CHECK(a.text.empty());
    gather.send(a);
    CHECK(a.text == "waits");
    gather.begin(b);
    gather.copy("not even flushed");
    gather.send(b);
    CHECK(b.text == "not even flushed");
  }

  TEST_CASE("more than may wait leaves") {
    Gather gather;
    std::deque<Sink> sinks(Gather::kWaitingMax + 10);
    for (Sink& sink : sinks) {
      gather.begin(sink);
      gather.copy("x");
      gather.flush();
    }
    // Whoever waits longest leaves first.
    CHECK(sinks.front().text == "x");
    CHECK(sinks.back().text.empty());
    gather.send_all();
    for (const Sink& sink : sinks) CHECK(sink.text == "x");
  }

  TEST_CASE("what a sink that dies had gathered is lost, and nobody else's") {
    Gather gather;
    Sink a, b;
    gather.begin(a);
    gather.copy("never");
    gather.forget(b);
    gather.forget(a);
    gather.begin(a);
    gather.copy("nor this, which waits");
    gather.begin(b);
    gather.copy("mine");
    gather.forget(a);
    gather.send_all();
    CHECK(a.text.empty());
    CHECK(b.text == "mine");
  }

  TEST_CASE("more than the scratch holds leaves in several calls, in order") {
    Gather gather;
    Sink sink;
    std::string big;
    for (std::size_t i = 0; i < 3 * Gather::kScratchBytes + 17; ++i)
      big += static_cast<char>('a' + i % 26);
    gather.begin(sink);
    gather.copy("x");
    gather.copy(big);
    gather.send_all();
    CHECK(sink.text == "x" + big);
    CHECK(sink.calls.size() == 4);
  }

  TEST_CASE("the last copy that fits exactly does not spill") {
    Gather gather;
    Sink sink;
    gather.begin(sink);
    gather.copy(std::string(Gather::kScratchBytes, 'a'));
    CHECK(sink.calls.empty());
    gather.copy("b");
    CHECK(sink.text.size() == Gather::kScratchBytes);
    gather.send_all();
    CHECK(sink.text.back() == 'b');
  }

  TEST_CASE("space that was asked for and only partly used leaves no gap") {
    Gather gather;
    Sink sink;
    gather.begin(sink);
    for (int i = 0; i < 100; ++i) {
      char* at = gather.space(1000);
      std::memcpy(at, "abc", 3);
      gather.wrote(3);
      gather.copy("-");
    }
    gather.send_all();
    std::string expected;
    for (int i = 0; i < 100; ++i) expected += "abc-";
    CHECK(sink.text == expected);
  }

  TEST_CASE("written space survives the table of pieces being full at that moment") {
    Gather gather;
    Sink sink;
    const std::string body(Gather::kCopiedBytes + 1, 'B');
    gather.begin(sink);
    gather.copy("first");
    for (std::size_t i = 1; i < Gather::kPiecesMax; ++i) gather.refer(body);
    CHECK(sink.calls.empty());
    std::memcpy(gather.space(10), "0123456789", 10);
    gather.wrote(10);
    gather.copy("!");
    gather.send_all();
    CHECK(sink.text ==
          "first" + std::string((Gather::kPiecesMax - 1) * body.size(), 'B') + "0123456789!");
    CHECK(sink.calls == std::vector<std::size_t>{Gather::kPiecesMax, 1});
  }

  TEST_CASE("any order of copies, spaces and bodies gives what appending to strings would") {
    constexpr std::uint64_t kSeed = 20'240'915;
    Rng rng(kSeed);
    Gather gather;
    Sink sinks[3];
    std::string expected[3];
    for (int step = 0; step < 20'000; ++step) {
      const std::size_t who = rng.below(3);
      gather.begin(sinks[who]);
      std::deque<std::string> bodies;  // hold until the flush
      for (std::uint64_t i = rng.below(rng.below(50) == 0 ? 150 : 4); i > 0; --i) {
        const std::size_t size = rng.below(rng.below(300) == 0 ? 100'000 : 40);
        const std::string text(size, static_cast<char>('a' + rng.below(26)));
        expected[who] += text;
        switch (rng.below(3)) {
          case 0: gather.copy(text); break;
          case 1: gather.refer(bodies.emplace_back(text)); break;
          default:
            if (size > Gather::kScratchBytes) {
              gather.copy(text);
              break;
            }
            std::memcpy(gather.space(size), text.data(), size);
            gather.wrote(size);
        }
      }
      gather.flush();
      if (rng.below(5) == 0) gather.send(sinks[rng.below(3)]);
    }
    gather.send_all();
    for (int who = 0; who < 3; ++who) CHECK((sinks[who].text == expected[who]));
    for (const Sink& sink : sinks)
      for (const std::size_t pieces : sink.calls) REQUIRE(pieces <= Gather::kPiecesMax);
  }
}

}  // namespace segue

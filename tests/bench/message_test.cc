#include "bench/message.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using segue::bench::Message;

namespace {

struct Case {
  std::string_view name, wire;
  std::uint64_t body_bytes;
  std::string_view body_begin;
};

constexpr Case kCases[] = {
    {"a request without body", "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n", 0, ""},
    {"Content-Length", "HTTP/1.1 200 OK\r\nCONTENT-length:  5\r\n\r\nhello", 5, "hello"},
    {"Content-Length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, ""},
    {"chunks with an extension and a trailer",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
     "chunked\r\n\r\n3;a\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
     13, "abc0123456789"},
};

constexpr std::string_view kNext = "GET /next HTTP/1.1\r\n\r\n";

}  // namespace

TEST_SUITE("bench/message") {
  TEST_CASE("a message ends at the same byte however it is cut") {
    for (const Case& c : kCases) {
      INFO(c.name);
      const std::string wire = std::string(c.wire) + std::string(kNext);
      for (std::size_t cut = 0; cut <= c.wire.size(); ++cut) {
        CAPTURE(cut);
        Message message;
        std::size_t used = message.feed(std::string_view(wire).substr(0, cut));
        CHECK(used == cut);
        if (!message.done()) used += message.feed(std::string_view(wire).substr(cut));
        CHECK(message.done());
        CHECK(used == c.wire.size());
        CHECK(message.body_bytes() == c.body_bytes);
        CHECK(message.body_begin() == c.body_begin);
        CHECK(message.first_line() == c.wire.substr(0, c.wire.find('\r')));
      }
    }
  }

  TEST_CASE("a long body may be dropped unread and counts all the same") {
    Message message;
    message.feed("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nx");
    CHECK(message.droppable() == 999'999);
    message.dropped(999'998);
    CHECK_FALSE(message.done());
    message.dropped(1);
    CHECK(message.done());
    CHECK(message.body_bytes() == 1'000'000);
  }

  TEST_CASE("the status and the wish to close are read, and what is no response has no status") {
    Message message;
    message.feed(
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    CHECK(message.status() == 503);
    CHECK_FALSE(message.keep_alive());
    Message request;
    request.feed("GET / HTTP/1.1\r\n\r\n");
    CHECK(request.status() == 0);
    CHECK(request.keep_alive());
  }

  TEST_CASE("a chunk size that is no number and a head without end fail") {
    Message chunked;
    chunked.feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    CHECK(chunked.failed());
    Message endless;
    endless.feed(std::string(segue::bench::kHeadBytesMax + 1, 'a'));
    CHECK(endless.failed());
  }
}

#include "admin/parser.h"

#include <doctest/doctest.h>

using namespace segue::admin;

namespace {

using State = RequestParser::State;

// Feeds `wire` in pieces of `size` bytes until something is decided; gives what was not taken.
std::string feed(RequestParser& parser, std::string_view wire, std::size_t size) {
  while (!wire.empty() && parser.state() != State::kComplete && parser.state() != State::kFailed) {
    const std::string piece(
        wire.substr(0, size));  // its own memory, so that a read beyond it shows
    wire.remove_prefix(parser.feed(piece));
  }
  return std::string(wire);
}

}  // namespace

TEST_SUITE("admin/parser") {
  TEST_CASE("a request is the same however it is cut, and what follows it is left") {
    constexpr std::string_view kWire =
        "PUT /v1/splits/a?x=1 HTTP/1.1\r\nHost: segue\r\nX-Empty:\r\nContent-Type:  "
        "application/json \r\n"
        "Content-Length: 7\r\n\r\n{\"a\":1}GET /next HTTP/1.1\r\n";
    for (std::size_t size = 1; size <= kWire.size(); ++size) {
      CAPTURE(size);
      const Limits limits;
      RequestParser parser(limits);
      CHECK(feed(parser, kWire, size) == "GET /next HTTP/1.1\r\n");
      REQUIRE(parser.state() == State::kComplete);
      const Request& request = parser.request();
      CHECK(request.method == "PUT");
      CHECK(request.target == "/v1/splits/a?x=1");
      CHECK(request.body == "{\"a\":1}");
      CHECK(request.keep_alive);
      CHECK(find_field(request.fields, "content-type") == "application/json");
      CHECK(find_field(request.fields, "x-empty") == "");
      CHECK_FALSE(find_field(request.fields, "x-other"));
    }
  }

  TEST_CASE("a chunked body is put together, its trailers are nobody's fields") {
    const Limits limits;
    RequestParser parser(limits);
    feed(parser,
         "POST /v1/reload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
         "3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nIf-Match: \"9\"\r\n\r\n",
         5);
    REQUIRE(parser.state() == State::kComplete);
    CHECK(parser.request().body == "{\"a\":1}");
    CHECK_FALSE(find_field(parser.request().fields, "if-match"));
  }

  TEST_CASE("an offer to upgrade is passed over") {
    const Limits limits;
    RequestParser parser(limits);
    const std::string left = feed(parser,
                                  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, "
                                  "HTTP2-Settings\r\nUpgrade: h2c\r\n\r\nGET",
                                  7);
    CHECK(parser.state() == State::kComplete);
    parser.reset();
    feed(parser, left + " /next HTTP/1.1\r\nHost: a\r\n\r\n", 3);
    CHECK(parser.state() == State::kComplete);
    CHECK(parser.request().target == "/next");
  }

  TEST_CASE("HTTP/1.0 closes unless it asks to stay") {
    const Limits limits;
    RequestParser parser(limits);
    feed(parser, "GET /live HTTP/1.0\r\n\r\n", 100);
    REQUIRE(parser.state() == State::kComplete);
    CHECK_FALSE(parser.request().keep_alive);
    parser.reset();
    feed(parser, "GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 100);
    CHECK(parser.request().keep_alive);
  }

  TEST_CASE("what is malformed or too large is refused with its status, however it is cut") {
    Limits limits;
    limits.target_bytes = 64;
    limits.head_bytes = 256;
    limits.fields = 4;
    limits.body_bytes = 16;
    limits.framing_bytes = 128;
    struct Case {
      const char* name;
      std::string wire;
      int status;
    };
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
    const Case kCases[] = {
        {"not HTTP", "hello\r\n\r\n", 400},
        {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
        {"RFC 9112 §3.2: no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"RFC 9112 §3.2: two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
        {"RFC 9112 §6.3: length and chunked",
         head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"RFC 9112 §6.3: two lengths", head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
         400},
        {"RFC 9112 §6.1: chunked in HTTP/1.0",
         "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"RFC 9112 §5.1: space before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
        {"RFC 9112 §5.2: a folded field", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
        {"a NUL in a value", std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 28), 400},
        {"HTTP/2 in plain text", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
        {"another expectation", head + "Expect: magic\r\n\r\n", 417},
        {"a long target", "GET /" + std::string(80, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"a long value", head + "X: " + std::string(300, 'a') + "\r\n\r\n", 431},
        {"a long name", head + std::string(300, 'a') + ": x\r\n\r\n", 431},
        {"many fields", head + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", 431},
        {"a body by its length", head + "Content-Length: 17\r\n\r\n", 413},
        {"a body by its chunks",
         head + "Transfer-Encoding: chunked\r\n\r\nff\r\n" + std::string(255, 'x'), 413},
        {"a chunk that is no number", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
        {"endless chunk extensions",
         head + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(600, 'x'), 400},
        {"endless empty lines", std::string(600, '\n'), 400},
        {"endless trailers",
         head + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(400, 'X') + ": 1\r\n", 431},
    };
    for (const Case& c : kCases)
      for (const std::size_t size : {std::size_t{1}, std::size_t{7}, c.wire.size()}) {
        CAPTURE(c.name);
        CAPTURE(size);
        RequestParser parser(limits);
        feed(parser, c.wire, size);
        REQUIRE(parser.state() == State::kFailed);
        CHECK(parser.status() == c.status);
        CHECK_FALSE(parser.sentence().empty());
        CHECK(parser.feed("GET / HTTP/1.1\r\n") == 0);  // nothing follows a refusal
      }
  }

  TEST_CASE("a response is read past interim ones, whatever ends its body") {
    struct Case {
      std::string wire;
      bool close;
    };
    const Case kCases[] = {
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: "
         "\"7\"\r\n\r\nhello",
         false},
        {"HTTP/1.1 200 OK\r\nETag: \"7\"\r\nTransfer-Encoding: "
         "chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
         false},
        {"HTTP/1.1 200 OK\r\nETag: \"7\"\r\nConnection: close\r\n\r\nhello", true},
    };
    for (const Case& c : kCases)
      for (std::size_t size = 1; size <= c.wire.size(); ++size) {
        CAPTURE(size);
        std::string body;
        ResponseParser parser([&](std::string_view bytes) { body += bytes; });
        for (std::size_t at = 0; at < c.wire.size(); at += size)
          REQUIRE(parser.feed(c.wire.substr(at, size)));
        CHECK(parser.complete() == !c.close);
        if (c.close) parser.finish();
        CHECK(parser.complete());
        CHECK(parser.status() == 200);
        CHECK(body == "hello");
        CHECK(find_field(parser.fields(), "etag") == "\"7\"");
      }
  }

  TEST_CASE("what is no response says so") {
    ResponseParser parser([](std::string_view) {});
    CHECK_FALSE(parser.feed("SSH-2.0-OpenSSH_9.2\r\n"));
    CHECK_FALSE(parser.sentence().empty());
  }
}

// The parser fed whole, byte by byte and in every two and three pieces: always the same.
#include "lib/http/h1_parser.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/messages.h"

namespace segue::http {
namespace {

using Kind = H1Parser::Kind;
using tests::ChunkedBody;
using tests::for_each_cut;
using tests::HeadReader;
using tests::Pieces;
using tests::read_head;

void check_every_cut(Kind kind, std::string_view wire, std::string_view expected) {
  CAPTURE(wire);
  for_each_cut(wire, [&](const Pieces& pieces) {
    const std::string text = read_head(kind, pieces);
    if (text == expected) return;
    CAPTURE(pieces.size());
    CAPTURE(pieces.front().size());
    REQUIRE(text == expected);
  });
}

/// As many bytes as asked for, all of them one field's value.
std::string request_of(std::size_t bytes) {
  const std::string begin = "GET / HTTP/1.1\r\nHost: a\r\nX: ", end = "\r\n\r\n";
  return begin + std::string(bytes - begin.size() - end.size(), 'x') + end;
}

}  // namespace

TEST_SUITE("lib/http/h1_parser") {
  TEST_CASE("a request is the same however it is cut") {
    check_every_cut(Kind::kRequest,
                    "GET /a%2Fb?q=1 HTTP/1.1\r\nHost: a:80\r\nX-Empty:\r\nX-Tab:\t v w \t\r\n"
                    "cOOkie: a=1; b=2\r\n\r\nGET ",
                    "GET /a%2Fb?q=1 1.1\n[Host]=[a:80]1\n[X-Empty]=[]0\n[X-Tab]=[v w]0\n"
                    "[cOOkie]=[a=1; b=2]12\nrest=GET ");
  }

  TEST_CASE("a request without fields, one with blank lines before it, and one of HTTP/1.0") {
    check_every_cut(Kind::kRequest, "GET / HTTP/1.0\r\n\r\n", "GET / 1.0\nrest=");
    check_every_cut(Kind::kRequest, "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
                    "GET / 1.1\n[Host]=[a]1\nrest=");
  }

  TEST_CASE("an empty value at the end of a head, and obs-text, are as they came") {
    check_every_cut(Kind::kRequest, "GET / HTTP/1.1\r\nA: \xc3\xa4\xff\r\nB:\r\n\r\n",
                    "GET / 1.1\n[A]=[\xc3\xa4\xff]0\n[B]=[]0\nrest=");
  }

  TEST_CASE("a chunked request leaves its body where it is") {
    check_every_cut(Kind::kRequest,
                    "PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                    "PUT /a 1.1\n[Transfer-Encoding]=[chunked]6\nrest=3\r\nabc\r\n");
    check_every_cut(Kind::kRequest, "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET",
                    "POST /a 1.1\n[Content-Length]=[3]5\nrest=abcGET");
  }

  TEST_CASE("an upgrade leaves the bytes behind it where they are") {
    check_every_cut(Kind::kRequest,
                    "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x01x",
                    "GET / 1.1\n[Connection]=[upgrade]2\n[Upgrade]=[websocket]9\nrest=\x81\x01x");
  }

  TEST_CASE("a response is the same however it is cut, with and without a phrase") {
    check_every_cut(Kind::kResponse, "HTTP/1.1 200 All is well\r\nContent-Length: 2\r\n\r\nok",
                    "200 All is well 1.1\n[Content-Length]=[2]5\nrest=ok");
    check_every_cut(Kind::kResponse, "HTTP/1.1 404 \r\nA: b\r\n\r\n", "404  1.1\n[A]=[b]0\nrest=");
    check_every_cut(Kind::kResponse, "HTTP/1.0 304 Not Modified\r\n\r\nx",
                    "304 Not Modified 1.0\nrest=x");
  }

  TEST_CASE("a bad head is refused with the same fault however it is cut") {
    struct Case {
      std::string_view wire, fault;
    };
    using std::string_view_literals::operator""sv;
    constexpr Case kCases[] = {
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "version"},
        {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", "version"},
        {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", "version"},
        {"GET /\r\n\r\n", "version"},
        {"GET / HTTX/1.1\r\n\r\n", "bad_message"},
        {"GET / RTSP/1.0\r\n\r\n", "bad_message"},
        {"OPTIONS * RTSP/1.0\r\n\r\n", "bad_message"},
        {"SOURCE /a ICE/1.0\r\n\r\n", "bad_message"},
        {"get / HTTP/1.1\r\n\r\n", "bad_message"},
        {" GET / HTTP/1.1\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\nHost: a\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nHost: a\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\n", "bad_message"},
        {"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\n A: b\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nA : b\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\n: b\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nA\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nA(b: c\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nA: b\0c\r\n\r\n"sv, "bad_message"},
        {"GET / HTTP/1.1\r\nA: b\x01\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1\r\nA: b\x7f\r\n\r\n", "bad_message"},
        {"GET /a b HTTP/1.1\r\n\r\n", "bad_message"},
        {"GET  / HTTP/1.1\r\n\r\n", "bad_message"},
        {"GET /  HTTP/1.1\r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1 \r\n\r\n", "bad_message"},
        {"GET / HTTP/1.1x\r\n\r\n", "bad_message"},
        {"GET /a\x01 HTTP/1.1\r\n\r\n", "bad_message"},
    };
    for (const Case& c : kCases) check_every_cut(Kind::kRequest, c.wire, c.fault);
    check_every_cut(Kind::kResponse, "HTTP/2.0 200 OK\r\n\r\n", "version");
    check_every_cut(Kind::kResponse, "HTTP/1.1 20 OK\r\n\r\n", "bad_message");
    check_every_cut(Kind::kResponse, "HTTP/1.1 2000 OK\r\n\r\n", "bad_message");
    check_every_cut(Kind::kResponse, "ICY 200 OK\r\n\r\n", "bad_message");
    check_every_cut(Kind::kResponse, "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "bad_message");
  }

  TEST_CASE("the preface of HTTP/2 is not a request") {
    const std::string text = read_head(Kind::kRequest, {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"});
    CHECK((text == "bad_message" || text == "version"));
  }

  TEST_CASE(
      "a head of exactly the limit is taken, and one more byte is too much, however it is cut") {
    const HeadLimits limits{1024, 4096, 100};
    for (const std::size_t step :
         {std::size_t{1}, std::size_t{7}, std::size_t{4096}, std::size_t{100'000}}) {
      CAPTURE(step);
      for (const std::size_t size :
           {std::size_t{4095}, std::size_t{4096}, std::size_t{4097}, std::size_t{9000}}) {
        CAPTURE(size);
        const std::string wire = request_of(size);
        Pieces pieces;
        for (std::size_t at = 0; at < wire.size(); at += step)
          pieces.push_back(std::string_view(wire).substr(at, step));
        HeadReader reader(Kind::kRequest, limits);
        reader.read(pieces);
        if (size <= 4096) {
          CHECK(reader.complete);
        } else {
          CHECK(reader.fault == Fault::kHeadTooLarge);
        }
      }
    }
  }

  TEST_CASE("a head beyond the first buffer grows it, and every view moves along") {
    for (const std::size_t size :
         {HeadBuffer::kFirstBytes - 1, HeadBuffer::kFirstBytes, HeadBuffer::kFirstBytes + 1,
          std::size_t{32'767}, std::size_t{32'768}}) {
      CAPTURE(size);
      const std::string wire = request_of(size);
      Pieces pieces;
      for (std::size_t at = 0; at < wire.size(); at += 1000)
        pieces.push_back(std::string_view(wire).substr(at, 1000));
      HeadReader reader(Kind::kRequest);
      reader.read(pieces);
      REQUIRE(reader.complete);
      CHECK(reader.parser.head().target == "/");
      REQUIRE(reader.parser.head().fields.size() == 2);
      CHECK(reader.parser.head().fields[0].name == "Host");
      CHECK(reader.parser.head().fields[1].value.size() == size - 32);
      CHECK(reader.rest.empty());
    }
  }

  TEST_CASE("a target, a head without end and the number of fields have their limits and faults") {
    const HeadLimits limits{100, 4096, 10};
    const auto get = [](std::size_t n) {
      return "GET /" + std::string(n - 1, 'a') + " HTTP/1.1\r\n\r\n";
    };
    CHECK(read_head(Kind::kRequest, {get(100)}, limits).starts_with("GET /aaa"));
    const std::string long_target = get(101);
    for_each_cut(long_target, [&](const Pieces& pieces) {
      REQUIRE(read_head(Kind::kRequest, pieces, limits) == "target_too_long");
    });
    CHECK(read_head(Kind::kRequest, {"GET /" + std::string(200, 'a')}, limits) ==
          "target_too_long");
    std::string fields = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 10; ++i) fields += "A: b\r\n";
    CHECK(read_head(Kind::kRequest, {fields + "\r\n"}, limits).starts_with("GET /"));
    CHECK(read_head(Kind::kRequest, {fields + "A: b\r\n\r\n"}, limits) == "head_too_large");
    std::string blank;
    for (int i = 0; i < 5000; ++i) blank += "\r\n";
    CHECK(read_head(Kind::kRequest, {blank}, limits) == "head_too_large");
    CHECK(read_head(Kind::kResponse, {"HTTP/1.1 200 " + std::string(5000, 'a')}, limits) ==
          "head_too_large");
  }

  TEST_CASE("errors name the side that sent the message") {
    for (const Kind kind : {Kind::kRequest, Kind::kResponse}) {
      H1Parser parser;
      HeadBuffer buffer;
      parser.begin(kind, {});
      CHECK(*parser.parse_head(buffer) == false);
      buffer.append(Bytes("\x01\x02", 2));
      const auto result = parser.parse_head(buffer);
      REQUIRE_FALSE(result.ok());
      CHECK(result.error().side == (kind == Kind::kRequest ? Side::kClient : Side::kUpstream));
    }
  }

  TEST_CASE("pipelined requests come one after the other out of one read") {
    H1Parser parser;
    HeadBuffer buffer;
    const std::string wire = "GET /1 HTTP/1.1\r\nA: b\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HT";
    buffer.append(wire);
    for (const std::string_view target : {"/1", "/2"}) {
      parser.begin(Kind::kRequest, {});
      REQUIRE(*parser.parse_head(buffer));
      CHECK(parser.head().target == target);
      buffer.compact();
    }
    parser.begin(Kind::kRequest, {});
    CHECK_FALSE(*parser.parse_head(buffer));
    buffer.append(Bytes("TP/1.1\r\n\r\n", 10));
    REQUIRE(*parser.parse_head(buffer));
    CHECK(parser.head().target == "/3");
    CHECK(parser.head().fields.empty());
  }
}

TEST_SUITE("lib/http/h1_parser/chunked") {
  void check_body(std::string_view wire, std::string_view expected) {
    CAPTURE(wire);
    for_each_cut(wire, [&](const Pieces& pieces) {
      ChunkedBody body;
      body.read(pieces);
      if (body.text() == expected) return;
      CAPTURE(pieces.size());
      CAPTURE(pieces.front().size());
      REQUIRE(body.text() == expected);
    });
  }

  TEST_CASE("chunks, extensions and trailers are the same however they are cut") {
    check_body("3\r\nabc\r\n0\r\n\r\nGET", "abc||GET");
    check_body("1;x=y\r\na\r\nA;q=\"z\"\r\n0123456789\r\n000\r\n\r\n", "a0123456789||");
    check_body("2\r\n\r\n\r\n0\r\nX-Sum: a b \r\nY:\r\n\r\n\r\n", "\r\n|X-Sum=a b;Y=;|\r\n");
    check_body("0\r\n\r\n", "||");
    check_body("3\r\nab", "ab|incomplete");
  }

  TEST_CASE("RFC 9110 §6.5.1: trailers that frame, route or authenticate do not pass") {
    for (const std::string_view name : {"Host", "Cookie", "X-Forwarded-For", "Authorization",
                                        "Connection", "Content-Length", "Transfer-Encoding"}) {
      CAPTURE(name);
      ChunkedBody body;
      body.read({"0\r\n" + std::string(name) + ": 1\r\nX-Fine: 2\r\n\r\n"});
      if (!body.fault) CHECK(body.trailers == "X-Fine=2;");  // to refuse them is as good
    }
  }

  TEST_CASE("an upgrade asked for in the trailers ends the message where it ends") {
    check_body("0\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nGET", "||GET");
  }

  TEST_CASE("broken chunks are refused however they are cut") {
    for (const std::string_view wire :
         {"x\r\n", "-1\r\n", "+1\r\na", "0x1\r\na", " 1\r\na", "\r\n", "1\na\r\n0\r\n\r\n",
          "1\r\nab\r\n", "1\r\na\n0\r\n\r\n", "1\r\na0\r\n\r\n", "1 \r\na\r\n0\r\n\r\n",
          "0\r\nA : b\r\n\r\n", "0\r\n A: b\r\n\r\n", "0\r\n\rx", "1;a\nb\r\na", "1\rX\na",
          "10000000000000000\r\n", "fffffffffffffffff\r\n"})
      check_body(wire, "bad_message");
  }

  TEST_CASE("a chunk that a signed 64-bit number could not hold is refused") {
    check_body("8000000000000000\r\nx", "bad_message");
    check_body("ffffffffffffffff\r\n0\r\n\r\n", "bad_message");
    check_body("7fffffffffffffff\r\nx", "x|incomplete");
  }

  TEST_CASE("RFC 9110 §5.6.4: DEL does not stand in the quotes of an extension") {
    check_body("1;a=\"\x7f\"\r\nx\r\n0\r\n\r\n", "bad_message");
  }

  TEST_CASE("what lies between the data of chunks is as long as a head may be, however it is cut") {
    const HeadLimits limits{100, 200, 3};
    for (const std::size_t more : {0u, 1u}) {
      CAPTURE(more);
      const std::string zeros(197 + more, '0'), text(194 + more, 'b');
      for (const std::string& wire :
           {zeros + "1\r\nx\r\n0\r\n\r\n", "1;a=" + text + "\r\nx\r\n0\r\n\r\n",
            "1\r\nx\r\n0;a=" + text.substr(4) + "\r\n\r\n"}) {
        for_each_cut(wire, [&](const Pieces& pieces) {
          ChunkedBody body;
          body.read(pieces, limits);
          REQUIRE(body.text() == (more == 0 ? "x||" : "head_too_large"));
        });
      }
    }
  }

  TEST_CASE("trailers have the limits of a head, in bytes and in number") {
    const HeadLimits limits{100, 200, 3};
    ChunkedBody few, many, long_name, long_value;
    few.read({"0\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n"}, limits);
    CHECK(few.trailers == "a=1;b=2;c=3;");
    many.read({"0\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n\r\n"}, limits);
    CHECK(many.fault == Fault::kHeadTooLarge);
    long_name.read({"0\r\n" + std::string(300, 'a') + ": 1\r\n\r\n"}, limits);
    CHECK(long_name.fault == Fault::kHeadTooLarge);
    long_value.read({"0\r\na: ", std::string(100, 'a'), std::string(100, 'a'), "\r\n\r\n"}, limits);
    CHECK(long_value.fault == Fault::kHeadTooLarge);
  }

  TEST_CASE("data of a chunk that went another way is the end of its chunk, wherever that begins") {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string before = "3\r\nabc\r\n6\r\n", data = "defghi",
                      after = "\r\n2\r\njk\r\n0\r\n\r\n";
    for (std::size_t seen = 0; seen <= data.size(); ++seen) {
      H1Parser parser;
      HeadBuffer buffer;
      std::memcpy(buffer.space().data(), head.data(), head.size());
      buffer.filled(head.size());
      parser.begin(H1Parser::Kind::kResponse, {});
      REQUIRE(*parser.parse_head(buffer));
      struct Sink final : H1Parser::BodySink {
        void on_chunk_data(Bytes bytes) override {
          CHECK(!bytes.empty());  // as a chunk it would be the last one
          text.append(bytes.data(), bytes.size());
        }
        std::string text;
      } sink;
      CHECK(parser.chunk_left() == 0);
      const std::string first = before + data.substr(0, seen);
      REQUIRE(*parser.feed_chunked(first, sink) == first.size());
      if (seen < data.size()) CHECK(parser.chunk_bytes() == data.size());
      const std::uint64_t left = parser.chunk_left();
      CHECK(left == data.size() - seen);
      parser.skip_chunk_data(left);
      CHECK(parser.chunk_left() == 0);
      REQUIRE(*parser.feed_chunked(after, sink) == after.size());
      CHECK(parser.done());
      CHECK(sink.text == "abc" + data.substr(0, seen) + "jk");
    }
  }

  TEST_CASE("frames of chunks whose data went another way do not add up to a line") {
    H1Parser parser;
    ChunkedBody sink;
    HeadBuffer buffer;
    const HeadLimits limits;
    parser.begin(Kind::kResponse, limits);
    buffer.append(std::string_view("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
    REQUIRE(*parser.parse_head(buffer));
    REQUIRE(*parser.feed_chunked(std::string_view("10000\r\n"), sink) == 7);
    const std::string_view frame = "\r\n10000\r\n";
    for (std::size_t seen = 0; seen < 2 * limits.head; seen += frame.size()) {
      parser.skip_chunk_data(parser.chunk_left());
      REQUIRE(parser.feed_chunked(frame, sink));
      REQUIRE(parser.chunk_left() == 0x10000);
    }
  }

  TEST_CASE("a parser that had trailers begins its next message without them") {
    H1Parser parser;
    ChunkedBody sink;
    for (const std::string_view trailer : {"A: b\r\n", ""}) {
      HeadBuffer buffer;
      parser.begin(Kind::kRequest, {});
      buffer.append(std::string_view("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
      REQUIRE(*parser.parse_head(buffer));
      const std::string body = "0\r\n" + std::string(trailer) + "\r\n";
      REQUIRE(*parser.feed_chunked(body, sink) == body.size());
      CHECK(parser.done());
      CHECK(parser.trailers().size() == (trailer.empty() ? 0u : 1u));
    }
  }
}

}  // namespace segue::http

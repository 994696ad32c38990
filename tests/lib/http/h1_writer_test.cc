// What is written is read again as the same message.
#include "lib/http/h1_writer.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/support/messages.h"

namespace segue::http {
namespace {

using Kind = H1Parser::Kind;
using tests::HeadReader;

struct Wire final : Gather::Sink {
  std::string text;
  void on_gathered(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces)
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  template <typename Write>
  static std::string of(Write&& write) {
    Gather gather;
    Wire wire;
    gather.begin(wire);
    write(gather);
    gather.send_all();
    return wire.text;
  }
};

struct Request {
  explicit Request(const std::string& wire) : reader(Kind::kRequest) {
    reader.read({wire});
    REQUIRE(reader.complete);
    REQUIRE(judge_request(head()).ok());
  }
  Head& head() { return reader.parser.head(); }
  std::string written(Persistence persistence = Persistence::kDefault,
                      std::span<const Field> extra = {}, std::string_view host = "endpoint:80") {
    return Wire::of([&](Gather& out) {
      write_request_head(out, head(), extra, head().body, persistence, host);
    });
  }
  HeadReader reader;
};

}  // namespace

TEST_SUITE("lib/http/h1_writer") {
  TEST_CASE("a request leaves with its target, names, case and order as they came") {
    const std::string wire =
        "PATCH /a%2F..//;x?q=%20&&=? HTTP/1.1\r\nX-oDD: \xc3\xa4 b\r\nHost: "
        "CI.example:80\r\nX-oDD: 2\r\n"
        "X-Empty: \r\nContent-Length: 7\r\nCookie: a=1; b\r\n\r\n";
    CHECK(Request(wire).written() == wire);
  }

  TEST_CASE("hop-by-hop fields stay, extra fields follow, framing and connection come last") {
    Request request(
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, x\r\nX: 1\r\nTransfer-Encoding: "
        "chunked\r\n"
        "Y: 2\r\nTE: trailers\r\nKeep-Alive: 1\r\nProxy-Connection: x\r\n\r\n");
    const Field extra[] = {{"X-Forwarded-For", "192.0.2.1"}};
    CHECK(request.written(Persistence::kClose, extra) ==
          "POST / HTTP/1.1\r\nHost: a\r\nY: 2\r\nX-Forwarded-For: 192.0.2.1\r\n"
          "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  }

  TEST_CASE("RFC 9112 §3.2.1: absolute form leaves as origin form, and OPTIONS without path as *") {
    CHECK(Request("GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n").written() ==
          "GET /b?c HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(Request("GET http://a? HTTP/1.1\r\nHost: a\r\n\r\n").written() ==
          "GET /? HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(Request("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n").written() ==
          "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(Request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").written() ==
          "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  TEST_CASE("RFC 9112 §3.2: a request without Host gets one") {
    CHECK(Request("GET / HTTP/1.0\r\n\r\n").written() ==
          "GET / HTTP/1.1\r\nHost: endpoint:80\r\n\r\n");
    CHECK(Request("GET http://a/ HTTP/1.0\r\n\r\n").written() ==
          "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }

  TEST_CASE("an upgrade leaves with its Upgrade fields") {
    CHECK(Request("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: "
                  "websocket\r\nSec-WebSocket-Key: k\r\n\r\n")
              .written(Persistence::kUpgrade) ==
          "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: k\r\nConnection: upgrade\r\nUpgrade: "
          "websocket\r\n\r\n");
  }

  TEST_CASE(
      "whatever the parser and the rules take is the same message when it is written and read "
      "again") {
    for (const std::string wire :
         {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a?b=c HTTP/1.0\r\nA:\r\nB: x  y\r\n\r\n",
          "POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 0012\r\n\r\n",
          "M-SEARCH / HTTP/1.1\r\nHost: [::1]:8\r\nTransfer-Encoding: CHUNKED\r\n\r\n",
          "OPTIONS http://a:80 HTTP/1.1\r\nHost: A:80\r\nExpect: 100-continue\r\n\r\n"}) {
      CAPTURE(wire);
      Request first(wire);
      const std::string once = first.written();
      Request second(once);
      CHECK(second.written() == once);
      CHECK(second.reader.rest.empty());
      CHECK(second.head().method == first.head().method);
      CHECK(second.head().path == first.head().path);
      CHECK(second.head().query == first.head().query);
      CHECK(second.head().body == first.head().body);
      CHECK(second.head().expects_continue == first.head().expects_continue);
    }
  }

  TEST_CASE("a field longer than a line in place, and a head longer than the scratch, are whole") {
    for (const std::size_t size :
         {std::size_t{2043}, std::size_t{2044}, std::size_t{2045}, std::size_t{30'000}}) {
      CAPTURE(size);
      const std::string wire =
          "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(size, 'x') + "\r\n\r\n";
      CHECK((Request(wire).written() == wire));
    }
    Head head;
    head.status = 200;
    const std::string big(Gather::kScratchBytes + 5, 'v');
    std::vector<Field> fields(3, Field{"Name", big, FieldId::kOther, false});
    head.fields = fields;
    const std::string line = "Name: " + big + "\r\n";
    CHECK((Wire::of([&](Gather& out) {
             write_response_head(out, head, {}, {}, Persistence::kDefault);
           }) == "HTTP/1.1 200 \r\n" + line + line + line + "\r\n"));
  }

  TEST_CASE(
      "RFC 9112 §2.3: a response of HTTP/1.0 leaves as HTTP/1.1, with the framing it is given") {
    HeadReader reader(Kind::kResponse);
    reader.read(
        {"HTTP/1.0 404 Where is it\r\nSet-Cookie: a\r\nset-cookie: b\r\nConnection: "
         "close\r\n\r\n"});
    REQUIRE(reader.complete);
    Head& head = reader.parser.head();
    REQUIRE(judge_response(head, Method::kGet, false).ok());
    const auto written = [&](BodyLength body, Persistence persistence) {
      return Wire::of([&](Gather& out) { write_response_head(out, head, {}, body, persistence); });
    };
    CHECK(written({BodyLength::Kind::kChunked, 0}, Persistence::kKeepAlive) ==
          "HTTP/1.1 404 Where is it\r\nSet-Cookie: a\r\nset-cookie: b\r\nTransfer-Encoding: "
          "chunked\r\n"
          "Connection: keep-alive\r\n\r\n");
    CHECK(
        written(head.body, Persistence::kClose) ==
        "HTTP/1.1 404 Where is it\r\nSet-Cookie: a\r\nset-cookie: b\r\nConnection: close\r\n\r\n");
  }

  TEST_CASE("chunks that are written are read again, up to the largest size") {
    const std::string body = Wire::of([](Gather& out) {
      write_chunk_size(out, 5);
      out.copy("hello\r\n");
      write_chunk_size(out, 26);
      out.copy("abcdefghijklmnopqrstuvwxyz\r\n");
      const Field trailers[] = {{"X-Sum", "1"},
                                {"Content-Length", "5", FieldId::kContentLength, true}};
      write_last_chunk(out, trailers);
    });
    tests::ChunkedBody read;
    read.read({body + "rest"});
    CHECK(read.text() == "helloabcdefghijklmnopqrstuvwxyz|X-Sum=1;|rest");
    CHECK(Wire::of([](Gather& out) { write_chunk_size(out, UINT64_MAX); }) ==
          "ffffffffffffffff\r\n");
  }
}

}  // namespace segue::http

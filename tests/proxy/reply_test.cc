// Answers of our own are complete messages that a client can frame.
#include "proxy/reply.h"

#include <doctest/doctest.h>

#include "tests/support/messages.h"

namespace segue::proxy {
namespace {

struct Wire final : Gather::Sink {
  std::string text;
  void on_gathered(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces)
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
};

std::string reply(std::uint16_t status, std::string_view fields, std::string_view body,
                  http::Persistence persistence, Body wanted) {
  Gather gather;
  Wire wire;
  gather.begin(wire);
  write_reply(gather, status, fields, body, persistence, wanted);
  gather.send_all();
  return wire.text;
}

}  // namespace

TEST_SUITE("proxy/reply") {
  TEST_CASE("a reply has its length, also where the body is left out") {
    CHECK(reply(404, "A: b\r\n", "page", http::Persistence::kDefault, Body::kSend) ==
          "HTTP/1.1 404 Not Found\r\nA: b\r\nContent-Length: 4\r\n\r\npage");
    CHECK(reply(404, "", "page", http::Persistence::kClose, Body::kOmit) ==
          "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\n");
    CHECK(reply(200, "", "", http::Persistence::kKeepAlive, Body::kSend) ==
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  }

  TEST_CASE("the reply to every fault is one response, read to its last byte") {
    for (int i = 1; i <= static_cast<int>(Fault::kTlsFailed); ++i) {
      const auto fault = static_cast<Fault>(i);
      const std::uint16_t status = http::status_for({fault, Side::kUpstream});
      if (status == 0) continue;
      for (const http::Page page : {http::Page::kText, http::Page::kHtml, http::Page::kJson}) {
        const std::string body = http::error_page(page, status, {fault}, "id");
        const std::string wire =
            reply(status, reply_fields(fault, page), body, http::Persistence::kClose, Body::kSend);
        tests::HeadReader reader(http::H1Parser::Kind::kResponse);
        reader.read({wire});
        REQUIRE(reader.complete);
        http::Head& head = reader.parser.head();
        REQUIRE(http::judge_response(head, http::Method::kGet, false).ok());
        CHECK(head.status == status);
        CHECK(head.body.bytes == body.size());
        CHECK(reader.rest == body);
        CHECK((head.find(http::FieldId::kRetryAfter) != nullptr) == (status == 503));
        CHECK_FALSE(head.keep_alive);
      }
    }
  }

  TEST_CASE("RFC 9110 §15.5.6: a method that is refused comes with those that are not") {
    CHECK(reply_fields(Fault::kMethodRefused, http::Page::kText).find("\r\nAllow: GET,") !=
          std::string::npos);
    CHECK(reply_fields(Fault::kNoRoute, http::Page::kText).find("Allow") == std::string::npos);
  }
}

}  // namespace segue::proxy

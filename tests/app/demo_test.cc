// The parts of the demonstration that decide what its verdict says.
#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

#include "app/demo_payloads.h"
#include "app/demo_site.h"
#include "app/demo_view.h"
#include "app/demo_websocket.h"

namespace segue::app {
namespace {

DemoRequest delivery(const std::string& id) {
  return {"POST", "/github-webhook/", {{"x-github-delivery", id}}, "abc", true};
}

std::string masked(unsigned char first, const std::string& payload) {
  std::string frame{static_cast<char>(first), static_cast<char>(0x80 | payload.size())};
  const std::string mask = "\x11\x22\x33\x44";
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

TEST_SUITE("app/demo") {
  TEST_CASE("a delivery is still known after the server was killed and came back") {
    std::string directory = std::filesystem::temp_directory_path() / "segue-demo-test-XXXXXX";
    REQUIRE(mkdtemp(directory.data()) != nullptr);
    const std::string record = directory + "/record";
    {
      DemoSite site("new", record);
      CHECK(site.answer(delivery("one")).status == 200);
      CHECK(site.answer(delivery("two words")).status == 200);
    }
    DemoSite again("new", record);
    const std::string known = again.answer({"GET", "/deliveries", {}, "", true}).body;
    CHECK(known.find("\"one\"") != std::string::npos);
    CHECK(known.find("\"two_words\"") != std::string::npos);
    std::filesystem::remove_all(directory);
  }

  TEST_CASE("a delivery needs an id and POST") {
    DemoSite site("old", "");
    CHECK(site.answer({"POST", "/github-webhook/", {}, "abc", true}).status == 400);
    CHECK(site.answer({"GET", "/github-webhook/", {}, "", true}).status == 405);
    CHECK(site.answer({"GET", "/nothing", {}, "", true}).status == 404);
  }

  TEST_CASE("RFC 6455 §1.3: the accept key of the example handshake") {
    CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  }

  TEST_CASE("frames come back however they are cut") {
    const std::string wire = masked(0x81, "hello") + masked(0x89, "ping") + masked(0x82, "");
    const std::string expected = std::string("\x81\x05hello\x8a\x04ping\x82", 14) + '\0';
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
      CAPTURE(cut);
      std::string in = wire.substr(0, cut), out;
      CHECK(websocket_echo(in, out));
      in += wire.substr(cut);
      CHECK(websocket_echo(in, out));
      CHECK(out == expected);
      CHECK(in.empty());
    }
  }

  TEST_CASE("a close, an unmasked and an oversized frame end a WebSocket") {
    std::string out;
    for (std::string in : {masked(0x88, ""), std::string("\x81\x05hello"),
                           std::string("\x82\xff\0\0\0\x01\0\0\0\0", 10)})
      CHECK_FALSE(websocket_echo(in, out));
    CHECK(out == std::string("\x88\0", 2));
  }

  TEST_CASE("without GitHub's payloads there are made-up ones, and that is said") {
    const DemoPayloads payloads = load_payloads("/nonexistent");
    CHECK(payloads.list.size() == 50);
    CHECK(payloads.source.find("made-up") != std::string::npos);
    CHECK(payloads.list[0].sha256.size() == 64);
  }

  TEST_CASE("the table shows what is not known as a dash") {
    DemoRow row{"webhooks", "new", 25,           0.25,         std::nullopt,
                0,          0,     std::nullopt, std::nullopt, "checking"};
    const std::string table = table_of({row});
    CHECK(table.find("25.0 %") != std::string::npos);
    CHECK(table.find(" - ") != std::string::npos);
    CHECK(table.find("checking") != std::string::npos);
  }
}

}  // namespace
}  // namespace segue::app

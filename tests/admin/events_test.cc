#include <doctest/doctest.h>

#include "tests/admin/test_server.h"

using namespace segue::admin;
using namespace segue::admin::test;
using segue::Millis;
using Level = segue::telemetry::Event::Level;

namespace {

constexpr const char* kLines = "Accept: application/x-ndjson\r\n";
constexpr const char* kServerSent = "Accept: text/event-stream\r\n";

std::string get_events(std::string_view query, std::string_view fields) {
  return "GET /v1/events" + std::string(query) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
         "\r\n";
}

}  // namespace

TEST_SUITE("admin/events") {
  TEST_CASE("the kept events are a list, and `since` leaves out what was seen") {
    TestServer server;
    server.control.events().emit("endpoint.down",
                                 {{"pool", "new"}, {"cause", "connection refused"}}, Level::kWarn);
    server.control.events().emit("endpoint.up", {{"pool", "new"}});
    const Json all = server.get("/v1/events").json();
    CHECK(all["oldest_id"] == 1);
    CHECK(all["newest_id"] == 2);
    REQUIRE(all["events"].size() == 2);
    CHECK(all["events"][0]["level"] == "warn");
    CHECK(all["events"][0]["facts"] == Json({{"pool", "new"}, {"cause", "connection refused"}}));
    const Json later = server.get("/v1/events?since=1").json();
    REQUIRE(later["events"].size() == 1);
    CHECK(later["events"][0]["name"] == "endpoint.up");
    CHECK(server.get("/v1/events?since=2").json()["events"].empty());
    // An id from before a restart: everything is news.
    CHECK(server.get("/v1/events?since=77").json()["events"].size() == 2);
  }

  TEST_CASE("a stream of lines begins where it is told to and goes on") {
    TestServer server;
    server.control.events().emit("one", {});
    server.control.events().emit("two", {});
    RawClient client = server.client();
    REQUIRE(client.sends(get_events("?since=1", kLines)));
    CHECK(client.sees("\"name\":\"two\""));
    CHECK(client.in.find("Content-Type: application/x-ndjson\r\n") != std::string::npos);
    CHECK(client.in.find("\"name\":\"one\"") == std::string::npos);
    server.control.events().emit("three", {{"reason", "line\nend and \xff"}});
    CHECK(client.sees(
        "\"name\":\"three\",\"facts\":{\"reason\":\"line\\nend and \xEF\xBF\xBD\"}}\n"));
  }

  TEST_CASE("server-sent events have ids, and a browser that reconnects misses nothing") {
    TestServer server;
    server.control.events().emit("one", {});
    RawClient client = server.client();
    REQUIRE(client.sends(get_events("", kServerSent)));
    CHECK(client.sees(": segue events\n\n"));
    server.control.events().emit("two", {});
    CHECK(client.sees("id: 2\nevent: two\ndata: {\"id\":2,"));
    CHECK(client.in.find("event: one") == std::string::npos);
    client.close();
    server.control.events().emit("three", {});
    RawClient again = server.client();
    REQUIRE(again.sends(get_events("", std::string(kServerSent) + "Last-Event-ID: 2\r\n")));
    CHECK(again.sees("event: three"));
    CHECK(again.in.find("event: two") == std::string::npos);
  }

  TEST_CASE("a quiet stream shows signs of life") {
    Limits limits;
    limits.heartbeat = Millis(5);
    TestServer server(limits);
    RawClient client = server.client();
    REQUIRE(client.sends(get_events("", kServerSent)));
    CHECK(client.sees("\r\n:\n\n\r\n"));
  }

  TEST_CASE("HTTP/1.0 gets a stream that ends with the connection") {
    TestServer server;
    RawClient client = server.client();
    REQUIRE(client.sends("GET /v1/events HTTP/1.0\r\nAccept: application/x-ndjson\r\n\r\n"));
    CHECK(client.sees("\r\n\r\n"));
    CHECK(client.in.find("chunked") == std::string::npos);
    server.control.events().emit("one", {});
    CHECK(client.sees("\r\n\r\n{\"id\":1,"));
  }

  TEST_CASE("HEAD of a stream ends at once") {
    TestServer server;
    RawClient client = server.client();
    REQUIRE(
        client.sends("HEAD /v1/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n"));
    CHECK(client.sees_end());
    CHECK(client.in.ends_with("\r\n\r\n"));
  }

  TEST_CASE("a client that does not read is cut off, the others are told everything") {
    Limits limits;
    limits.stream_backlog_bytes = 64 * 1024;
    TestServer server(limits);
    RawClient stuck = server.client(), well = server.client();
    REQUIRE(stuck.sends(get_events("", kLines)));
    REQUIRE(well.sends(get_events("", kLines)));
    CHECK(stuck.sees("\r\n\r\n"));
    CHECK(well.sees("\r\n\r\n"));
    const std::string filler(10'000, 'x');
    for (int i = 0; i < 200; ++i) {
      const auto id = server.control.events().emit("filler", {{"text", filler}});
      REQUIRE(well.sees("{\"id\":" + std::to_string(id) + ","));
      well.in.clear();
    }
    CHECK(server.loop.until([&] { return server.server->connections() == 1; }));
  }
}

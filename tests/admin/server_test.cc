#include "admin/server.h"

#include <doctest/doctest.h>

#include "tests/admin/test_server.h"

using namespace segue::admin;
using namespace segue::admin::test;
using segue::Millis;
using segue::SocketAddress;

TEST_SUITE("admin/server") {
  TEST_CASE("a connection answers one request after another") {
    TestServer server;
    RawClient client = server.client();
    for (int i = 0; i < 3; ++i) {
      const RawResponse live = client.asks("GET", "/live");
      CHECK(live.status == 200);
      CHECK(live.body == "ok\n");
      CHECK(live.field("Connection") == "");
      CHECK(live.field("Cache-Control") == "no-store");
      CHECK(live.field("Date").ends_with(" GMT"));
    }
    CHECK(server.server->connections() == 1);
  }

  TEST_CASE(
      "pipelined requests are answered in order, a waiting change holds back what follows it") {
    TestServer server;
    server.control.settle_at_once = false;
    RawClient client = server.client();
    const std::string body = R"({"state":"drain"})";
    REQUIRE(
        client.sends("GET /live HTTP/1.1\r\nHost: a\r\n\r\n"
                     "PUT /v1/pools/new HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body +
                     "GET /v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
                     "GET /ready HTTP/1.1\r\nHost: a\r\n\r\n"));
    CHECK(client.response().body == "ok\n");
    CHECK(server.loop.until([&] { return server.control.authors.size() == 1; }));
    CHECK(client.in.empty());
    server.control.settle();
    CHECK(client.response().json()["settled"] == true);
    CHECK(client.response().json()["openapi"] == "3.1.0");
    CHECK(client.response().body == "ok\n");
  }

  TEST_CASE("a flood of pipelined requests is answered whole while little is read ahead") {
    Limits limits;
    limits.read_ahead_bytes = 1024;
    TestServer server(limits);
    RawClient client = server.client();
    constexpr int kRequests = 2000;
    std::string wire;
    for (int i = 0; i < kRequests; ++i) wire += "GET /live HTTP/1.1\r\nHost: a\r\n\r\n";
    REQUIRE(client.sends(wire));
    int answered = 0;
    for (; answered < kRequests; ++answered)
      if (client.response().body != "ok\n") break;
    CHECK(answered == kRequests);
  }

  TEST_CASE("HEAD has the head of GET and no body") {
    TestServer server;
    RawClient client = server.client();
    const RawResponse head = client.asks("HEAD", "/live");
    CHECK(head.status == 200);
    CHECK(head.field("Content-Length") == "3");
    CHECK(client.asks("GET", "/live").body == "ok\n");
  }

  TEST_CASE(
      "RFC 9110 §10.1.1: a client that expects 100 gets it, unless its body is refused already") {
    TestServer server;
    RawClient client = server.client();
    REQUIRE(
        client.sends("POST /v1/reload HTTP/1.1\r\nHost: a\r\nExpect: "
                     "100-continue\r\nContent-Length: 2\r\n\r\n"));
    CHECK(client.sees("HTTP/1.1 100 Continue\r\n\r\n"));
    client.in.clear();
    REQUIRE(client.sends("{}"));
    CHECK(client.response().status == 200);

    RawClient large = server.client();
    REQUIRE(
        large.sends("POST /v1/reload HTTP/1.1\r\nHost: a\r\nExpect: "
                    "100-continue\r\nContent-Length: 9999999\r\n\r\n"));
    CHECK(large.response().status == 413);
    CHECK(large.sees_end());
  }

  TEST_CASE("an early refusal reaches a client that goes on sending") {
    TestServer server;
    RawClient client = server.client();
    REQUIRE(client.sends("POST /v1/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n"));
    client.sends(std::string(100'000, 'x'));
    const RawResponse refusal = client.response();
    CHECK(refusal.status == 413);
    CHECK(refusal.field("Content-Type") == "application/problem+json");
    CHECK(refusal.field("Connection") == "close");
    CHECK(refusal.json()["detail"] == "the body is larger than 131072 bytes");
  }

  TEST_CASE("a client that closes its half still gets its answer") {
    TestServer server;
    RawClient client = server.client();
    REQUIRE(client.sends("GET /live HTTP/1.1\r\nHost: a\r\n\r\n"));
    client.half_close();
    CHECK(client.response().body == "ok\n");
    CHECK(client.sees_end());
  }

  TEST_CASE("HTTP/1.0 is answered and closed") {
    TestServer server;
    RawClient client = server.client();
    REQUIRE(client.sends("GET /live HTTP/1.0\r\n\r\n"));
    CHECK(client.response().field("Connection") == "close");
    client.half_close();
    CHECK(client.sees_end());
  }

  TEST_CASE("slow heads and bodies are cut off with 408, idle connections silently") {
    Limits limits;
    limits.head = limits.body = limits.keep_alive = Millis(30);
    TestServer server(limits);
    RawClient head = server.client();
    REQUIRE(head.sends("GET /live HT"));
    CHECK(head.response().status == 408);
    RawClient body = server.client();
    REQUIRE(body.sends("POST /v1/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{"));
    const RawResponse late = body.response();
    CHECK(late.status == 408);
    CHECK(late.json()["detail"] == "the request body did not arrive in time");
    RawClient idle = server.client();
    CHECK(idle.sees_end());
    CHECK(idle.in.empty());
  }

  TEST_CASE("a client that never reads its answer is cut off and blocks nobody") {
    Limits limits;
    limits.write = Millis(50);
    TestServer server(limits);
    RawClient stuck = server.client();
    std::string wire;
    for (int i = 0; i < 100; ++i) wire += "GET /v1/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
    REQUIRE(stuck.sends(wire));
    RawClient other = server.client();
    CHECK(other.asks("GET", "/live").status == 200);
    CHECK(server.loop.until([&] { return server.server->connections() == 1; }));
  }

  TEST_CASE("clients that vanish at any point leave nothing behind") {
    TestServer server;
    server.control.settle_at_once = false;
    const std::string wire =
        "PUT /v1/pools/new HTTP/1.1\r\nHost: a\r\nContent-Length: 17\r\n\r\n{\"state\":\"drain\"}";
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
      RawClient client = server.client();
      if (cut > 0) REQUIRE(client.sends(wire.substr(0, cut)));
    }
    server.loop.until([&] { return server.control.authors.size() == 1; });
    server.control.settle();  // the answer finds nobody
    CHECK(server.loop.until([&] { return server.server->connections() == 0; }));
    CHECK(server.get("/live").status == 200);
  }

  TEST_CASE("over the limit the longest idle connection makes room; busy ones do not") {
    Limits limits;
    limits.connections = 3;
    TestServer server(limits);
    RawClient first = server.client(), second = server.client(), third = server.client();
    CHECK(first.asks("GET", "/live").status == 200);
    CHECK(second.asks("GET", "/live").status == 200);
    CHECK(third.asks("GET", "/live").status == 200);
    RawClient fourth = server.client();
    CHECK(fourth.asks("GET", "/live").status == 200);
    CHECK(first.sees_end());
    // Busy: asked for a change that nobody settles.
    server.control.settle_at_once = false;
    for (RawClient* busy : {&second, &third, &fourth})
      REQUIRE(
          busy->sends("PUT /v1/pools/new HTTP/1.1\r\nHost: a\r\nContent-Length: "
                      "15\r\n\r\n{\"state\":\"out\"}"));
    CHECK(server.loop.until([&] { return server.control.authors.size() == 3; }));
    RawClient fifth = server.client();
    const RawResponse refused = fifth.response();
    CHECK(refused.status == 503);
    CHECK(refused.json()["detail"].get<std::string>().starts_with(
        "all 3 admin connections are in use"));
  }

  TEST_CASE("no number of slow clients locks the operator out") {
    TestServer server;
    const std::size_t all = Limits{}.connections;
    std::vector<std::unique_ptr<RawClient>> clients;
    const auto fill = [&](std::string_view wire, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<RawClient>(server.loop, server.folder / "admin.sock"));
        REQUIRE(clients.back()->sends(wire));
      }
    };
    // Half a head, half a body: answered with 408 after some seconds, and nobody waits for that.
    fill("GET /live HT", all / 2);
    fill("POST /v1/reload HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n{", all - all / 2);
    REQUIRE(server.loop.until([&] { return server.server->connections() == all; }));
    CHECK(server.get("/live").status == 200);
    CHECK(clients.front()->sees_end());
    CHECK(clients.front()->in.empty());
    for (int i = 0; i < 5; ++i) CHECK(server.get("/v1/status").status == 200);
    clients.clear();
    REQUIRE(server.loop.until([&] { return server.server->connections() == 0; }));

    // Streams go after everybody else who does not wait for us, the oldest first.
    fill("GET /v1/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n", all - 1);
    for (const auto& client : clients) REQUIRE(client->sees(": segue events"));
    fill("GET /li", 1);
    REQUIRE(server.loop.until([&] { return server.server->connections() == all; }));
    RawClient ctl = server.client();
    CHECK(ctl.asks("GET", "/live").status == 200);
    CHECK(clients.back()->sees_end());
    fill("GET /li", 1);
    CHECK(ctl.sees_end());  // idle by now
    fill("GET /li", 1);
    CHECK(clients[all]->sees_end());
    server.control.events().emit("test.done", {});
    CHECK(clients.front()->sees("test.done"));
    clients[all + 1]->close();
    REQUIRE(server.loop.until([&] { return server.server->connections() == all - 1; }));
    fill("GET /v1/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n", 1);
    REQUIRE(clients.back()->sees(": segue events"));
    CHECK(server.get("/live").status == 200);
    CHECK(clients.front()->sees_end());
  }

  TEST_CASE("TCP shows metrics and liveness, and nothing else") {
    TestServer server({}, true);
    const auto address = SocketAddress::parse(server.server->listen_address());
    REQUIRE(address.ok());
    CHECK(address->port() != 0);
    const Json listeners = server.get("/v1/listeners").json()["listeners"];
    REQUIRE(listeners.size() == 2);
    CHECK(listeners[1]["listener"] == "admin");
    CHECK(listeners[1]["address"] == server.server->listen_address());
    RawClient client(server.loop, *address);
    CHECK(client.asks("GET", "/live").status == 200);
    CHECK(client.asks("GET", "/ready").status == 200);
    CHECK(client.asks("GET", "/metrics").status == 200);
    for (const char* path : {"/v1/status", "/v1/splits", "/v1/config", "/"}) {
      const RawResponse refused = client.asks("GET", path);
      CHECK(refused.status == 404);
      CHECK(refused.json()["detail"].get<std::string>().find("admin socket") != std::string::npos);
    }
    CHECK(client.asks("PUT", "/v1/pools/new", R"({"state":"out"})").status == 404);
    CHECK(server.control.authors.empty());
  }

  TEST_CASE("a second server on the same socket is refused, a TCP address in use too") {
    TestServer server({}, true);
    const auto again =
        Server::start(server.loop.get(), {server.folder / "admin.sock", 0600, "", {}}, server.api);
    REQUIRE_FALSE(again.ok());
    CHECK(again.error().find("is in use") != std::string::npos);
    const auto tcp = Server::start(server.loop.get(),
                                   {"", 0600, server.server->listen_address(), {}}, server.api);
    REQUIRE_FALSE(tcp.ok());
    CHECK(tcp.error().find("cannot listen on 127.0.0.1:") != std::string::npos);
    CHECK(server.get("/live").status == 200);
  }

  TEST_CASE("stopping cuts connections in every state") {
    TestServer server;
    server.control.settle_at_once = false;
    RawClient idle = server.client(), reading = server.client(), waiting = server.client(),
              streaming = server.client();
    CHECK(idle.asks("GET", "/live").status == 200);
    REQUIRE(reading.sends("GET /li"));
    REQUIRE(waiting.sends(
        "PUT /v1/pools/new HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{\"state\":\"out\"}"));
    REQUIRE(
        streaming.sends("GET /v1/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n"));
    CHECK(streaming.sees(": segue events"));
    CHECK(server.loop.until([&] { return server.control.authors.size() == 1; }));
    server.server.reset();
    for (RawClient* client : {&idle, &reading, &waiting, &streaming}) CHECK(client->sees_end());
    server.control.settle();
    server.control.events().emit("test.done", {});
    CHECK(access((server.folder / "admin.sock").c_str(), F_OK) != 0);
  }
}

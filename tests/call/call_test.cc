// One request out and one bounded answer back, from good servers and from bad ones.
#include "lib/call/call.h"

#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/run_until.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temp_dir.h"

namespace segue::call {
namespace {

using tests::run_until;
using tests::ScriptedServer;
using Reply = ScriptedServer::Reply;
using Outcome = Result<Answer, CallError>;

struct World {
  net::Loop loop;
  ChunkPool chunks;

  Outcome call(const Request& request) {
    std::optional<Outcome> outcome;
    int times = 0;
    Call call(loop, chunks, request, [&](Outcome result) {
      outcome = std::move(result);
      ++times;
    });
    CHECK_FALSE(outcome.has_value());  // never from inside the constructor
    run_until(loop, [&] { return outcome.has_value(); });
    uv_run(loop.uv(), UV_RUN_NOWAIT);
    CHECK(times == 1);
    return *outcome;
  }
  /// What a server that sends `pieces` looks like from here.
  Outcome answer_to(std::vector<std::string> pieces, Reply::Then then = Reply::Then::kClose,
                    const std::string& method = "GET") {
    ScriptedServer server(loop, [&](const std::string&) { return Reply{pieces, then}; });
    Request request;
    request.to = server.address();
    request.method = method;
    return call(request);
  }
};

TEST_SUITE("call/call") {
  TEST_CASE("an answer comes back with status, headers and body") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) {
      return ScriptedServer::status(503, "getting ready",
                                    "X-Jenkins: 2.4\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n");
    });
    Request request;
    request.to = server.address();
    request.target = "/login?from=x";
    request.host = "ci.example.com";
    request.headers = {{"X-Probe", "segue"}};
    const auto outcome = world.call(request);
    REQUIRE(outcome.ok());
    CHECK(outcome->status == 503);
    CHECK(outcome->body == "getting ready");
    CHECK_FALSE(outcome->body_cut);
    REQUIRE(outcome->header("x-jenkins") != nullptr);
    CHECK(*outcome->header("x-jenkins") == "2.4");
    CHECK(outcome->header("X-Hudson") == nullptr);
    CHECK(outcome->headers.size() == 4);
    CHECK(outcome->total >= outcome->connect);
    REQUIRE(server.requests().size() == 1);
    CHECK(server.requests()[0] ==
          "GET /login?from=x HTTP/1.1\r\nHost: ci.example.com\r\nX-Probe: segue\r\nUser-Agent: "
          "segue\r\n"
          "Accept: */*\r\nConnection: close\r\n\r\n");
    run_until(world.loop, [&] { return server.open() == 0; });
  }

  TEST_CASE("a body is sent with its length") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) { return ScriptedServer::ok(); });
    Request request;
    request.to = server.address();
    request.method = "POST";
    request.body = std::string(300'000, 'b');
    CHECK(world.call(request).ok());
    REQUIRE(server.requests().size() == 1);
    CHECK(server.requests()[0].find("Content-Length: 300000\r\n") != std::string::npos);
  }

  TEST_CASE("UNIX sockets are called like others, abstract ones too") {
    World world;
    const tests::TempDir dir;
    for (const std::string& path :
         {dir / "socket", "@segue-call-test-" + std::to_string(::getpid())}) {
      CAPTURE(path);
      ScriptedServer server(world.loop, path,
                            [](const std::string&) { return ScriptedServer::ok("unix"); });
      Request request;
      request.to = server.address();
      const auto outcome = world.call(request);
      REQUIRE(outcome.ok());
      CHECK(outcome->body == "unix");
    }
  }

  TEST_CASE("an answer is the same however it is cut") {
    const std::string wire =
        "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: t\r\n\r\n";
    for (std::size_t cut = 1; cut < wire.size(); ++cut) {
      CAPTURE(cut);
      AnswerReader reader("GET", 1000);
      std::optional<AnswerReader::Step> last;
      for (const std::string_view piece :
           {std::string_view(wire).substr(0, cut), std::string_view(wire).substr(cut)}) {
        REQUIRE(reader.space().size() >= piece.size());
        std::copy(piece.begin(), piece.end(), reader.space().begin());
        last = reader.filled(piece.size());
        REQUIRE(last->ok());
      }
      CHECK(**last == AnswerReader::Progress::kComplete);
      const Answer answer = reader.take();
      CHECK(answer.status == 200);
      CHECK(answer.body == "hello world");
    }
  }

  TEST_CASE("the end of the body is known by length, chunks, the method or the connection") {
    World world;
    struct Case {
      const char* name;
      const char* wire;
      const char* method;
      Reply::Then then;
      const char* body;
    };
    const Case cases[] = {
        {"length, connection stays open", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "GET",
         Reply::Then::kStay, "ok"},
        {"until close", "HTTP/1.1 200 OK\r\n\r\neverything", "GET", Reply::Then::kClose,
         "everything"},
        {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nold", "GET", Reply::Then::kClose, "old"},
        {"HEAD has none", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "HEAD",
         Reply::Then::kStay, ""},
        {"204 has none", "HTTP/1.1 204 No Content\r\n\r\n", "GET", Reply::Then::kStay, ""},
        {"interim answers first",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "GET",
         Reply::Then::kStay, "x"},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      const auto outcome = world.answer_to({c.wire}, c.then, c.method);
      REQUIRE(outcome.ok());
      CHECK(outcome->body == c.body);
      CHECK(outcome->status / 100 == 2);
    }
  }

  TEST_CASE("a body beyond the limit is cut there, however it is framed") {
    World world;
    const std::string big(200'000, 'x');
    for (const std::string& head :
         {std::string("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\n\r\n"),
          std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n")}) {
      CAPTURE(head);
      const auto outcome = world.answer_to({head, big}, Reply::Then::kStay);
      REQUIRE(outcome.ok());
      CHECK(outcome->body_cut);
      CHECK(outcome->body.size() == 64 * 1024);
    }
    const auto outcome = world.answer_to(
        {"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n", big.substr(0, 65'536)});
    REQUIRE(outcome.ok());
    CHECK_FALSE(outcome->body_cut);
    CHECK(outcome->body.size() == 65'536);
  }

  TEST_CASE("hostile answers are refused in a sentence that holds none of their bytes") {
    World world;
    struct Case {
      const char* name;
      std::string wire;
      CallError::Kind kind;
      const char* sentence;
    };
    using Kind = CallError::Kind;
    const Case cases[] = {
        {"not HTTP", "SSH-2.0-OpenSSH_9.2\r\n", Kind::kBadAnswer, "the answer is not HTTP"},
        {"HTTP/2 preface", std::string("\0\0\0\4\0\0\0\0\0", 9), Kind::kBadAnswer,
         "the answer is not HTTP"},
        {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
         Kind::kBadAnswer, "the answer is not HTTP"},
        {"head without end", "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x'), Kind::kBadAnswer,
         "the head of the answer is too large"},
        {"too many fields",
         [] {
           std::string wire = "HTTP/1.1 200 OK\r\n";
           for (int i = 0; i < 200; ++i) wire += "X: y\r\n";
           return wire + "\r\n";
         }(),
         Kind::kBadAnswer, "the head of the answer is too large"},
        {"endless interim answers",
         [] {
           std::string wire;
           for (int i = 0; i < 50; ++i) wire += "HTTP/1.1 103 Early\r\n\r\n";
           return wire;
         }(),
         Kind::kBadAnswer, "too many interim answers"},
        {"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
         Kind::kBadAnswer, "the body of the answer is not well-formed"},
        {"nothing", "", Kind::kClosed, "the connection was closed without an answer"},
        {"half a head", "HTTP/1.1 200 OK\r\nCont", Kind::kClosed,
         "the connection was closed within the answer"},
        {"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Kind::kClosed,
         "the connection was closed within the answer"},
    };
    for (const Case& c : cases) {
      INFO(c.name);
      const auto outcome = world.answer_to({c.wire});
      REQUIRE_FALSE(outcome.ok());
      CHECK(outcome.error().kind == c.kind);
      CHECK(outcome.error().sentence == c.sentence);
    }
    const auto reset = world.answer_to({"HTTP/1.1 200 OK\r\n"}, Reply::Then::kReset);
    REQUIRE_FALSE(reset.ok());
    CHECK(reset.error().kind == CallError::Kind::kClosed);
  }

  TEST_CASE("a refused connection says so") {
    World world;
    Request request;
    request.to = tests::refusing_address();
    const auto outcome = world.call(request);
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().kind == CallError::Kind::kConnect);
    CHECK(outcome.error().sentence == "connection refused");

    request.to = SocketAddress::parse("unix:/no/such/socket").value();
    const auto missing = world.call(request);
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().sentence == "no such file or directory");
  }

  TEST_CASE("silence ends at the deadline, and the sentence says what was missing") {
    World world;
    Request request;
    request.timeout = Millis(50);
    {
      ScriptedServer server(world.loop, [](const std::string&) {
        return Reply{{}, Reply::Then::kStay};
      });
      request.to = server.address();
      const auto outcome = world.call(request);
      REQUIRE_FALSE(outcome.ok());
      CHECK(outcome.error().kind == CallError::Kind::kTimeout);
      CHECK(outcome.error().sentence == "no answer within 50 ms");
    }
    ScriptedServer server(world.loop, [](const std::string&) {
      return Reply{{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"}, Reply::Then::kStay};
    });
    request.to = server.address();
    const auto outcome = world.call(request);
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().sentence == "no complete answer within 50 ms");
  }

  TEST_CASE("a connection alone can be the answer") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) { return Reply{}; });
    Request request;
    request.kind = Request::Kind::kConnect;
    request.to = server.address();
    const auto outcome = world.call(request);
    REQUIRE(outcome.ok());
    CHECK(outcome->status == 0);
    run_until(world.loop, [&] { return server.connections() == 1 && server.open() == 0; });
    CHECK(server.requests().empty());
    request.to = tests::refusing_address();
    CHECK_FALSE(world.call(request).ok());
  }

  TEST_CASE("configured text cannot break out of its place") {
    World world;
    const auto refused = [&](const std::function<void(Request&)>& change) {
      Request request;
      request.to = tests::refusing_address();
      change(request);
      const auto outcome = world.call(request);
      REQUIRE_FALSE(outcome.ok());
      return outcome.error().kind == CallError::Kind::kRefused;
    };
    CHECK(refused([](Request& r) { r.headers = {{"X", "a\r\nHost: evil"}}; }));
    CHECK(refused([](Request& r) { r.headers = {{"X: y", "z"}}; }));
    CHECK(refused([](Request& r) { r.headers = {{"content-length", "5"}}; }));
    CHECK(refused([](Request& r) { r.target = "/a b"; }));
    CHECK(refused([](Request& r) { r.target = "login"; }));
    CHECK(refused([](Request& r) { r.method = "GET /"; }));
    CHECK(refused([](Request& r) { r.host = "a\nb"; }));
    CHECK_FALSE(refused([](Request&) {}));
  }

  TEST_CASE("there is exactly one Host, and the request's own wins") {
    Request request;
    request.headers = {{"host", "header"}};
    CHECK(write_request(request)->find("host: header\r\n") != std::string::npos);
    CHECK(write_request(request)->find("Host:") == std::string::npos);
    request.host = "field";
    CHECK(write_request(request)->find("Host: field\r\n") != std::string::npos);
    CHECK(write_request(request)->find("host: header") == std::string::npos);
  }

  TEST_CASE("a call may be destroyed at any time, from inside its own answer too") {
    World world;
    ScriptedServer server(world.loop, [](const std::string&) { return ScriptedServer::ok(); });
    Request request;
    request.to = server.address();
    bool answered = false;
    std::unique_ptr<Call> call;
    call = std::make_unique<Call>(world.loop, world.chunks, request, [&](const Outcome&) {
      call.reset();
      answered = true;
    });
    run_until(world.loop, [&] { return answered; });

    for (int turns = 0; turns < 6; ++turns) {
      CAPTURE(turns);
      call = std::make_unique<Call>(world.loop, world.chunks, request,
                                    [&](const Outcome&) { CHECK(turns > 2); });
      for (int i = 0; i < turns; ++i) uv_run(world.loop.uv(), UV_RUN_NOWAIT);
      call.reset();
    }
    run_until(world.loop, [&] { return server.open() == 0; });
    CHECK(world.chunks.in_use() == 0);
  }
}

}  // namespace
}  // namespace segue::call

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/admin/test_server.h"

using namespace segue::admin;
using namespace segue::admin::test;
using segue::Millis;

TEST_SUITE("admin/changes") {
  TEST_CASE("a change of weights answers with before and after, once every worker serves it") {
    TestServer server;
    server.control.settle_at_once = false;
    RawClient client = server.client();
    const std::string body = R"({"weights":{"old":70,"new":30},"reason":"canary is fine"})";
    REQUIRE(client.sends("PUT /v1/splits/webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                         std::to_string(body.size()) + "\r\n\r\n" + body));
    REQUIRE(server.loop.until([&] { return server.control.authors.size() == 1; }));
    CHECK(server.get("/v1/status").json()["settled_generation"] == 1);
    CHECK(client.in.empty());
    server.control.settle();
    const RawResponse done = client.response();
    CHECK(done.status == 200);
    CHECK(done.field("ETag") == "\"2\"");
    CHECK(done.json() == Json({{"generation", 2},
                               {"settled", true},
                               {"changed", true},
                               {"revision", nullptr},
                               {"kept", true},
                               {"differences",
                                {{{"what", "weights"},
                                  {"name", "webhooks"},
                                  {"before", "old=90 new=10"},
                                  {"after", "old=70 new=30"}}}},
                               {"changes",
                                {{{"route", "webhooks"},
                                  {"before", {{"old", 90}, {"new", 10}}},
                                  {"after", {{"old", 70}, {"new", 30}}}}}},
                               {"warnings",
                                {"route webhooks serves old=70 new=30 as set at run time; the file "
                                 "says old=90 new=10"}}}));
    CHECK(server.control.authors[0].uid == getuid());
    CHECK_FALSE(server.control.authors[0].name.empty());
    CHECK(server.control.authors[0].reason == "canary is fine");
  }

  TEST_CASE("pools that are not named keep their weights") {
    TestServer server;
    const Json done = server.put("/v1/splits/webhooks", R"({"weights":{"new":5}})").json();
    CHECK(done["changes"][0]["after"] == Json({{"old", 90}, {"new", 5}}));
  }

  TEST_CASE("several splits change in one generation") {
    TestServer server;
    const RawResponse done =
        server.client().asks("PATCH", "/v1/splits",
                             R"({"splits":{"webhooks":{"old":1,"new":1},"ui":{"old":1,"new":1}}})");
    CHECK(done.status == 200);
    CHECK(done.json()["generation"] == 2);
    CHECK(done.json()["changes"].size() == 2);
    CHECK(server.control.authors.size() == 1);
  }

  TEST_CASE("of two who read the same generation, the second is refused") {
    TestServer server;
    RawClient first = server.client(), second = server.client();
    const std::string seen = first.asks("GET", "/v1/splits/ui").field("ETag");
    CHECK(second.asks("GET", "/v1/splits/ui").field("ETag") == seen);
    const std::string condition = "If-Match: " + seen + "\r\n";
    CHECK(first.asks("PUT", "/v1/splits/ui", R"({"weights":{"new":10}})", condition).status == 200);
    const RawResponse late =
        second.asks("PUT", "/v1/splits/ui", R"({"weights":{"new":20}})", condition);
    CHECK(late.status == 412);
    CHECK(late.field("ETag") == "\"2\"");
    CHECK(second.asks("PUT", "/v1/splits/ui", R"({"weights":{"new":20}})", "If-Match: \"2\"\r\n")
              .status == 200);
    CHECK(second.asks("PUT", "/v1/splits/ui", R"({"weights":{"new":30}})", "If-Match: *\r\n")
              .status == 200);
    CHECK(
        second
            .asks("PUT", "/v1/splits/ui", R"({"weights":{"new":40}})", "If-Match: \"1\", \"4\"\r\n")
            .status == 200);
  }

  TEST_CASE("the operator's word about an endpoint, and about a whole pool") {
    TestServer server;
    const RawResponse one =
        server.put("/v1/pools/new/endpoints/10.0.0.6:8080", R"({"state":"drain"})");
    CHECK(one.json()["changes"] == Json({{{"pool", "new"},
                                          {"address", "10.0.0.6:8080"},
                                          {"before", "auto"},
                                          {"after", "drain"}}}));
    CHECK(server.get("/v1/pools/new/endpoints/10.0.0.6:8080").json()["rotation"] == "drain");
    const Json all = server.put("/v1/pools/new", R"({"state":"out"})").json();
    CHECK(all["changes"].size() == 2);
    CHECK(all["changes"][0]["before"] == "drain");
    REQUIRE(all["warnings"].size() == 1);
    CHECK(all["warnings"][0] ==
          "pool new cannot take traffic: 0 of 2 endpoints in rotation, 1 needed; "
          "10.0.0.6:8080 operator, 10.0.0.7:8080 operator");
    CHECK(server.put("/v1/pools/new", R"({"state":"auto"})").json()["warnings"].empty());
    CHECK(server.get("/v1/pools/new").json()["in_rotation"] == 2);
    CHECK(server.put("/v1/pools/new", R"({"state":"ready"})").status == 200);
  }

  TEST_CASE("reload may forget what was set at run time") {
    TestServer server;
    server.put("/v1/splits/ui", R"({"weights":{"new":50}})");
    CHECK(server.client().asks("POST", "/v1/reload").json()["warnings"].size() == 1);
    const Json done =
        server.client().asks("POST", "/v1/reload", R"({"weights_from_file":true})").json();
    CHECK(done["warnings"].empty());
    CHECK(done["before"] == 3);
    CHECK(done["generation"] == 4);
    CHECK(server.get("/v1/splits/ui").json()["weights_from"] == "file");
  }

  TEST_CASE("what is so already makes no generation, and the answer says so") {
    TestServer server;
    const std::pair<const char*, const char*> kChanges[] = {
        {"/v1/splits/webhooks", R"({"weights":{"old":90,"new":10}})"},
        {"/v1/splits/webhooks", R"({"weights":{"new":10}})"},
        {"/v1/pools/new", R"({"state":"auto"})"},
        {"/v1/pools/new/endpoints/10.0.0.6:8080", R"({"state":"auto"})"},
    };
    for (const auto& [target, body] : kChanges) {
      CAPTURE(target);
      const RawResponse done = server.put(target, body);
      CHECK(done.status == 200);
      CHECK(done.field("ETag") == "\"1\"");
      CHECK(done.json()["generation"] == 1);
      CHECK(done.json()["settled"] == true);
      CHECK(done.json()["changed"] == false);
      CHECK(done.json()["changes"][0]["before"] == done.json()["changes"][0]["after"]);
    }
  }

  TEST_CASE("a reload says what only the next start takes over") {
    TestServer server;
    CHECK(server.client().asks("POST", "/v1/reload").json()["needs_restart"].empty());
    server.control.needs_restart = {"workers", "[log]"};
    CHECK(server.client().asks("POST", "/v1/reload").json()["needs_restart"] ==
          Json({"workers", "[log]"}));
  }

  TEST_CASE("a change that does not settle in time is answered with 202, and only once") {
    Limits limits;
    limits.settle = Millis(0);
    TestServer server(limits);
    server.control.settle_at_once = false;
    RawClient client = server.client();
    REQUIRE(client.sends(
        "PUT /v1/pools/new HTTP/1.1\r\nHost: a\r\nContent-Length: 15\r\n\r\n{\"state\":\"out\"}"));
    REQUIRE(server.loop.until([&] { return server.control.authors.size() == 1; }));
    server.api.on_tick(segue::now());
    const RawResponse waiting = client.response();
    CHECK(waiting.status == 202);
    CHECK(waiting.json()["settled"] == false);
    server.control.settle();
    CHECK(client.asks("GET", "/live").body == "ok\n");  // nothing else came before it
  }

  TEST_CASE("what control refuses is passed on") {
    TestServer server;
    server.control.refuse_reload = Refusal{Refusal::Kind::kPrecondition, "somebody was faster", {}};
    const RawResponse refusal = server.client().asks("POST", "/v1/reload");
    CHECK(refusal.status == 412);
    CHECK(refusal.json()["detail"] == "somebody was faster");
  }
}

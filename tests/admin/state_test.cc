// The history, taking back, and what is said about keeping.
#include <doctest/doctest.h>

#include "admin/history.h"
#include "tests/admin/test_server.h"

using namespace segue::admin;
using namespace segue::admin::test;

namespace {

void keep(TestServer& server, std::uint64_t revisions) {
  FakeHistory& history = server.control.fake_history;
  for (std::uint64_t n = 1; n <= revisions; ++n) {
    RevisionDetail one;
    one.info = {n,
                1'700'000'000'000 + n * 1000,
                1000,
                n == 2 ? "" : "ada",
                n == 3 ? "hangs" : "",
                "weights ui: old=100 -> old=" + std::to_string(n)};
    if (n > 1) one.before.emplace().weights["ui"]["old"] = static_cast<std::uint32_t>(n - 1);
    one.after.weights["ui"]["old"] = static_cast<std::uint32_t>(n);
    history.kept.push_back(one);
  }
  history.info.revision = revisions;
  history.info.first_revision = revisions == 0 ? 0 : 1;
}

}  // namespace

TEST_SUITE("admin/state") {
  TEST_CASE("the history has who, when, what and why, page by page") {
    TestServer server;
    keep(server, 5);
    const Json page = server.get("/v1/history?limit=2").json();
    CHECK(page["revision"] == 5);
    CHECK(page["first_revision"] == 1);
    CHECK(page["next_before"] == 4);
    REQUIRE(page["revisions"].size() == 2);
    CHECK(page["revisions"][0] == Json({{"revision", 5},
                                        {"at", "2023-11-14T22:13:25.000Z"},
                                        {"by", "ada"},
                                        {"uid", 1000},
                                        {"what", "weights ui: old=100 -> old=5"},
                                        {"reason", nullptr}}));
    const Json last = server.get("/v1/history?limit=2&before=2").json();
    CHECK(last["next_before"].is_null());
    CHECK(last["revisions"][0]["revision"] == 1);
    CHECK(server.get("/v1/history").json()["revisions"][3]["by"] == "uid 1000");
  }

  TEST_CASE("a history without revisions is empty, not an error") {
    TestServer server;
    const Json page = server.get("/v1/history").json();
    CHECK(page["revisions"].empty());
    CHECK(page["revision"].is_null());
    CHECK(page["next_before"].is_null());
  }

  TEST_CASE("what is no number is refused with what is expected") {
    TestServer server;
    for (const char* target :
         {"/v1/history?limit=0", "/v1/history?limit=1001", "/v1/history?limit=x",
          "/v1/history?before=0", "/v1/history/none", "/v1/history/0", "/v1/history/-1"}) {
      CAPTURE(target);
      const RawResponse refused = server.get(target);
      CHECK(refused.status == 422);
      CHECK(refused.json()["detail"].get<std::string>().find("expected a whole number") !=
            std::string::npos);
    }
    CHECK(server.get("/v1/history?until=3").status == 400);
  }

  TEST_CASE("a revision shows what was before and after") {
    TestServer server;
    keep(server, 3);
    const RawResponse found = server.get("/v1/history/3");
    CHECK(found.status == 200);
    CHECK(found.field("ETag") == "\"1\"");
    CHECK(found.json()["reason"] == "hangs");
    CHECK(found.json()["before"]["weights"]["ui"]["old"] == 2);
    CHECK(found.json()["after"]["weights"]["ui"]["old"] == 3);
    CHECK(found.json()["differences"][0] == Json({{"what", "weights"},
                                                  {"name", "ui"},
                                                  {"before", "old=2 new=0"},
                                                  {"after", "old=3 new=0"}}));
    CHECK(server.get("/v1/history/4").status == 404);
    CHECK(server.get("/v1/history/1").json()["before"].is_null());  // no longer kept
    CHECK(server.get("/v1/history/1").json()["differences"].empty());
  }

  TEST_CASE("undo names a revision, or means the newest") {
    TestServer server;
    keep(server, 3);
    server.put("/v1/splits/ui", R"({"weights":{"old":7}})");
    const RawResponse done = server.client().asks("POST", "/v1/undo", R"({"reason":"too fast"})");
    CHECK(done.status == 200);
    CHECK(server.control.fake_history.undone == 3);
    CHECK(server.control.authors.back().reason == "too fast");
    CHECK(done.json()["changed"] == true);
    server.client().asks("POST", "/v1/undo", R"({"revision":2})");
    CHECK(server.control.fake_history.undone == 2);
    CHECK(server.client().asks("POST", "/v1/undo", R"({"revision":"2"})").status == 422);
    CHECK(server.client().asks("POST", "/v1/undo", R"({"until":2})").status == 422);
    CHECK(server.client().asks("POST", "/v1/undo", "{}", "If-Match: \"1\"\r\n").status == 412);
  }

  TEST_CASE("diff says what is not the file's") {
    TestServer server;
    CHECK(server.get("/v1/diff").json()["same"] == true);
    server.put("/v1/splits/ui", R"({"weights":{"new":7}})");
    const Json diff = server.get("/v1/diff").json();
    CHECK(diff["same"] == false);
    CHECK(diff["config_file"] == "segue.toml");
    CHECK(diff["differences"][0]["before"] == "old=100 new=0");
    CHECK(diff["differences"][0]["after"] == "old=100 new=7");
    CHECK(diff["runtime"]["weights"]["ui"]["new"] == 7);
  }

  TEST_CASE("a backup is bytes") {
    TestServer server;
    const RawResponse backup = server.client().asks("POST", "/v1/backup", "");
    CHECK(backup.status == 200);
    CHECK(backup.field("Content-Type") == "application/vnd.sqlite3");
    CHECK(backup.body == std::string("SQLite format 3\0and more", 24));
  }

  TEST_CASE("a journal that cannot be used is a 503 with a sentence, and a warning") {
    TestServer server;
    FakeHistory& history = server.control.fake_history;
    history.broken = Refusal{Refusal::Kind::kUnavailable, "the journal is damaged", {}};
    history.info.problem = "the journal is damaged";
    history.info.problem_since_ms = 1'700'000'000'000;
    history.info.unwritten = 1;
    for (const char* target : {"/v1/history", "/v1/history/3"}) {
      CHECK(server.get(target).status == 503);
      CHECK(server.get(target).json()["detail"] == "the journal is damaged");
    }
    CHECK(server.client().asks("POST", "/v1/undo", "{}").status == 503);
    CHECK(server.client().asks("POST", "/v1/backup", "{}").status == 503);
    const Json state = server.get("/v1/state").json();
    CHECK(state["writable"] == false);
    CHECK(state["survives_restart"] == false);
    CHECK(state["problem_since"] == "2023-11-14T22:13:20.000Z");
    const std::string warnings = server.get("/v1/status").json()["warnings"].dump();
    CHECK(warnings.find("the journal is damaged") != std::string::npos);
    CHECK(warnings.find("1 change is served and not kept yet") != std::string::npos);
    const std::string metrics = server.get("/metrics").body;
    CHECK(metrics.find("segue_state_writable 0\n") != std::string::npos);
    CHECK(metrics.find("segue_state_unwritten 1\n") != std::string::npos);
  }

  TEST_CASE("without a directory, status says what that means and changes do not") {
    TestServer server;
    server.control.fake_history.info.dir.clear();
    CHECK(server.get("/v1/state").json()["dir"].is_null());
    CHECK(server.get("/v1/state").json()["survives_restart"] == false);
    CHECK(server.get("/v1/status").json()["warnings"].dump().find("do not survive a restart") !=
          std::string::npos);
    CHECK(server.put("/v1/splits/ui", R"({"weights":{"old":100}})").json()["warnings"].empty());
  }
}

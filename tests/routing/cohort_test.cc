// Which key a request moves with.
#include "routing/cohort.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/http/field.h"

namespace segue::routing {
namespace {

using Kind = conf::CohortKey::Kind;
using Found = CohortKeys::Found;

/// A request head with its own fields.
struct Request {
  std::vector<http::Field> fields;
  http::Head head;

  Request(std::string_view path, std::string_view query, std::vector<http::Field> with = {})
      : fields(std::move(with)) {
    head.method = "GET";
    head.path = path;
    head.query = query;
    for (http::Field& field : fields) field.id = http::field_id(field.name);
    head.fields = fields;
  }
};

CohortKeys::Cohort find(std::vector<conf::CohortKey> keys, const Request& request,
                        std::string_view client = "10.0.0.9", std::uint64_t random = 4711) {
  return CohortKeys(std::move(keys)).find(request.head, client, random);
}

std::string capture(std::string_view pattern, std::string_view path) {
  return std::string(CohortKeys::PathPattern::parse(pattern).capture(path).value_or("-"));
}

}  // namespace

TEST_SUITE("routing/cohort") {
  TEST_CASE("each kind of key is found where it stands") {
    const Request request("/job/App/12", "repo=org%2FApp",
                          {{"X-Repo", "Org/App"}, {"Cookie", "a=b; session=s1"}});
    auto cohort = find({{Kind::kClient, ""}}, request);
    CHECK(cohort.found == Found::kKey);
    CHECK(cohort.key == "10.0.0.9");
    CHECK(cohort.hash == cohort_hash("10.0.0.9"));
    cohort = find({{Kind::kCookie, "session"}}, request);
    CHECK(cohort.key == "s1");
    CHECK(cohort.hash == cohort_hash("s1"));
    cohort = find({{Kind::kHeader, "x-repo"}}, request);
    CHECK(cohort.key == "Org/App");
    cohort = find({{Kind::kQuery, "repo"}}, request);
    CHECK(cohort.key == "org%2FApp");
    cohort = find({{Kind::kPath, "/job/{*}/"}}, request);
    CHECK(cohort.key == "App");
    CHECK(cohort.hash == cohort_hash("app"));
    cohort = find({{Kind::kRequest, ""}}, request);
    CHECK(cohort.found == Found::kRandom);
    CHECK(cohort.hash == 4711);
  }

  TEST_CASE("a repository is one cohort however it is spelt and wherever it stands") {
    const CohortHash hash = cohort_hash("org/app");
    CHECK(find({{Kind::kHeader, "X-Repo"}}, Request("/", "", {{"X-Repo", "ORG/App"}})).hash ==
          hash);
    CHECK(find({{Kind::kQuery, "repo"}}, Request("/", "x=1&repo=Org%2fapp")).hash == hash);
    CHECK(find({{Kind::kPath, "/projects/{*}/"}}, Request("/projects/org%2FApp/hooks", "")).hash ==
          hash);
    CHECK(cohort_hash("org/apq") != hash);
  }

  TEST_CASE("keys are tried in order and an empty one counts as absent") {
    const std::vector<conf::CohortKey> keys = {
        {Kind::kHeader, "X-Repo"}, {Kind::kQuery, "repo"}, {Kind::kClient, ""}};
    auto cohort = find(keys, Request("/", "repo=b", {{"X-Repo", "a"}}));
    CHECK(cohort.key == "a");
    CHECK(cohort.index == 0);
    cohort = find(keys, Request("/", "repo=b", {{"X-Repo", ""}}));
    CHECK(cohort.key == "b");
    CHECK(cohort.index == 1);
    cohort = find(keys, Request("/", "repo="));
    CHECK(cohort.index == 2);
    cohort = find(keys, Request("/", ""), "");
    CHECK(cohort.found == Found::kUnknown);
    CHECK(cohort.key.empty());
    CHECK(cohort.hash == 4711);
  }

  TEST_CASE("what only a body knows is asked for, but for keys that come before it") {
    const http::Field json{"Content-Type", "application/json"};
    Request request("/hook", "", {json, {"X-Repo", "org/app"}});
    request.head.body = {http::BodyLength::Kind::kChunked, 0};
    const auto ask = [&](std::vector<conf::CohortKey> keys, const BodyKey* body = nullptr) {
      return CohortKeys(std::move(keys)).find(request.head, "10.0.0.9", 4711, 0, body);
    };
    const conf::CohortKey header{Kind::kHeader, "X-Repo"}, id{Kind::kJson, "/repository/id"},
        other{Kind::kJson, "/id"}, repository{Kind::kRepository, ""}, none{Kind::kHeader, "X-No"};

    CHECK(ask({header, id}).key == "org/app");
    CHECK(ask({id}).found == Found::kNeedsBody);
    CHECK(ask({none, id, header}).found == Found::kNeedsBody);
    CHECK(ask({none, id, header}).index == 1);
    CHECK(ask({id, repository, header, other}).index == 2);
    CHECK(ask({id, none, other}).index == 2);

    const BodyKey nothing, second{1, "github:7", "Org/App"};
    CHECK(ask({id}, &nothing).found == Found::kUnknown);
    CHECK(ask({id, header}, &nothing).key == "org/app");
    CHECK(ask({id, {Kind::kRequest, ""}}, &nothing).found == Found::kRandom);
    const auto cohort = ask({id, none, repository, header}, &second);
    CHECK(cohort.found == Found::kKey);
    CHECK(cohort.key == "github:7");
    CHECK(cohort.hash == cohort_hash("GitHub:7"));
    CHECK(cohort.index == 2);
    CHECK(cohort.name == "Org/App");
  }

  TEST_CASE("a body that cannot be read is not asked for") {
    const std::vector<conf::CohortKey> keys{{Kind::kRepository, ""}, {Kind::kHeader, "X-Repo"}};
    Request request("/hook", "", {{"Content-Type", "application/json"}, {"X-Repo", "a"}});
    CHECK(find(keys, request).key == "a");
    request.head.body = {http::BodyLength::Kind::kLength, 0};
    CHECK(find(keys, request).key == "a");
    request.head.body = {http::BodyLength::Kind::kLength, 1};
    CHECK(find(keys, request).found == Found::kNeedsBody);
    request.fields[0].value = "text/plain";
    CHECK(find(keys, request).key == "a");
  }

  TEST_CASE("no keys at all is unknown") {
    CHECK(CohortKeys().find(Request("/", "").head, "10.0.0.9", 7).found == Found::kUnknown);
  }

  TEST_CASE("the path pattern captures a segment") {
    CHECK(capture("/job/{*}/", "/job/app/12/console") == "app");
    CHECK(capture("/job/{*}/", "/job/app/") == "app");
    CHECK(capture("/job/{*}/", "/job/app") == "app");
    CHECK(capture("/job/{*}", "/job/app/12") == "app");
    CHECK(capture("/job/{*}/", "/job/") == "-");
    CHECK(capture("/job/{*}/", "/job//x") == "-");
    CHECK(capture("/job/{*}/", "/jobs/app/") == "-");
    CHECK(capture("/job/{*}/", "/x/job/app/") == "-");
    CHECK(capture("/api/{*}/builds", "/api/app/builds/7") == "app");
    CHECK(capture("/api/{*}/builds", "/api/app/buildsx") == "-");
    CHECK(capture("/api/{*}/builds", "/api/app") == "-");
    CHECK(capture("/ci-{*}.git/", "/ci-app.git/info/refs") == "app");
    CHECK(capture("/ci-{*}.git/", "/ci-.git/") == "-");
    CHECK(capture("{*}", "") == "-");
    CHECK(capture("/{*}", "/app") == "app");
  }

  TEST_CASE("a key longer than the folding buffer is hashed to its last byte") {
    std::string key(1000, 'A');
    const CohortHash hash = cohort_hash(key);
    CHECK(cohort_hash(std::string(1000, 'a')) == hash);
    for (const std::size_t at : {0u, 255u, 256u, 511u, 512u, 999u}) {
      CAPTURE(at);
      std::string other = key;
      other[at] = 'b';
      CHECK(cohort_hash(other) != hash);
    }
    CHECK(cohort_hash(key.substr(1)) != hash);
    CHECK(cohort_hash(std::string(256, 'a')) != cohort_hash(std::string(257, 'a')));
    CHECK(cohort_hash(std::string(512, 'a')) != cohort_hash(std::string(256, 'a')));
  }

  TEST_CASE("hashes are the same in every process") {
    CHECK(cohort_hash("") == 15825320161669967614u);
    CHECK(cohort_hash("org/app") == 10303299169425499384u);
    CHECK(cohort_hash(std::string(300, 'x')) == 2754597818878825345u);
  }

  TEST_CASE("a key is spelt as in the configuration") {
    CHECK(to_string({Kind::kRequest, ""}) == "request");
    CHECK(to_string({Kind::kClient, ""}) == "client");
    CHECK(to_string({Kind::kHeader, "X-Repo"}) == "header:X-Repo");
    CHECK(to_string({Kind::kCookie, "s"}) == "cookie:s");
    CHECK(to_string({Kind::kQuery, "q"}) == "query:q");
    CHECK(to_string({Kind::kPath, "/job/{*}/"}) == "path:/job/{*}/");
  }
}

}  // namespace segue::routing

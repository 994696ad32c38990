#include <doctest/doctest.h>

#include "tests/admin/test_server.h"

using namespace segue::admin;
using namespace segue::admin::test;

namespace {

struct Case {
  const char* name;
  std::string method, target, body;
  int status;
  std::string detail;  // must occur in the detail or in an error
  std::string path;    // of one of the errors; "" when it does not matter
  std::string fields = {};
};

}  // namespace

TEST_SUITE("admin/refusals") {
  TEST_CASE("every refusal has its status, says what is wrong and changes nothing") {
    const std::string too_deep =
        R"({"weights":)" + std::string(20, '[') + std::string(20, ']') + "}";
    std::string many = "\"p\":1";
    for (int i = 0; i < 1024; ++i) many += ",\"p" + std::to_string(i) + "\":1";
    const Case kCases[] = {
        {"unknown resource", "GET", "/v1/split", "", 404, "did you mean \"/v1/splits\"?", ""},
        {"unknown resource, nothing near", "GET", "/foo", "", 404, "/v1/openapi.json describes",
         ""},
        {"root", "GET", "/", "", 404, "there is no resource \"/\"", ""},
        {"one segment too many", "GET", "/v1/splits/ui/x", "", 404, "there is no resource", ""},
        {"an empty name", "GET", "/v1/splits/", "", 404, "there is no resource", ""},
        {"no path", "GET", "*", "", 400, "no path", ""},
        {"a broken escape", "GET", "/v1/splits/%zz", "", 400, "two hexadecimal digits", ""},
        {"a cut escape", "GET", "/v1/splits/a%2", "", 400, "two hexadecimal digits", ""},
        {"unknown route", "GET", "/v1/splits/webhook", "", 404,
         "unknown route \"webhook\"; did you mean \"webhooks\"?", ""},
        {"unknown route, nothing near", "GET", "/v1/splits/zzzzzz", "", 404,
         "there are \"webhooks\" and \"ui\"", ""},
        {"a route that is not UTF-8", "GET", "/v1/splits/%ff%fe", "", 404, "unknown route", ""},
        {"unknown pool", "GET", "/v1/pools/nwe", "", 404, "did you mean \"new\"?", ""},
        {"unknown pool's endpoints", "GET", "/v1/pools/nwe/endpoints", "", 404,
         "did you mean \"new\"?", ""},
        {"unknown endpoint", "GET", "/v1/pools/new/endpoints/10.0.0.8:8080", "", 404,
         "unknown endpoint of pool new", ""},
        {"another pool's endpoint", "PUT", "/v1/pools/new/endpoints/10.0.0.5:8080",
         R"({"state":"out"})", 404, "unknown endpoint", ""},
        {"events since nonsense", "GET", "/v1/events?since=x", "", 422, "since is \"x\"", ""},
        {"events last nonsense", "GET", "/v1/events?last=-1", "", 422, "last is \"-1\"", ""},
        {"health of an unknown pool", "GET", "/v1/health?pool=nwe", "", 404,
         "did you mean \"new\"?", ""},
        {"a misspelt query parameter", "GET", "/v1/events?sinc=3", "", 400,
         "unknown query parameter \"sinc\", expected \"since\" and \"last\"; did you mean "
         "\"since\"?",
         ""},
        {"a query parameter where there is none", "GET", "/v1/splits?route=ui", "", 400,
         "unknown query parameter \"route\", /v1/splits has none", ""},
        {"a query parameter on a change", "PUT", "/v1/splits/ui?dry=1", R"({"weights":{"new":1}})",
         400, "unknown query parameter \"dry\"", ""},
        {"a query parameter twice", "GET", "/v1/events?since=1&since=2", "", 400,
         "\"since\" is given twice", ""},
        {"a query with a broken escape", "GET", "/v1/health?pool=%zz", "", 400,
         "two hexadecimal digits", ""},

        {"wrong method", "DELETE", "/v1/splits/ui", "", 405, "allowed: GET, HEAD, PUT", ""},
        {"wrong method on a reading", "POST", "/v1/status", "{}", 405, "allowed: GET, HEAD", ""},
        {"OPTIONS", "OPTIONS", "/v1/splits", "", 405, "allowed: GET, HEAD, PATCH", ""},

        {"a form", "PUT", "/v1/splits/ui", "weights=1", 415, "expected application/json (curl:", "",
         "Content-Type: application/x-www-form-urlencoded\r\n"},
        {"not JSON", "PUT", "/v1/splits/ui", "{weights:1}", 400,
         "the body is not JSON: parse error at line 1, column 2", ""},
        {"not UTF-8", "PUT", "/v1/splits/ui", "{\"weights\":{\"old\xff\":1}}", 400, "UTF-8", ""},
        {"too deep", "PUT", "/v1/splits/ui", too_deep, 400, "nested deeper than 16", ""},
        {"too many members", "PUT", "/v1/splits/ui", "{\"weights\":{" + many + "}}", 400,
         "an object of more than 1024 members", ""},
        {"a member twice", "PUT", "/v1/splits/ui", R"({"weights":{"old":1,"old":2}})", 400,
         "occurs twice", ""},
        {"a list", "PUT", "/v1/splits/ui", "[]", 422, "a list, expected an object", ""},
        {"a misspelt member", "PUT", "/v1/splits/ui", R"({"weight":{"old":1}})", 422,
         "did you mean \"weights\"?", "weight"},
        {"no weights", "PUT", "/v1/splits/ui", "{}", 422,
         "is null, expected an object like {\"old\": 70}", "weights"},
        {"no body", "PUT", "/v1/splits/ui", "", 422, "expected an object", "weights"},
        {"empty weights", "PUT", "/v1/splits/ui", R"({"weights":{}})", 422, "is empty", "weights"},
        {"weights as a list", "PUT", "/v1/splits/ui", R"({"weights":[1,2]})", 422, "is a list",
         "weights"},
        {"unknown pool in weights", "PUT", "/v1/splits/ui", R"({"weights":{"nwe":1}})", 422,
         "did you mean \"new\"?", "weights.nwe"},
        {"a weight as text", "PUT", "/v1/splits/ui", R"({"weights":{"new":"30"}})", 422,
         "is a string, expected a whole number 0…1000000", "weights.new"},
        {"a weight as a fraction", "PUT", "/v1/splits/ui", R"({"weights":{"new":0.5}})", 422,
         "is a fraction", "weights.new"},
        {"a weight as a fraction that is whole", "PUT", "/v1/splits/ui",
         R"({"weights":{"new":1.0}})", 422, "is a fraction", "weights.new"},
        {"a negative weight", "PUT", "/v1/splits/ui", R"({"weights":{"new":-1}})", 422,
         "weight -1, expected", "weights.new"},
        {"a weight too large", "PUT", "/v1/splits/ui", R"({"weights":{"new":1000001}})", 422,
         "weight 1000001, expected", "weights.new"},
        {"a weight beyond 64 bits", "PUT", "/v1/splits/ui",
         R"({"weights":{"new":99999999999999999999999}})", 422, "expected", "weights.new"},
        {"all weights zero", "PUT", "/v1/splits/ui", R"({"weights":{"old":0}})", 422,
         "every pool of route ui at weight 0", "weights"},
        {"a reason that is no text", "PUT", "/v1/splits/ui", R"({"weights":{"new":1},"reason":7})",
         422, "is a number, expected a string", "reason"},
        {"a reason that is too long", "PUT", "/v1/splits/ui",
         R"({"weights":{"new":1},"reason":")" + std::string(1025, 'x') + "\"}", 422,
         "longer than 1024", "reason"},

        {"no splits", "PATCH", "/v1/splits", "{}", 422, "expected an object like {\"ROUTE\"",
         "splits"},
        {"splits as text", "PATCH", "/v1/splits", R"({"splits":"all"})", 422, "is a string",
         "splits"},
        {"an unknown route among several", "PATCH", "/v1/splits",
         R"({"splits":{"ui":{"new":1},"webhook":{"new":1}}})", 422, "did you mean \"webhooks\"?",
         "splits.webhook"},
        {"a bad weight among several", "PATCH", "/v1/splits",
         R"({"splits":{"ui":{"new":1},"webhooks":{"new":-1}}})", 422, "weight -1",
         "splits.webhooks.new"},

        {"no state", "PUT", "/v1/pools/new", "{}", 422,
         "is missing, expected \"ready\", \"drain\", \"out\", \"up\", \"down\" or \"auto\"",
         "state"},
        {"a misspelt state", "PUT", "/v1/pools/new", R"({"state":"drian"})", 422,
         "did you mean \"drain\"?", "state"},
        {"a state that is no text", "PUT", "/v1/pools/new/endpoints/10.0.0.6:8080",
         R"({"state":true})", 422, "is true", "state"},
        {"a state for an unknown pool", "PUT", "/v1/pools/nwe", R"({"state":"out"})", 404,
         "did you mean \"new\"?", ""},

        {"reload with the wrong type", "POST", "/v1/reload", R"({"weights_from_file":"yes"})", 422,
         "is a string, expected true or false", "weights_from_file"},
        {"explain without url", "POST", "/v1/explain", "{}", 422, "expected one like", "url"},
        {"explain a relative url", "POST", "/v1/explain", R"({"url":"job/a"})", 422,
         "url is \"job/a\"", "url"},
        {"explain with a bad method", "POST", "/v1/explain", R"({"url":"/","method":"G T"})", 422,
         "expected a method", "method"},
        {"explain with headers as a list", "POST", "/v1/explain",
         R"({"url":"/","headers":["A: b"]})", 422, "expected an object like", "headers"},
        {"explain with a header that is none", "POST", "/v1/explain",
         R"({"url":"/","headers":{"A b":"c"}})", 422, "cannot be the name of a header", "headers"},
        {"explain with a number in a header", "POST", "/v1/explain",
         R"({"url":"/","headers":{"A":["b",7]}})", 422, "is a number", "headers.A"},

        {"If-Match without quotes around nonsense", "PUT", "/v1/splits/ui",
         R"({"weights":{"new":1}})", 400, "names no generation", "", "If-Match: abc\r\n"},
        {"If-Match empty", "PUT", "/v1/splits/ui", R"({"weights":{"new":1}})", 400,
         "names no generation", "", "If-Match: \r\n"},
        {"If-Match of another generation", "PUT", "/v1/splits/ui", R"({"weights":{"new":1}})", 412,
         "the newest generation is 1", "", "If-Match: \"7\"\r\n"},
        {"If-Match weak", "PUT", "/v1/pools/new", R"({"state":"out"})", 412,
         "the newest generation is 1", "", "If-Match: W/\"1\"\r\n"},
        {"If-Match on reload", "POST", "/v1/reload", "{}", 412, "the newest generation is 1", "",
         "If-Match: \"0\"\r\n"},
    };
    TestServer server;
    for (const Case& c : kCases) {
      CAPTURE(c.name);
      RawClient client = server.client();
      RawResponse refusal;
      if (c.fields.starts_with("Content-Type")) {
        REQUIRE(client.sends(c.method + " " + c.target + " HTTP/1.1\r\nHost: a\r\n" + c.fields +
                             "Content-Length: " + std::to_string(c.body.size()) + "\r\n\r\n" +
                             c.body));
        refusal = client.response();
      } else {
        refusal = client.asks(c.method, c.target, c.body, c.fields);
      }
      CHECK(refusal.status == c.status);
      CHECK(refusal.field("Content-Type") == "application/problem+json");
      const Json problem = refusal.json();
      REQUIRE(problem.is_object());
      CHECK(problem["status"] == c.status);
      CHECK(problem["type"].get<std::string>().starts_with("urn:segue:problem:"));
      CHECK_FALSE(problem["title"].get<std::string>().empty());
      std::string text = problem["detail"].get<std::string>() + "\n", paths;
      for (const Json& error : problem.value("errors", Json::array())) {
        text += error["detail"].get<std::string>() + "\n";
        paths += "[" + error.value("path", "") + "]";
      }
      CAPTURE(text);
      CHECK(text.find(c.detail) != std::string::npos);
      if (!c.path.empty()) CHECK(paths.find("[" + c.path + "]") != std::string::npos);
      if (c.status == 405) CHECK_FALSE(refusal.field("Allow").empty());
      CHECK(client.asks("GET", "/live").status == 200);  // the connection goes on
    }
    CHECK(server.control.authors.empty());
    CHECK(server.control.snapshot()->generation == 1);
  }

  TEST_CASE("several mistakes are told at once, each with its path") {
    TestServer server;
    const Json problem =
        server.put("/v1/splits/ui", R"({"weights":{"old":-1,"nwe":1,"new":2000000},"reason":1})")
            .json();
    REQUIRE(problem["errors"].size() == 4);
    CHECK(problem["errors"][0]["path"] == "weights.old");
    CHECK(problem["errors"][1]["path"] == "weights.nwe");
    CHECK(problem["errors"][2]["path"] == "weights.new");
    CHECK(problem["errors"][3]["path"] == "reason");
  }

  TEST_CASE("a file that cannot be loaded is refused with its lines") {
    TestServer server;
    server.control.refuse_reload = Refusal{
        Refusal::Kind::kInvalid,
        "segue.toml has 1 mistake; nothing was changed",
        {{"segue.toml", 41, 9, "routes[2].split.new", "weight 2000000, expected 0…1000000"}}};
    const RawResponse refusal = server.client().asks("POST", "/v1/reload", "{}");
    CHECK(refusal.status == 422);
    CHECK(refusal.json()["errors"][0] == Json({{"path", "routes[2].split.new"},
                                               {"file", "segue.toml"},
                                               {"line", 41},
                                               {"column", 9},
                                               {"detail", "weight 2000000, expected 0…1000000"}}));
    server.control.refuse_reload = Refusal{Refusal::Kind::kUnavailable, "segue is stopping", {}};
    CHECK(server.client().asks("POST", "/v1/reload", "{}").status == 503);
  }
}

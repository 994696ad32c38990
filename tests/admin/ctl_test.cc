// labels: threads
#include "admin/ctl.h"

#include <doctest/doctest.h>

#include "tests/admin/ctl_runner.h"

using namespace segue::admin;
using namespace segue::admin::test;
using Health = segue::routing::EndpointState::Health;

namespace {

Ended run(TestServer& server, const std::vector<std::string>& arguments, bool terminal = false,
          const std::function<void()>& meanwhile = {}) {
  return run_beside(server, arguments, {.out = terminal, .err = terminal}, meanwhile);
}

}  // namespace

TEST_SUITE("admin/ctl threads") {
  TEST_CASE("status is a glance, warnings go to standard error") {
    TestServer server;
    server.control.info.started_wall_ms = segue::wall_clock_ms() - 3'723'000;
    Ended ended = run(server, {"status"});
    CHECK(ended.code == kExitDone);
    CHECK(ended.out ==
          "segue 0.1.0 (abc123), pid 4711, up 1 h 2 min, ready\n"
          "config      segue.toml\n"
          "generation  1, served by every worker\n"
          "traffic     0 requests/s, 0 in all, 0 failed (0 %), 0 in flight\n"
          "pools       2 of 2 can take traffic, 3 of 3 endpoints in rotation\n"
          "parts       1 listener, 2 routes, 2 workers\n"
          "memory      52 MiB\n"
          "\n"
          "ROUTE     POOL  WEIGHT    SET  POSSIBLE  SEEN  LAST MIN  REQUESTS  FAILED  P50  P99\n"
          "webhooks  old       90   90 %      90 %     –         –         0       0    –    –\n"
          "          new       10   10 %      10 %     –         –         0       0    –    –\n"
          "ui        old      100  100 %     100 %     –         –         0       0    –    –\n"
          "          new        0    0 %       0 %     –         –         0       0    –    –\n"
          "\n"
          "POOL  ADDRESS        ROTATION  BECAUSE  OPERATOR  WEIGHT  IN FLIGHT  CONNECTIONS  "
          "REQUESTS  FAILED\n"
          "old   10.0.0.5:8080  in                 auto           1          0   0 (0 idle)        "
          " 0       0\n"
          "new   10.0.0.6:8080  in                 auto           1          0   0 (0 idle)        "
          " 0       0\n"
          "new   10.0.0.7:8080  in                 auto           1          0   0 (0 idle)        "
          " 0       0\n");
    CHECK(ended.err == "");
    server.control.health_of("old", "10.0.0.5:8080", Health::kDown);
    ended = run(server, {"status"});
    CHECK(has(ended.err,
              "! pool old cannot take traffic: 0 of 1 endpoint in rotation, 1 needed; "
              "10.0.0.5:8080 unhealthy\n"));
  }

  TEST_CASE("splits are a table") {
    TestServer server;
    server.control.count("webhooks", "old", 1500, 3000);
    server.control.count("webhooks", "new", 500, 3000, 5);
    const Ended ended = run(server, {"splits", "webhooks"});
    CHECK(ended.code == kExitDone);
    INFO(ended.out);
    CHECK(ended.out.starts_with(
        "ROUTE     POOL  WEIGHT   SET  POSSIBLE  SEEN  LAST MIN  REQUESTS  FAILED"));
    CHECK(
        has(ended.out, "webhooks  old       90  90 %      90 %  75 %      75 %      1.5k       0"));
    CHECK(
        has(ended.out, "          new       10  10 %      10 %  25 %      25 %       500       5"));
  }

  TEST_CASE("weights show before and after") {
    TestServer server;
    const Ended ended =
        run(server, {"weights", "webhooks", "old=70", "new=30", "--reason", "why not"});
    CHECK(ended.code == kExitDone);
    CHECK(ended.out ==
          "done: generation 2, served by every worker\n"
          "  ROUTE     POOL  BEFORE           AFTER\n"
          "  webhooks  old       90  90 %  →     70  70 %\n"
          "            new       10  10 %  →     30  30 %\n");
    CHECK(has(ended.err, "! route webhooks serves old=70 new=30 as set at run time"));
    CHECK(server.control.authors.at(0).reason == "why not");
  }

  TEST_CASE("weights of several routes are one change") {
    TestServer server;
    const Ended ended =
        run(server, {"weights", "webhooks", "new=30", "ui", "old=1", "new=1", "--if-match", "1"});
    CHECK(ended.code == kExitDone);
    CHECK(server.control.authors.size() == 1);
    CHECK(server.control.snapshot()->generation == 2);
    const Ended late = run(server, {"weights", "webhooks", "new=31", "--if-match", "1"});
    CHECK(late.code == kExitRefused);
    CHECK(has(late.err, "segue ctl: the newest generation is 2, not the one of If-Match"));
  }

  TEST_CASE("words that make no sense are refused before anything is asked") {
    struct Case {
      std::vector<std::string> arguments;
      std::string sentence;
    };
    const Case kCases[] = {
        {{"stauts"}, "there is no verb \"stauts\"; did you mean \"status\"?"},
        {{"xyzzy"}, "`segue ctl --help` lists them"},
        {{}, "A subcommand is required"},
        {{"status", "extra"}, "extra"},
        {{"status", "--nope"}, "--nope"},
        {{"weights"}, "required"},
        {{"weights", "old=70"}, "\"old=70\" comes before any route"},
        {{"weights", "webhooks", "ui", "old=1"}, "route webhooks has no weights"},
        {{"weights", "webhooks", "old=x"}, "\"old=x\" is no weight"},
        {{"weights", "webhooks", "old=-1"}, "\"old=-1\" is no weight"},
        {{"weights", "webhooks", "old=1", "old=2"}, "pool old of route webhooks is named twice"},
        {{"weights", "ui", "old=1", "ui", "old=2"}, "route ui is named twice"},
        {{"weights", "ui", "old=1", "--if-match", "x"}, "--if-match"},
        {{"drain"}, "required"},
        {{"drain", "/10.0.0.6:8080"}, "names no pool or endpoint"},
        {{"drain", "new/"}, "names no pool or endpoint"},
        {{"explain", "GET"}, "expected METHOD URL, or --delivery ID"},
        {{"explain", "GET", "/", "-H", "nocolon"}, "is no header"},
        {{"completion", "tcsh"}, "tcsh"},
        {{"status", "--color", "sometimes"}, "sometimes"},
        {{"status", "--timeout", "0"}, "--timeout"},
    };
    for (const Case& c : kCases) {
      CAPTURE(c.sentence);
      const Ended ended = run_alone(c.arguments, "/nonexistent/admin.sock");
      CHECK(ended.code == kExitRefused);
      CAPTURE(ended.err);
      CHECK(has(ended.err, c.sentence));
      CHECK(ended.out == "");
    }
  }

  TEST_CASE("what the server refuses is told as it says it") {
    TestServer server;
    Ended ended = run(server, {"weights", "webhook", "old=1"});
    CHECK(ended.code == kExitRefused);
    CHECK(ended.err == "segue ctl: unknown route \"webhook\"; did you mean \"webhooks\"?\n");
    ended = run(server, {"weights", "webhooks", "odl=1", "new=9999999"});
    CHECK(ended.code == kExitRefused);
    CHECK(has(ended.err, "  weights.new: weight 9999999, expected a whole number 0…1000000\n"));
    ended = run(server, {"drain", "new/10.0.0.66:8080"});
    CHECK(has(ended.err,
              "unknown endpoint of pool new: \"10.0.0.66:8080\"; did you mean \"10.0.0.6:8080\"?"));
    ended = run(server, {"weights", "webhook", "old=1", "--json"});
    CHECK(ended.code == kExitRefused);
    CHECK(Json::parse(ended.out)["status"] == 404);
    CHECK(ended.err == "");
    server.control.refuse_reload =
        Refusal{Refusal::Kind::kInvalid,
                "segue.toml has 2 mistakes; nothing was changed",
                {{"segue.toml", 41, 9, "routes[2].split.new", "weight 2000000"},
                 {"segue.toml", 50, 1, "pool", "unknown key"}}};
    ended = run(server, {"reload"});
    CHECK(ended.code == kExitRefused);
    CHECK(ended.err ==
          "segue ctl: segue.toml has 2 mistakes; nothing was changed\n"
          "  segue.toml:41:9: routes[2].split.new: weight 2000000\n"
          "  segue.toml:50:1: pool: unknown key\n");
  }

  TEST_CASE("rotation by endpoint and by pool") {
    TestServer server;
    Ended ended = run(server, {"drain", "new/10.0.0.7:8080"});
    CHECK(ended.out ==
          "done: generation 2, served by every worker\n"
          "  POOL  ADDRESS        BEFORE     AFTER\n"
          "  new   10.0.0.7:8080  auto    →  drain\n");
    CHECK(run(server, {"out", "new"}).code == kExitDone);
    CHECK(server.get("/v1/pools/new").json()["in_rotation"] == 0);
    CHECK(run(server, {"ready", "new", "10.0.0.7:8080"}).code == kExitDone);
    CHECK(server.get("/v1/pools/new").json()["in_rotation"] == 1);
    CHECK(run(server, {"auto", "new"}).code == kExitDone);
    ended = run(server, {"endpoints", "new"});
    CHECK(has(ended.out, "new   10.0.0.7:8080  in"));
  }

  TEST_CASE("a change that takes long ends with 3") {
    Limits limits;
    limits.settle = segue::Millis(0);
    TestServer server(limits);
    server.control.settle_at_once = false;
    const Ended ended = run(server, {"drain", "new"}, false, [&] {
      if (!server.control.authors.empty()) server.api.on_tick(segue::now());
    });
    CHECK(ended.code == kExitWaiting);
    CHECK(has(ended.out, "still waiting: changed, but not every worker serves generation 2 yet"));
    const Ended late = run(server, {"drain", "new", "--timeout", "0.02"});
    CHECK(late.code == kExitWaiting);
    CHECK(has(late.err, "no answer from"));
    server.control.settle();
  }

  TEST_CASE("every reading has a table and --json") {
    TestServer server;
    server.control.events().emit("endpoint.down", {{"pool", "new"}},
                                 segue::telemetry::Event::Level::kWarn);
    const std::pair<std::vector<std::string>, std::string> kReadings[] = {
        {{"listeners"}, "edge      127.0.0.1:34567"},
        {{"routes"},
         "webhooks  host=ci.example.com path=/github-webhook/ methods=POST  old=90 new=10  "
         "header:X-Repo  old       webhook"},
        {{"splits"}, "ui"},
        {{"weights", "ui"}, "ui     old      100"},
        {{"pools"}, "new   yes"},
        {{"endpoints"}, "old   10.0.0.5:8080  in"},
        {{"health"}, "old   10.0.0.5:8080  up"},
        {{"health", "new"}, "new   10.0.0.7:8080  up"},
        {{"workers"}, "     0     –"},
        {{"events"}, "warn   endpoint.down pool=new\n"},
        {{"events", "--last", "1"}, "    1  20"},
    };
    for (const auto& [arguments, part] : kReadings) {
      CAPTURE(arguments.front());
      Ended ended = run(server, arguments);
      CHECK(ended.code == kExitDone);
      CAPTURE(ended.out);
      CHECK(has(ended.out, part));
      CHECK_FALSE(has(ended.out, "\x1b"));
      for (const char c : {' ', '\t'}) CHECK_FALSE(has(ended.out, std::string(1, c) + "\n"));
      std::vector<std::string> as_json = arguments;
      as_json.push_back("--json");
      CHECK(Json::parse(run(server, as_json).out, nullptr, false).is_object());
    }
    CHECK(has(run(server, {"metrics"}).out, "# HELP"));
    CHECK(has(run(server, {"get", "v1/config"}).out, "[pools.new]"));
    CHECK(run(server, {"get", "/v1/nope"}).code == kExitRefused);
    CHECK(run(server, {"health", "nwe"}).code == kExitRefused);
    CHECK(run(server, {"names", "places"}).out ==
          "old\nold/10.0.0.5:8080\nnew\nnew/10.0.0.6:8080\nnew/10.0.0.7:8080\n");
    CHECK(run(server, {"names", "routes"}).out == "webhooks\nui\n");
  }

  TEST_CASE("filters filter with --json, too") {
    TestServer server;
    for (const char* name : {"one", "two", "three"}) server.control.events().emit(name, {});
    Json health = Json::parse(run(server, {"health", "new", "--json"}).out);
    REQUIRE(health["endpoints"].size() == 2);
    CHECK(health["endpoints"][0]["pool"] == "new");
    const auto events = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), {"events", "--json"});
      std::string names;
      const Json answer = Json::parse(run(server, arguments).out);
      for (const Json& event : answer["events"]) names += event["name"].get<std::string>() + " ";
      return names;
    };
    CHECK(events({"-n", "2"}) == "two three ");
    CHECK(events({"-n", "0"}) == "");
    CHECK(events({"--since", "1"}) == "two three ");
    CHECK(events({"--since", "1", "-n", "1"}) == "three ");
    CHECK(events({}) == "one two three ");
    for (int i = 0; i < 30; ++i) server.control.events().emit("more", {});
    CHECK(Json::parse(run(server, {"events", "--json"}).out)["events"].size() == 20);
    CHECK(Json::parse(run(server, {"events", "--json", "--since", "1"}).out)["events"].size() ==
          32);
  }

  TEST_CASE("with --json every refusal is JSON on standard output, whoever refuses") {
    TestServer server;
    const std::vector<std::string> kRefused[] = {
        {"stauts"},
        {"status", "--nope"},
        {"weights", "ui", "old=x"},
        {"drain", "new/"},
        {"explain", "GET", "/", "-H", "nocolon"},
        {"metrics"},
        {"health", "nwe"},
        {"events", "--follow", "--since", "x"},
        {"get", "/v1/nope"},
    };
    for (std::vector<std::string> arguments : kRefused) {
      CAPTURE(arguments.front());
      arguments.push_back("--json");
      const Ended ended = run(server, arguments);
      CHECK(ended.code == kExitRefused);
      CHECK(ended.err == "");
      CAPTURE(ended.out);
      const Json problem = Json::parse(ended.out, nullptr, false);
      REQUIRE(problem.is_object());
      CHECK_FALSE(problem["detail"].get<std::string>().empty());
    }
    const Ended nobody = run_alone({"status", "--json"}, "/nonexistent/admin.sock");
    CHECK(nobody.code == kExitFailed);
    CHECK(nobody.err == "");
    CHECK(has(Json::parse(nobody.out)["detail"].get<std::string>(), "there is no socket"));
  }

  TEST_CASE("of an option that is given twice the last one counts") {
    TestServer server;
    const Ended ended = run(server, {"--socket", "/nonexistent", "--color", "never", "status",
                                     "--socket", server.folder / "admin.sock", "--color", "always",
                                     "--timeout", "1", "--timeout", "20", "--json", "--json"});
    CHECK(ended.err == "");
    CHECK(ended.code == kExitDone);
    CHECK(run(server, {"events", "-n", "5", "-n", "1"}).code == kExitDone);
  }

  TEST_CASE("events show their id, and where each value ends") {
    TestServer server;
    server.control.events().emit(
        "endpoint.down",
        {{"pool", "new"}, {"evidence", "3 in a row, limit 3"}, {"reason", ""}, {"text", "a=b"}});
    const Ended ended = run(server, {"events"});
    CAPTURE(ended.out);
    CHECK(ended.out.starts_with("    1  20"));
    CHECK(has(ended.out,
              "endpoint.down pool=new evidence=\"3 in a row, limit 3\" reason=\"\" "
              "text=\"a=b\"\n"));
  }

  TEST_CASE("a change that changes nothing is told as such; reload says what needs a restart") {
    TestServer server;
    Ended ended = run(server, {"weights", "ui", "old=100"});
    CHECK(ended.code == kExitDone);
    CHECK(ended.out.starts_with("nothing to change: generation 1 has it so already\n"));
    ended = run(server, {"reload"});
    CHECK(ended.out == "done: generation 2, served by every worker\n");
    CHECK(ended.err == "");
    server.control.needs_restart = {"workers", "[admin]"};
    ended = run(server, {"reload"});
    CHECK(ended.code == kExitDone);
    CHECK(ended.err ==
          "! workers has changed in segue.toml and needs a restart: until then what ran before "
          "goes on\n"
          "! [admin] has changed in segue.toml and needs a restart: until then what ran before "
          "goes on\n");
  }

  TEST_CASE("large numbers can be read") {
    TestServer server;
    const Ended ended = run(server, {"weights", "ui", "old=1000000", "new=25000"});
    CHECK(has(ended.out, "1 000 000"));
    CHECK(has(run(server, {"splits", "ui"}).out, "25 000 (file 0)"));
    CHECK(has(run(server, {"listeners"}).out, "  10k  "));
  }

  TEST_CASE("explain tells the story") {
    TestServer server;
    const Ended ended = run(server, {"explain", "POST", "https://ci.example.com/github-webhook/",
                                     "-H", "X-Repo: org/app"});
    CHECK(ended.code == kExitDone);
    CAPTURE(ended.out);
    CHECK(has(ended.out, "route     webhooks"));
    CHECK(has(ended.out, "cohort    header:X-Repo org/app"));
    CHECK(has(ended.out, "old       90   90 %"));
  }

  TEST_CASE("events are followed without a gap") {
    TestServer server;
    for (const char* name : {"one", "two", "three"}) server.control.events().emit(name, {});
    int emitted = 0;
    Ended ended;
    ended = run(server, {"events", "--follow", "--since", "2", "--json"}, false, [&] {
      if (server.server == nullptr || server.server->connections() == 0) return;
      if (emitted < 3) server.control.events().emit("later", {{"n", std::to_string(emitted)}});
      if (++emitted == 50) server.server.reset();  // ends the stream
    });
    CHECK(ended.code == kExitFailed);
    CHECK_FALSE(has(ended.out, "\"two\""));
    CHECK(has(ended.out, "\"three\""));
    CHECK(has(ended.out, "{\"n\":\"2\"}"));
    CHECK(has(ended.out, "did it stop?"));  // the last line, and JSON like the others
    CHECK(ended.err == "");
  }

  TEST_CASE("colour is for terminals, unless one says otherwise") {
    TestServer server;
    CHECK(has(run(server, {"status"}, true).out, "\x1b["));
    CHECK_FALSE(has(run(server, {"status", "--color", "never"}, true).out, "\x1b["));
    CHECK(has(run(server, {"status", "--color=always"}, false).out, "\x1b["));
  }

  TEST_CASE("nothing from the server can steer the terminal") {
    TestServer server;
    server.control.events().emit("evil", {{"text", "\x1b]0;owned\x07\nfake line"}});
    const Ended ended = run(server, {"events"});
    CHECK(has(ended.out, "text=\"\\x1b]0;owned\\x07\\x0afake line\"\n"));
  }

  TEST_CASE("an unreachable segue is explained") {
    const segue::tests::TempDir folder;
    Ended ended = run_alone({"status"}, folder / "none.sock");
    CHECK(ended.code == kExitFailed);
    CHECK(ended.err == "segue ctl: cannot reach segue: there is no socket at " +
                           (folder / "none.sock") +
                           ". Is segue running? Start it with `segue run`, or name its socket with "
                           "--socket or SEGUE_SOCKET\n");
    close(open((folder / "file").c_str(), O_CREAT | O_WRONLY, 0600));
    CHECK(has(run_alone({"status"}, folder / "file").err, "is not a socket"));
    CHECK(has(run_alone({"status", "--socket", folder / "file"}, "").err, "is not a socket"));
    {
      auto dead = SocketFile::bind(folder / "dead.sock", 0600);
      REQUIRE(dead.ok());
      CHECK(has(run_alone({"status"}, folder / "dead.sock").err, "nobody listens at"));
      const int fd = dead->release();
      REQUIRE(listen(fd, 8) == 0);
      ended = run_alone({"status", "--timeout", "0.02"}, folder / "dead.sock");
      CHECK(ended.code == kExitFailed);
      CHECK(has(ended.err, "no answer from " + (folder / "dead.sock") + " within"));
      close(fd);
    }
    CHECK(has(run_alone({"status"}, std::string(200, 'a')).err, "expected 1…107"));
  }

  TEST_CASE("help teaches, and every verb has examples") {
    const Ended all = run_alone({"--help"}, "");
    CHECK(all.code == kExitDone);
    CHECK(has(all.out, "segue ctl weights webhooks old=90 new=10"));
    CHECK_FALSE(has(all.out, "names for completion"));
    for (const char* verb : {"status", "splits", "weights", "routes", "explain", "pools",
                             "endpoints", "health", "drain", "out", "ready", "auto", "reload",
                             "listeners", "workers", "events", "metrics", "get", "completion"}) {
      CAPTURE(verb);
      CHECK(has(all.out, verb));
      const Ended one = run_alone({verb, "--help"}, "");
      CHECK(one.code == kExitDone);
      CHECK(has(one.out, "Examples:\n"));
      for (const char* common : {"--socket PATH", "--json", "--color WHEN", "--timeout S"})
        CHECK(has(one.out, common));
      CHECK(has(one.out, std::string("segue ctl ") + verb));
    }
  }

  TEST_CASE("completion knows every verb") {
    for (const char* shell : {"bash", "zsh", "fish"}) {
      const Ended ended = run_alone({"completion", shell}, "");
      CHECK(ended.code == kExitDone);
      CHECK(has(ended.out, "segue ctl names places"));
      CHECK(has(ended.out, "weights"));
      CHECK_FALSE(has(ended.out,
                      "@"
                      "verbs@"));
    }
  }
}

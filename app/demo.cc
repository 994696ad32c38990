#include "app/demo.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "app/demo_load.h"
#include "app/demo_payloads.h"
#include "app/demo_server.h"
#include "app/demo_stage.h"
#include "app/demo_story.h"
#include "app/demo_view.h"

namespace segue::app {
namespace {

constexpr double kFastPace = 0.125;
constexpr int kLostOrDoubled = 1, kCouldNotRun = 2, kInterrupted = 130;

struct Options {
  bool keep = false, fast = false;
  std::string payloads;
};

void print_hints(const DemoStage& stage) {
  const std::string socket = stage.admin_socket(), url = "http://" + stage.address();
  std::printf("\nIt goes on with traffic until Ctrl-C. Try:\n\n");
  for (const std::string& line :
       {"curl -i " + url + "/", "curl -N " + url + "/events",
        "segue ctl --socket " + socket + " status",
        "segue ctl --socket " + socket + " weights pages old=80 new=20",
        "segue ctl --socket " + socket + " events --follow",
        "curl --unix-socket " + socket + " http://segue/v1/splits",
        "curl --unix-socket " + socket + " http://segue/metrics", "tail -f " + stage.log()})
    std::printf("  %s\n", line.c_str());
  std::fflush(stdout);
}

void print(const DemoVerdict& verdict, const DemoLoad& load) {
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  std::printf("\npages: %s read, %s failed\n", number(load.pages()).c_str(),
              number(load.pages_failed()).c_str());
  if (verdict.redelivered > 0)
    std::printf("refused visibly and redelivered: %s\n", number(verdict.redelivered).c_str());
  if (verdict.changed > 0) std::printf("changed on the way: %s\n", number(verdict.changed).c_str());
  std::printf("verdict: %s sent, %s answered, %s lost, %s duplicated\n",
              number(verdict.sent).c_str(), number(verdict.answered).c_str(),
              number(verdict.lost).c_str(), number(verdict.duplicated).c_str());
  std::fflush(stdout);
}

int complain(const std::string& sentence) {
  std::fprintf(stderr, "segue demo: %s\n", sentence.c_str());
  return kCouldNotRun;
}

int run(const Options& options) {
  watch_demo_signals();
  const DemoPayloads payloads =
      load_payloads(options.payloads.empty() ? find_payloads() : options.payloads);
  DemoView view(isatty(STDOUT_FILENO) == 1);
  view.say("Two CI servers, \"old\" and \"new\", a segue in front of them, " + payloads.source +
           ".");
  auto built = DemoStage::build();
  if (!built) return demo_interrupted() ? kInterrupted : complain(built.error());
  DemoStage& stage = **built;
  DemoLoad load(stage.address(), payloads, "demo");
  load.start();
  const auto told = tell_story(stage, view, options.fast ? kFastPace : 1);
  load.stop();
  if (!told) return complain(told.error());
  if (!*told) return kInterrupted;
  const auto verdict = judge(stage, load, payloads);
  if (!verdict) return complain(verdict.error());
  print(*verdict, load);
  if (options.keep) {
    DemoLoad background(stage.address(), payloads, "kept");
    background.start();
    print_hints(stage);
    while (!demo_interrupted() && stage.segue_lives()) demo_sleep(1);
  }
  return verdict->good() ? 0 : kLostOrDoubled;
}

}  // namespace

int demo_main(int argc, char** argv) {
  CLI::App app{"Two demonstration CI servers, a segue in front of them, and a story of one minute",
               "segue demo"};
  Options options;
  app.add_flag("--keep", options.keep, "Leave everything running afterwards, with commands to try");
  app.add_flag("--fast", options.fast, "The same story in eight seconds");
  app.add_option("--payloads", options.payloads, "index.json of npm's @octokit/webhooks-examples")
      ->check(CLI::ExistingFile);
  CLI::App* server = app.add_subcommand("server", "One demonstration CI server");
  std::string name = "demo", record;
  std::uint16_t port = 0;
  server->add_option("--name", name, "What it calls itself");
  server->add_option("--port", port, "On 127.0.0.1; 0 picks a free one, which is printed");
  server->add_option("--record", record, "File that keeps deliveries over restarts");
  CLI11_PARSE(app, argc, argv);
  return server->parsed() ? run_demo_server(name, port, record) : run(options);
}

}  // namespace segue::app

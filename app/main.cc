// The command line: which command, with which options.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "admin/ctl.h"
#include "app/commands.h"
#include "app/demo.h"
#include "conf/suggest.h"
#include "conf/text.h"
#include "segue/version.h"

namespace segue::app {
namespace {

constexpr const char* kAbout =
    "segue moves CI traffic from an old server to a new one, gradually and reversibly.";

constexpr const char* kExamples = R"(
First steps:
  segue demo                                     watch it work: two servers, a shift, a failure
  segue check segue.toml                         is the configuration right?
  segue run -c segue.toml                        serve
  segue ctl status                               what is going on
  segue ctl weights ui old=90 new=10             move a tenth of the traffic

`segue COMMAND --help` explains each command. docs/configuration.md has every key.)";

constexpr const char* kRunExamples = R"(
Examples:
  segue run                                      with ./segue.toml
  segue run -c /etc/segue/segue.toml --workers 2
  segue run -c try.toml --allow-root             as root, to try something; a service sets [process] user

SIGHUP reads the configuration again, SIGTERM drains and ends.)";

constexpr const char* kCheckExamples = R"(
Examples:
  segue check segue.toml
  segue check --print segue.toml                 all defaults filled in, then the routes as they are tried
  segue check --json segue.toml | jq .problems

Exit code: 0 when the file is right, 1 when it is not.)";

constexpr const char* kExplainExamples = R"(
Examples:
  segue explain GET http://ci.example.com/job/app/
  segue explain POST /github-webhook/ -H 'Host: ci.example.com' -H 'X-GitHub-Event: push'
  segue explain POST /hook -H 'X-GitHub-Event: push' --body push.json
  segue explain GET / --client 203.0.113.7 -c /etc/segue/segue.toml --json

Needs no running process: every endpoint is taken to be healthy. `segue ctl explain` asks the running one.
Exit code: 0 when a pool takes the request, 1 when none does.)";

constexpr const char* kRestoreExamples = R"(
Examples:
  segue restore segue-20260131T235959Z.db --state-dir /var/lib/segue
  segue restore backup.db -c /etc/segue/segue.toml
  segue restore backup.db --state-dir /var/lib/segue --replace

FILE is what `segue ctl backup FILE` or [state] backup wrote. It is checked before anything is changed. No segue
may run with that directory meanwhile. The next start serves what was set when the backup was made.
Exit code: 0 restored, 1 not; then nothing was changed.)";

constexpr const char* kSchemaExamples = R"(
Examples:
  segue schema > segue.schema.json               for editors; in segue.toml: #:schema ./segue.schema.json
  segue schema --markdown > configuration.md     every key, to read)";

std::string version() {
  const BuildInfo& build = build_info();
  std::string out = "segue ";
  out.append(build.version).append(" (").append(build.commit).append(")\n");
  return out.append(build.compiler).append(", ").append(build.flags);
}

bool colour_wanted() {
  return isatty(STDERR_FILENO) != 0 &&
         std::getenv("NO_COLOR") == nullptr;  // NOLINT(concurrency-mt-unsafe)
}

constexpr std::string_view kCommands[] = {"run",     "check", "explain", "schema",
                                          "restore", "ctl",   "demo"};

// A word that is no command gets a better answer than the parser's.
bool is_command(std::string_view word) {
  if (word.starts_with('-') || std::ranges::find(kCommands, word) != std::end(kCommands))
    return true;
  std::cerr << "segue: there is no command " << conf::quoted(word)
            << conf::did_you_mean(word, kCommands) << "\nRun segue --help for all of them.\n";
  return false;
}

void add_config(CLI::App& command, const std::string& names, std::string& file) {
  command.add_option(names, file, "Configuration file")->capture_default_str();
}

CLI::App* add_run(CLI::App& app, RunOptions& run) {
  CLI::App* command = app.add_subcommand("run", "Serve until told to stop");
  add_config(*command, "-c,--config", run.config);
  command->add_option("--workers", run.workers, "Threads that carry traffic, instead of the file's")
      ->check(CLI::Range(1, 256));
  command->add_flag("--allow-root", run.allow_root,
                    "Run as root although [process] names no user to become");
  command->footer(kRunExamples);
  return command;
}

CLI::App* add_check(CLI::App& app, CheckOptions& check) {
  CLI::App* command = app.add_subcommand("check", "Say whether a configuration is right");
  add_config(*command, "FILE,-c,--config", check.config);
  command->add_flag("--print", check.print, "Print it in canonical form, all defaults filled in");
  command->add_flag("--json", check.json, "Report as JSON");
  command->footer(kCheckExamples);
  return command;
}

CLI::App* add_explain(CLI::App& app, ExplainOptions& explain) {
  CLI::App* command = app.add_subcommand("explain", "Say where a request would go, and why");
  command->add_option("METHOD", explain.method, "GET, POST, …")->required();
  command->add_option("URL", explain.url, "http://host/path?query or /path?query")->required();
  command->add_option("-H,--header", explain.headers, "A header, 'Name: value'; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--body", explain.body,
                      "A file with the request's body, JSON unless a Content-Type says otherwise");
  command->add_option("--client", explain.client, "Address of the client")->capture_default_str();
  add_config(*command, "-c,--config", explain.config);
  command->add_flag("--json", explain.json, "Report as JSON");
  command->footer(kExplainExamples);
  return command;
}

CLI::App* add_schema(CLI::App& app, SchemaOptions& schema) {
  CLI::App* command = app.add_subcommand("schema", "Print the configuration's JSON Schema");
  command->add_flag("--markdown", schema.markdown, "Print the reference manual instead");
  command->footer(kSchemaExamples);
  return command;
}

CLI::App* add_restore(CLI::App& app, RestoreOptions& restore) {
  CLI::App* command = app.add_subcommand("restore", "Make a backup the state of this machine");
  command->add_option("FILE", restore.file, "The backup")->required();
  command->add_option("--state-dir", restore.state_dir,
                      "The state directory, instead of the configuration's");
  add_config(*command, "-c,--config", restore.config);
  command->add_flag("--replace", restore.replace,
                    "Although there is state already; it is kept under another name");
  command->add_flag("--json", restore.json, "Report as JSON");
  command->footer(kRestoreExamples);
  return command;
}

int parse_and_run(int argc, char** argv) {
  if (argc > 1 && !is_command(argv[1])) return kNotUnderstood;
  CLI::App app(kAbout, "segue");
  app.footer(kExamples);
  app.set_version_flag("--version", version, "What this binary was built from");
  app.require_subcommand(1);

  RunOptions run;
  CheckOptions check;
  ExplainOptions explain;
  SchemaOptions schema;
  RestoreOptions restore;
  const CLI::App* run_command = add_run(app, run);
  const CLI::App* check_command = add_check(app, check);
  const CLI::App* explain_command = add_explain(app, explain);
  add_schema(app, schema);
  const CLI::App* restore_command = add_restore(app, restore);
  // Here for --help; main() hands them over before this parser sees them.
  app.add_subcommand("ctl", "Watch and steer a running segue");
  app.add_subcommand("demo", "Watch segue work between two demonstration servers");

  if (argc <= 1) {
    std::cerr << app.help();
    return kNotUnderstood;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {  // also how --help and --version end
    return app.exit(error) == 0 ? kDone : kNotUnderstood;
  }
  Console console{std::cout, std::cerr, colour_wanted()};
  if (run_command->parsed()) return cmd_run(run);
  if (check_command->parsed()) return cmd_check(check, console);
  if (explain_command->parsed()) return cmd_explain(explain, console);
  if (restore_command->parsed()) return cmd_restore(restore, console);
  return cmd_schema(schema, console);
}

}  // namespace
}  // namespace segue::app

int main(int argc, char** argv) {
#ifdef SEGUE_NEEDS_SSE42
  if (!__builtin_cpu_supports("sse4.2")) {
    std::cerr << "segue: this binary needs a processor with SSE4.2; build one without: "
                 "cmake --preset release -DSEGUE_SSE42=OFF\n";
    return 1;
  }
#endif
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "ctl") return segue::admin::ctl_main(argc - 1, argv + 1);
  if (command == "demo") return segue::app::demo_main(argc - 1, argv + 1);
  return segue::app::parse_and_run(argc, argv);
}

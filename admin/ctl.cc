// The command line of `segue ctl`: verbs, options, help with examples.
#include "admin/ctl.h"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "admin/ctl_verbs.h"
#include "conf/suggest.h"

namespace segue::admin {
namespace {

constexpr std::string_view kIntroduction =
    "Watches and steers a running segue over its admin socket.\n"
    "\n"
    "The socket is --socket, else $SEGUE_SOCKET, else /run/segue/admin.sock. Every change is "
    "answered when all\n"
    "workers serve it. Exit codes: 0 done, 1 failed, 2 refused (nothing was changed), 3 still "
    "waiting.";

constexpr std::string_view kFooter =
    "Begin with:\n"
    "  segue ctl status                               is it well, and what should I know?\n"
    "  segue ctl splits                               who gets how much, as set, as possible, as "
    "seen\n"
    "  segue ctl weights webhooks old=90 new=10       move a tenth to the new pool\n"
    "  segue ctl pin webhooks org/app new             and one repository for sure\n"
    "  segue ctl where org/app                        where is it, and why?\n"
    "  segue ctl abort webhooks --to old              back, everybody, now\n"
    "  segue ctl top                                  watch it live\n"
    "  segue ctl drain new/10.0.0.7:8080              let one endpoint run dry\n"
    "  segue ctl events --follow                      watch what happens\n"
    "`segue ctl VERB --help` shows more.";

constexpr CtlVerb kVerbs[] = {
    {"status", "the process at a glance, and what an operator should know",
     "  segue ctl status\n  segue ctl status --json | jq .generation", ""},
    {"splits", "who gets how much: as set, as possible now, as seen",
     "  segue ctl splits\n  segue ctl splits webhooks\n"
     "SET is the share of the weights, POSSIBLE that of the pools which can take traffic now, SEEN "
     "what happened\n"
     "since the weights last changed. REQUESTS, FAILED, P50 and P99 are since then, too.",
     "routes"},
    {"weights", "change how routes divide: ROUTE POOL=WEIGHT...",
     "  segue ctl weights webhooks                                   only shows them\n"
     "  segue ctl weights webhooks old=70 new=30\n"
     "  segue ctl weights webhooks new=0 --reason 'builds hang'      the others keep their "
     "weights\n"
     "  segue ctl weights webhooks old=70 new=30 ui old=70 new=30    several routes at once, all "
     "or none\n"
     "  segue ctl weights ui new=50 --if-match 17                    only if nobody changed "
     "anything since 17\n"
     "  segue ctl weights ui new=50 --for 15m                        and back by itself\n"
     "  segue ctl weights ui new=50 --dry-run                        which cohorts would move?\n"
     "A weight is a whole number 0...1000000; a share is weight / sum. Weight 0 takes nothing new.",
     "routes"},
    {"routes", "the routes in order of precedence", "  segue ctl routes", ""},
    {"pins", "the cohorts that go to one pool whatever the weights say",
     "  segue ctl pins\n  segue ctl pins webhooks", "routes"},
    {"pin", "send one cohort to a pool whatever the weights say: GROUP COHORT POOL",
     "  segue ctl pin webhooks org/app new --reason 'first volunteer'\n"
     "  segue ctl pin webhooks org/app old --for 2h\n"
     "  segue ctl pin webhooks org/app new --hard      even when new cannot take traffic (503)\n"
     "GROUP is a cohort_group, or a route for the group it belongs to. COHORT is a key in any "
     "case: what `segue ctl cohorts`\nshows as COHORT or as NAME.",
     "routes"},
    {"unpin", "take a pin back: GROUP COHORT", "  segue ctl unpin webhooks org/app", "routes"},
    {"abort", "the kill switch: everybody of a route to one pool, at once",
     "  segue ctl abort webhooks --to old --reason 'builds are lost'\n"
     "All weight goes there, pins to other pools are taken back, sessions are drawn anew. `undo` "
     "brings it all back.",
     "routes"},
    {"rebalance", "draw the sessions of a route or cohort group anew",
     "  segue ctl rebalance ui --reason 'even out'\n"
     "Users whose session moves have to log in again, unless both servers share their logins.",
     "routes"},
    {"where", "where a cohort goes on every route, and why",
     "  segue ctl where org/app\n  segue ctl where github:1296269", ""},
    {"cohorts", "the cohorts seen lately, and where they would go now",
     "  segue ctl cohorts\n  segue ctl cohorts webhooks --json | jq '.cohorts[].key'", "routes"},
    {"top", "a live view: splits, pools, rates, events",
     "  segue ctl top\n  segue ctl top --interval 5\n  segue ctl top --once         one frame, "
     "for scripts\nq quits, space pauses.",
     ""},
    {"explain", "which route, cohort and pool a request would get, and why",
     "  segue ctl explain GET https://ci.example.com/job/app/\n"
     "  segue ctl explain POST /github-webhook/ -H 'Host: ci.example.com' -H 'X-Repo: org/app'\n"
     "  segue ctl explain GET /login -H 'Cookie: session=abc' --client 192.0.2.7\n"
     "  segue ctl explain POST /github-webhook/ -H 'X-GitHub-Event: push' -H 'Content-Type: "
     "application/json' --body push.json\n"
     "  segue ctl explain --delivery 72d3162e-cc78-11e3-81ab-4c9367dc0958     what a webhook got\n"
     "--delivery takes the id that the forge shows for a delivery, or a request id of the access "
     "log.",
     ""},
    {"pools", "the pools, and whether they can take traffic", "  segue ctl pools", ""},
    {"endpoints", "the endpoints, in rotation or not, and why",
     "  segue ctl endpoints\n  segue ctl endpoints new", "pools"},
    {"health", "what health knows about every endpoint",
     "  segue ctl health\n  segue ctl health new", "pools"},
    {"drain", "nothing new for a pool or an endpoint, sessions included; what runs goes on",
     "  segue ctl drain new/10.0.0.7:8080 --reason 'kernel update'\n  segue ctl drain new\n"
     "  segue ctl drain new --tunnels --over 30s     WebSockets too: they connect again elsewhere",
     "places"},
    {"wait", "wait until a pool is drained",
     "  segue ctl wait drained old --timeout 2h\n  segue ctl wait drained old --sessions\n"
     "Drained: nothing runs and nothing new comes. Ends with 0 when it is, with 3 when it is not "
     "in "
     "time.",
     "pools"},
    {"failback", "take a pool back after a failure, without waiting any longer",
     "  segue ctl failback new\n  segue ctl failback new --at-once        without the steps\n"
     "For a pool that is held back (failback = \"manual\", or it failed too often), or that is "
     "becoming stable.",
     "pools"},
    {"out", "nothing at all for a pool or an endpoint", "  segue ctl out new/10.0.0.7:8080",
     "places"},
    {"ready", "in rotation, whatever health says", "  segue ctl ready new/10.0.0.7:8080", "places"},
    {"up", "as if checks passed", "  segue ctl up new/10.0.0.7:8080 --for 10m", "places"},
    {"down", "as if checks failed", "  segue ctl down new/10.0.0.7:8080 --for 10m", "places"},
    {"auto", "take back drain, out, ready, up or down: health decides again",
     "  segue ctl auto new/10.0.0.7:8080\n  segue ctl auto new", "places"},
    {"reload", "read the configuration file again, all or nothing",
     "  segue ctl reload\n  segue ctl reload --weights-from-file     forget weights that were set "
     "at run time\n"
     "Without --weights-from-file, weights that were set at run time stay, and `status` says so.",
     ""},
    {"history", "what was changed: who, when, what and why",
     "  segue ctl history\n  segue ctl history --limit 100 --before 250\n  segue ctl history 17    "
     "  "
     "              what this revision changed",
     ""},
    {"undo", "make everything what it was before a revision",
     "  segue ctl undo                                         the last change\n"
     "  segue ctl undo 17 --reason 'builds hang'               revision 17 and all after it\n"
     "  segue ctl undo 17 --dry-run                            only say what it would do\n"
     "An undo is a revision itself: undoing it does it again. `segue ctl history` has the numbers.",
     ""},
    {"diff", "the file against what is served",
     "  segue ctl diff\n  segue ctl diff --json | jq .differences", ""},
    {"state", "is what is changed kept, and where?", "  segue ctl state", ""},
    {"backup", "write all that is kept into a file",
     "  segue ctl backup /var/backups/segue-before-the-move.db\n"
     "`segue restore FILE --state-dir DIR` makes it the state of a machine. The file holds the key "
     "of sessions:\nkeep it as a secret.",
     ""},
    {"listeners", "listening addresses and their connections", "  segue ctl listeners", ""},
    {"workers", "the worker threads and their load", "  segue ctl workers", ""},
    {"events", "what happened: the last events, or those to come",
     "  segue ctl events --last 50\n  segue ctl events --follow\n  segue ctl events --follow "
     "--json | jq .name",
     ""},
    {"metrics", "everything counted, as Prometheus text",
     "  segue ctl metrics | grep segue_requests", ""},
    {"get", "the answer to GET PATH as it is",
     "  segue ctl get /v1/splits\n  segue ctl get /v1/config\n  segue ctl get /v1/openapi.json",
     ""},
    {"completion", "print a completion script for bash, zsh or fish",
     "  source <(segue ctl completion bash)\n  segue ctl completion fish > "
     "~/.config/fish/completions/segue.fish",
     ""},
};

struct Options {
  std::string socket, color = "auto", name, path, shell, kind, delivery, to;
  double timeout = 30;
  bool json = false, weights_from_file = false;
  std::vector<std::string> words, places;
  CtlChange change;
  CtlPin pin;
  CtlExplain explain;
  CtlTop top;
  CtlEvents events;
  CtlHistory history;
  std::string file;
  std::optional<std::uint64_t> revision;
  CtlWait wait;
  std::string over = "10s";
  bool tunnels = false, at_once = false;
};

using Verb = std::function<int(CtlSession&)>;

enum class Lasts : bool { kAlways, kOrFor };

void add_change_options(CLI::App& verb, Options& options, Lasts lasts = Lasts::kAlways) {
  verb.add_flag("--dry-run", options.change.dry_run, "change nothing; say what would move");
  if (lasts == Lasts::kOrFor)
    verb.add_option("--for", options.change.for_how_long,
                    "how long, like 15m or 2h; then it ends by itself, also after a restart")
        ->type_name("TIME");
  verb.add_option("--reason", options.change.reason, "why, for those who read the events");
  verb.add_option("--if-match", options.change.if_match,
                  "only if this is still the newest generation")
      ->type_name("N");
}

using AddVerb = std::function<CLI::App*(const std::string& name, Verb action)>;

CLI::App& add_pin_arguments(CLI::App& verb, Options& o) {
  verb.add_option("GROUP", o.pin.group, "a cohort group, or a route")->required()->type_name("");
  verb.add_option("COHORT", o.pin.key, "its key or name")->required()->type_name("");
  return verb;
}

// Taking endpoints and pools out of rotation, waiting for it, and back.
void add_rotation_verbs(const AddVerb& verb, Options& o) {
  for (const char* state : {"drain", "ready", "out", "up", "down", "auto"}) {
    CLI::App* rotation = verb(state, [&o, state](CtlSession& s) {
      if (o.tunnels && (o.places.size() > 1 || o.places[0].find('/') != std::string::npos)) {
        s.complain("--tunnels is about a whole pool: `segue ctl drain POOL --tunnels`");
        return static_cast<int>(kExitRefused);
      }
      const int code = ctl_rotation(s, o.places, state, o.change);
      return code == kExitDone && o.tunnels && !o.change.dry_run
                 ? ctl_close_tunnels(s, o.places[0], o.over, o.change)
                 : code;
    });
    if (state == std::string_view("drain")) {
      CLI::Option* tunnels =
          rotation->add_flag("--tunnels", o.tunnels, "end the pool's upgraded connections, too");
      rotation->add_option("--over", o.over, "within this time, each at a random moment")
          ->needs(tunnels)
          ->type_name("TIME")
          ->capture_default_str();
    }
    rotation->add_option("POOL[/ADDRESS]", o.places, "an endpoint, or every endpoint of a pool")
        ->required()
        ->expected(1, 2)
        ->type_name("");
    add_change_options(*rotation, o, Lasts::kOrFor);
  }
  CLI::App* wait = verb("wait", [&o](CtlSession& s) { return ctl_wait(s, o.wait); });
  wait->add_option("drained", o.wait.what, "the word says it")->required()->type_name("");
  wait->add_option("POOL", o.wait.pool)->required()->type_name("");
  wait->add_option("--timeout", o.wait.timeout, "give up after this time, with 3")
      ->type_name("TIME")
      ->capture_default_str();
  wait->add_flag("--sessions", o.wait.sessions, "until no session was seen for half an hour, too");
  CLI::App* failback = verb(
      "failback", [&o](CtlSession& s) { return ctl_failback(s, o.name, o.at_once, o.change); });
  failback->add_option("POOL", o.name)->required()->type_name("");
  failback->add_flag("--at-once", o.at_once, "everybody, without the steps");
  failback->add_option("--reason", o.change.reason, "why, for those who read the events");
}

// Pins, sessions, the kill switch, and the questions about them.
void add_shifting_verbs(const AddVerb& verb, Options& o) {
  verb("pins", [&o](CtlSession& s) {
    return ctl_pins(s, o.name);
  })->add_option("GROUP", o.name, "only this cohort group's");
  CLI::App& pin = add_pin_arguments(
      *verb("pin", [&o](CtlSession& s) { return ctl_pin(s, o.pin, o.change); }), o);
  pin.add_option("POOL", o.pin.pool)->required()->type_name("");
  pin.add_flag("--hard", o.pin.hard, "also when the pool cannot take traffic");
  add_change_options(pin, o, Lasts::kOrFor);
  CLI::App& unpin = add_pin_arguments(
      *verb("unpin", [&o](CtlSession& s) { return ctl_unpin(s, o.pin, o.change); }), o);
  add_change_options(unpin, o);
  CLI::App* rebalance =
      verb("rebalance", [&o](CtlSession& s) { return ctl_rebalance(s, o.name, o.change); });
  rebalance->add_option("GROUP", o.name, "a cohort group, or a route")->required()->type_name("");
  add_change_options(*rebalance, o);
  CLI::App* abort =
      verb("abort", [&o](CtlSession& s) { return ctl_abort(s, o.name, o.to, o.change); });
  abort->add_option("ROUTE", o.name)->required()->type_name("");
  abort->add_option("--to", o.to, "the pool that takes everybody")->required()->type_name("POOL");
  add_change_options(*abort, o);

  verb("where", [&o](CtlSession& s) { return ctl_where(s, o.name); })
      ->add_option("COHORT", o.name, "its key or name")
      ->required()
      ->type_name("");
  verb("cohorts", [&o](CtlSession& s) {
    return ctl_cohorts(s, o.name);
  })->add_option("ROUTE", o.name, "only this route's");
  CLI::App* top = verb("top", [&o](CtlSession& s) { return ctl_top(s, o.top); });
  top->add_option("--interval", o.top.interval, "seconds between two frames")
      ->check(CLI::Range(0.2, 3600.0))
      ->type_name("S")
      ->capture_default_str();
  top->add_flag("--once", o.top.once, "print one frame and end");
}

// Adds each verb's own arguments, and says what running it means.
std::map<std::string, Verb> add_verbs(CLI::App& app, Options& o) {
  std::map<std::string, Verb> run;
  const auto verb = [&](const std::string& name, Verb action) {
    CLI::App& added = *app.get_subcommand(name);
    run[name] = std::move(action);
    return &added;
  };
  for (const CtlVerb& each : kVerbs)
    app.add_subcommand(std::string(each.name), std::string(each.summary))
        ->footer("Examples:\n" + std::string(each.examples));

  verb("status", [](CtlSession& s) { return ctl_status(s); });
  verb("listeners", [](CtlSession& s) { return ctl_listeners(s); });
  verb("routes", [](CtlSession& s) { return ctl_routes(s); });
  verb("workers", [](CtlSession& s) { return ctl_workers(s); });
  verb("pools", [](CtlSession& s) { return ctl_pools(s); });
  verb("metrics", [](CtlSession& s) {
    if (!s.json) return s.print_raw("/metrics");
    s.complain(
        "metrics are Prometheus text and have no JSON form; leave --json out, or ask for `segue "
        "ctl "
        "status`, `splits`, `endpoints` or `workers` with it");
    return static_cast<int>(kExitRefused);
  });
  verb("splits", [&o](CtlSession& s) {
    return ctl_splits(s, o.name);
  })->add_option("ROUTE", o.name, "only this route's");
  verb("endpoints", [&o](CtlSession& s) {
    return ctl_endpoints(s, o.name);
  })->add_option("POOL", o.name, "only this pool's");
  verb("health", [&o](CtlSession& s) {
    return ctl_health(s, o.name);
  })->add_option("POOL", o.name, "only this pool's");

  CLI::App* weights =
      verb("weights", [&o](CtlSession& s) { return ctl_weights(s, o.words, o.change); });
  weights
      ->add_option("ROUTE POOL=WEIGHT", o.words,
                   "a route and the weights of its pools; several are possible")
      ->required()
      ->type_name("");
  add_change_options(*weights, o, Lasts::kOrFor);
  add_rotation_verbs(verb, o);
  CLI::App* reload =
      verb("reload", [&o](CtlSession& s) { return ctl_reload(s, o.weights_from_file, o.change); });
  reload->add_flag("--weights-from-file", o.weights_from_file,
                   "forget weights that were set at run time");
  reload->add_option("--reason", o.change.reason, "why, for those who read the events");
  reload->add_option("--if-match", o.change.if_match, "only if this is still the newest generation")
      ->type_name("N");
  add_shifting_verbs(verb, o);

  verb("state", [](CtlSession& s) { return ctl_state(s); });
  verb("diff", [](CtlSession& s) { return ctl_diff(s); });
  CLI::App* history = verb("history", [&o](CtlSession& s) { return ctl_history(s, o.history); });
  history->add_option("REVISION", o.history.revision, "all about this one")->type_name("");
  history->add_option("-n,--limit", o.history.limit, "how many")
      ->type_name("N")
      ->capture_default_str();
  history->add_option("--before", o.history.before, "only older ones than this")->type_name("N");
  CLI::App* undo = verb("undo", [&o](CtlSession& s) { return ctl_undo(s, o.revision, o.change); });
  undo->add_option("REVISION", o.revision, "this one and all after it; else the last")
      ->type_name("");
  add_change_options(*undo, o);
  verb("backup", [&o](CtlSession& s) { return ctl_backup(s, o.file); })
      ->add_option("FILE", o.file, "a new file")
      ->required()
      ->type_name("");

  CLI::App* explain = verb("explain", [&o](CtlSession& s) {
    if (!o.delivery.empty()) return ctl_delivery(s, o.delivery);
    if (!o.explain.url.empty()) return ctl_explain(s, o.explain);
    s.complain("what shall be explained? expected METHOD URL, or --delivery ID");
    return static_cast<int>(kExitRefused);
  });
  explain->add_option("METHOD", o.explain.method, "GET, POST, ...")->type_name("");
  explain->add_option("URL", o.explain.url, "with or without a host")->type_name("");
  explain->add_option("--delivery", o.delivery, "a recent webhook delivery instead of a request")
      ->type_name("ID");
  explain->add_option("-H,--header", o.explain.headers, "a header of the request, \"Name: value\"")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  explain->add_option("--client", o.explain.client, "the client's address");
  explain->add_option("--body", o.explain.body, "a file with the request's body")
      ->type_name("FILE");

  CLI::App* events = verb("events", [&o](CtlSession& s) { return ctl_events(s, o.events); });
  events->add_flag("-f,--follow", o.events.follow, "go on until interrupted");
  events
      ->add_option("-n,--last", o.events.last,
                   "how many of the past; " + std::to_string(CtlEvents::kLast) + " without --since")
      ->type_name("N");
  events->add_option("--since", o.events.since, "those after the event with this id")
      ->type_name("ID");

  verb("get",
       [&o](CtlSession& s) { return s.print_raw(o.path.starts_with('/') ? o.path : "/" + o.path); })
      ->add_option("PATH", o.path, "like /v1/splits")
      ->required()
      ->type_name("");
  verb("completion", [&o](CtlSession& s) { return ctl_completion(s, o.shell); })
      ->add_option("SHELL", o.shell)
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("");
  CLI::App* names = app.add_subcommand("names", "names for completion")->group("");  // not shown
  names->add_option("KIND", o.kind)
      ->required()
      ->check(CLI::IsMember({"routes", "pools", "places"}));
  run["names"] = [&o](CtlSession& s) { return ctl_names(s, o.kind); };
  return run;
}

// "" when the first word that is no option is a verb, or there is none.
std::string unknown_verb(const std::vector<std::string>& arguments) {
  std::vector<std::string_view> known{"names"};
  for (const CtlVerb& verb : kVerbs) known.push_back(verb.name);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--socket" || word == "--color" || word == "--timeout") ++i;
    if (word.starts_with('-')) continue;
    if (i >= arguments.size() || std::find(known.begin(), known.end(), word) != known.end())
      return "";
    const std::string suggestion = conf::did_you_mean(word, known);
    return "there is no verb \"" + word + "\"" +
           (suggestion.empty() ? "; `segue ctl --help` lists them" : suggestion);
  }
  return "";
}

// Said once, the last time counts: so an alias or a script can have defaults.
void let_the_last_win(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    if (option->nonpositional() && option->get_items_expected_max() == 1)
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  for (CLI::App* verb : app.get_subcommands(nullptr)) let_the_last_win(*verb);
}

// The help of a verb tells what all verbs understand, too.
void add_common_help(CLI::App& app) {
  std::vector<const CLI::Option*> common;
  for (const CLI::Option* option : app.get_options())
    if (option != app.get_help_ptr()) common.push_back(option);
  const CLI::Formatter formatter;
  const std::string text = formatter.make_group("Every verb", false, common);
  for (CLI::App* verb : app.get_subcommands(nullptr))
    verb->footer(text + "\n" + verb->get_footer());
}

bool colour(const Options& options, const CtlEnvironment& environment, bool terminal) {
  if (options.color != "auto") return options.color == "always";
  return terminal && !environment.no_colour;
}

}  // namespace

std::span<const CtlVerb> ctl_verbs() noexcept {
  return kVerbs;
}

int ctl_run(const std::vector<std::string>& arguments, const CtlEnvironment& environment) {
  Options options;
  options.wait.progress = environment.err_is_terminal;
  options.socket = environment.socket.empty() ? kDefaultSocket : environment.socket;
  CLI::App app{std::string(kIntroduction), "segue ctl"};
  app.footer(std::string(kFooter));
  app.fallthrough();
  app.require_subcommand(1);
  app.add_option("--socket", options.socket, "path of the admin socket")
      ->type_name("PATH")
      ->capture_default_str();
  app.add_flag("--json", options.json, "print the answer as JSON");
  app.add_option("--color", options.color, "auto, always or never; NO_COLOR is respected")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  app.add_option("--timeout", options.timeout, "seconds to wait for an answer")
      ->check(CLI::Range(0.001, 86'400.0))
      ->type_name("S")
      ->capture_default_str();
  const std::map<std::string, Verb> run = add_verbs(app, options);
  let_the_last_win(app);
  add_common_help(app);

  const bool json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  if (const std::string wrong = unknown_verb(arguments); !wrong.empty()) {
    if (json)
      environment.out << problem_line(wrong);
    else
      environment.err << "segue ctl: " << printable(wrong) << "\n";
    return kExitRefused;
  }
  try {  // CLI11 speaks in exceptions; this is the only place that listens
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (json && error.get_exit_code() != 0) {
      environment.out << problem_line(error.what());
      return kExitRefused;
    }
    return app.exit(error, environment.out, environment.err) == 0 ? kExitDone : kExitRefused;
  }

  const Millis timeout(static_cast<std::int64_t>(options.timeout * 1000));
  CtlSession session(Client(options.socket, timeout), environment.out, environment.err,
                     Paint(colour(options, environment, environment.out_is_terminal)),
                     Paint(colour(options, environment, environment.err_is_terminal)),
                     options.json);
  return run.at(app.get_subcommands().front()->get_name())(session);
}

int ctl_main(int argc, char** argv) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
    return std::string(value == nullptr ? "" : value);
  };
  const bool no_colour = !variable("NO_COLOR").empty() || variable("TERM") == "dumb";
  const int code = ctl_run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc),
                           {std::cout, std::cerr, variable("SEGUE_SOCKET"),
                            isatty(STDOUT_FILENO) == 1, isatty(STDERR_FILENO) == 1, no_colour});
  std::cout.flush();
  return code == kExitDone && !std::cout ? kExitFailed : code;
}

}  // namespace segue::admin

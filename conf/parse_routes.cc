// [[routes]]
#include <algorithm>

#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::size_t kBranchesMax = 8;  // what routing::Split holds
constexpr std::uint64_t kWeightMax = 1'000'000;

// What a webhook route waits for unless its keys say otherwise: forges give up after ten seconds,
// so segue answers before they do.
constexpr milliseconds kWebhookConnect{2000}, kWebhookAnswer{9000};

constexpr std::string_view kKinds[] = {"web", "webhook"};  // Route::Kind

void read_split(const Cursor& at, const Shape&, Route& out) {
  if (!at.node().is(Node::Kind::kTable))
    return at.complain(shown(at.node()) +
                       ", expected weights by pool such as { old = 90, new = 10 }");
  const auto& members = at.node().members;
  if (members.empty() || members.size() > kBranchesMax)
    at.complain(std::to_string(members.size()) + " pools, expected 1…" +
                std::to_string(kBranchesMax));
  const std::uint32_t none = UINT32_MAX;
  bool weights = false;  // a positive or an unreadable one
  for (const Member& member : members) {
    Route::Branch& branch = out.split.emplace_back();
    branch.pool = member.key;
    branch.at = member.at;
    branch.weight = none;
    read_value(at.member(member), count(0, kWeightMax), branch.weight);
    weights = weights || branch.weight > 0;
  }
  if (!members.empty() && !weights)
    at.complain("all weights are 0, expected at least one pool with a weight");
}

std::string print_split(const Shape&, const Route& route) {
  std::string out;
  for (const Route::Branch& branch : route.split)
    out +=
        (out.empty() ? "{ " : ", ") + toml_key(branch.pool) + " = " + std::to_string(branch.weight);
  return out + " }";
}

// true, false or names.
void read_isolation(const Cursor& at, const Shape&, Route& out) {
  if (at.node().is(Node::Kind::kBoolean)) {
    out.isolate_cookies.clear();
    if (at.node().boolean) out.isolate_cookies = {"*"};
    return;
  }
  read_value(at, texts(judge_cookie_pattern, Empty::kAllowed), out.isolate_cookies);
}

std::string print_isolation(const Shape&, const Route& route) {
  if (route.isolate_cookies == std::vector<std::string>{"*"}) return "true";
  if (route.isolate_cookies.empty()) return "false";
  std::vector<std::string> items;
  for (const std::string& name : route.isolate_cookies) items.push_back(toml_string(name));
  return print_list(items);
}

constexpr Key<Route> kKeys[] = {
    required(key<&Route::name>(
        "name", text(judge_name),
        "Names the route and its split in the admin API, in logs and in metrics.")),
    Key<Route>{"match", other("table", R"({"$ref":"#/$defs/match"})"),
               "Which requests it takes; see below. The most specific route wins.",
               [](const Cursor& at, const Shape&, Route& route) { read_match(at, route.match); },
               [](const Shape&, const Route& route) { return print_match(route.match); }},
    required(Key<Route>{
        "split",
        other(
            "table of weights by pool",
            R"({"type":"object","minProperties":1,"maxProperties":8,"additionalProperties":{"type":"integer","minimum":0,"maximum":1000000}})"),
        "1…8 pools with weights 0…1000000; a pool's share is its weight over their sum. Weight 0 "
        "takes "
        "nothing new.",
        read_split, print_split}),
    Key<Route>{
        "cohort",
        other(
            "string or list of strings",
            R"({"anyOf":[{"$ref":"#/$defs/cohort"},{"type":"array","minItems":1,"maxItems":8,"items":{"$ref":"#/$defs/cohort"}}]})"),
        "What moves as one: `\"request\"` (each on its own), `\"client\"` (address), `\"session\"` "
        "(a cookie of segue's own), `\"repository\"` (of a forge's webhook), `\"cookie:NAME\"`, "
        "`\"header:NAME\"`, `\"query:NAME\"`, `\"path:/job/{*}/\"` (a segment), "
        "`\"json:/repository/id\"` (a value of the body); a list is tried in order.",
        [](const Cursor& at, const Shape&, Route& route) { read_cohort(at, route.cohort); },
        [](const Shape&, const Route& route) { return print_cohort(route.cohort); }},
    defaults_to(
        "the route's name",
        key<&Route::cohort_group>("cohort_group", text(judge_name),
                                  "Routes of one group send the same cohort to the same pool.")),
    defaults_to("the first pool of `split`",
                key<&Route::unknown>("unknown", text(nullptr),
                                     "Pool of the requests that have none of the cohort's keys.")),
    key<&Route::fallback>("fallback", texts(nullptr, Empty::kAllowed),
                          "Pools that take over, in order, when the chosen one cannot."),
    defaults_to(
        "`\"webhook\"` when `methods` is `[\"POST\"]`, else `\"web\"`",
        key<&Route::kind>("kind", word(kKinds), "`webhook` has shorter timeouts by default.")),
    defaults_to(
        "the pool's; webhooks `\"2s\"`",
        key<&Route::connect_timeout>("connect_timeout", duration(milliseconds(1), minutes(5)),
                                     "Until a connection to an endpoint stands.")),
    defaults_to(
        "`\"90s\"`; webhooks `\"9s\"`",
        key<&Route::response_timeout>("response_timeout", duration(milliseconds(1), hours(24)),
                                      "Until the response head.")),
    defaults_to(
        "`\"0s\"`, none; webhooks `\"9s\"`",
        key<&Route::total_timeout>(
            "total_timeout", duration(milliseconds(0), hours(24)),
            "Everything until the response head, retries included; `\"0s\"` for no limit.")),
    key<&Route::retry_stale_post>("retry_stale_post", flag(),
                                  "Also send a non-idempotent request again when a reused "
                                  "connection died before any answer."),
    key<&Route::cohort_body_max>("cohort_body_max", size(1024, 1024 * 1024 * 1024),
                                 "Body read to find the cohort in it; a longer one gets 413."),
    Key<Route>{
        "isolate_cookies",
        other("boolean or list of names",
              R"({"anyOf":[{"type":"boolean"},{"type":"array","items":{"type":"string"}}]})"),
        "Cookies that each pool has for itself, so that two applications do not log each other's "
        "users out: `true` for all, or names that may end with `*`.",
        read_isolation, print_isolation},
    Key<Route>{
        "lookup_on",
        other("list of statuses",
              R"({"type":"array","items":{"type":"integer","minimum":100,"maximum":599}})"),
        "Statuses of a GET or HEAD on which the other pools are asked too (`[404]` keeps old "
        "links alive).",
        [](const Cursor& at, const Shape&, Route& route) { read_status_list(at, route.lookup_on); },
        [](const Shape&, const Route& route) { return print_status_list(route.lookup_on); }},
    secret(Key<Route>{
        "override", other("table", R"({"$ref":"#/$defs/override"})"),
        "How testers choose their pool; see below.",
        [](const Cursor& at, const Shape&, Route& route) {
          read_override(at, route.tester_override);
        },
        [](const Shape&, const Route& route) { return print_override(route.tester_override); }}),
};

void default_to_kind(const Cursor& at, Route& out) {
  const auto given = [&](std::string_view name) { return at.node().find(name) != nullptr; };
  if (!given("kind") && out.match.methods == std::vector<std::string>{"POST"})
    out.kind = Route::Kind::kWebhook;
  if (out.kind != Route::Kind::kWebhook) return;
  if (!given("connect_timeout")) out.connect_timeout = kWebhookConnect;
  if (!given("response_timeout")) out.response_timeout = kWebhookAnswer;
  if (!given("total_timeout")) out.total_timeout = kWebhookAnswer;
}

}  // namespace

void read_routes(const Cursor& at, std::vector<Route>& out) {
  if (!at.node().is(Node::Kind::kList))
    return at.complain(shown(at.node()) + ", expected tables with [[routes]] above them");
  out.reserve(at.node().items.size());
  for (std::size_t i = 0; i < at.node().items.size(); ++i) {
    const Cursor item = at.item(i);
    Route& route = out.emplace_back();
    route.at = item.node().at;
    read_section(item, kKeys, route);
    default_to_kind(item, route);
  }
}

void print_route(std::string& out, const Route& route) {
  out += "\n[[routes]]\n";
  print_section(out, kKeys, route);
}

SectionInfo describe_route() {
  return describe(
      "route", "[[routes]]",
      "A rule that matches requests, and how they are divided among pools. At least one.", kKeys,
      Route{});
}

}  // namespace segue::conf

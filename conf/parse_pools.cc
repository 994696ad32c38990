// [pools.NAME]
#include <algorithm>

#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kBalance[] = {"least_loaded", "round_robin"};  // Balance
constexpr std::string_view kProxyProtocol[] = {"off", "v1", "v2"};        // ProxyProtocol

constexpr Key<Pool> kKeys[] = {
    required(Key<Pool>{
        "endpoints",
        other(
            "list of \"host:port\" or { address, weight }",
            R"({"type":"array","minItems":1,"items":{"anyOf":[{"type":"string"},{"$ref":"#/$defs/endpoint"}]}})"),
        "The servers of the pool, interchangeable.",
        [](const Cursor& at, const Shape&, Pool& pool) { read_endpoints(at, pool.endpoints); },
        [](const Shape&, const Pool& pool) { return print_endpoints(pool.endpoints); }}),
    key<&Pool::balance>("balance", word(kBalance),
                        "`least_loaded` takes the better of two random endpoints."),
    defaults_to(
        "HTTP checks of `/`",
        Key<Pool>{
            "health",
            other("table or false", R"({"anyOf":[{"type":"boolean"},{"$ref":"#/$defs/health"}]})"),
            "Active checks; `false` for none.",
            [](const Cursor& at, const Shape&, Pool& pool) { read_health(at, pool.health); },
            nullptr}),
    defaults_to(
        "on",
        Key<Pool>{
            "passive",
            other("table or false", R"({"anyOf":[{"type":"boolean"},{"$ref":"#/$defs/passive"}]})"),
            "Ejection by real traffic; `false` for none.",
            [](const Cursor& at, const Shape&, Pool& pool) { read_passive(at, pool.passive); },
            nullptr}),
    defaults_to(
        "off", Key<Pool>{"tls",
                         other("table or boolean",
                               R"({"anyOf":[{"type":"boolean"},{"$ref":"#/$defs/upstream_tls"}]})"),
                         "TLS to the endpoints; `true` verifies them by their own names.",
                         [](const Cursor& at, const Shape&, Pool& pool) {
                           read_upstream_tls(at, pool.tls);
                         },
                         nullptr}),
    defaults_to(
        "automatic, after a minute",
        Key<Pool>{
            "failback",
            other("table or word",
                  R"({"anyOf":[{"enum":["auto","manual"]},{"$ref":"#/$defs/failback"}]})"),
            "How it gets its cohorts back after it failed.",
            [](const Cursor& at, const Shape&, Pool& pool) { read_failback(at, pool.failback); },
            nullptr}),
    key<&Pool::slow_start>("slow_start", duration(milliseconds(0), hours(24)),
                           "How long an endpoint that failed takes to its full share again; "
                           "`\"0s\"` for at once."),
    key<&Pool::slow_start_from>("slow_start_from", ratio(0.01, 1),
                                "Part of its share with which it begins."),
    key<&Pool::healthy_min>("healthy_min", count(1, 1000),
                            "Endpoints that must be in rotation for the pool to take traffic."),
    key<&Pool::connect_timeout>("connect_timeout", duration(milliseconds(1), minutes(5)),
                                "Until a connection to an endpoint stands."),
    key<&Pool::idle_timeout>(
        "idle_timeout", duration(milliseconds(1), hours(1)),
        "How long a connection to an endpoint waits for the next request, unless the "
        "server says how long it waits (Keep-Alive: timeout): then one second less, at "
        "most 5 minutes."),
    key<&Pool::idle_connections_max>("idle_connections_max", count(0, 100'000),
                                     "Such connections per endpoint and worker; 0 keeps none."),
    key<&Pool::in_flight_max>("in_flight_max", count(1, 1'000'000),
                              "Requests at once per endpoint, divided among the workers."),
    key<&Pool::queue_max>("queue_max", count(0, 1'000'000),
                          "Requests that wait for a free place, divided among the workers."),
    key<&Pool::queue_timeout>("queue_timeout", duration(milliseconds(1), minutes(10)),
                              "How long they wait before the client gets 503."),
    key<&Pool::proxy_protocol>("proxy_protocol", word(kProxyProtocol),
                               "PROXY header at the start of each connection to an endpoint."),
};

void read_pool(const Cursor& at, Pool& out) {
  read_section(at, kKeys, out);
  const bool nameless = std::ranges::any_of(
      out.endpoints, [](const Endpoint& e) { return e.address.starts_with("unix:"); });
  if (nameless && out.tls.enabled && out.tls.verify && out.tls.server_name.empty())
    at.find("tls")->complain("a UNIX socket has no name to verify, expected server_name beside it");
  const auto healthy_min = at.find("healthy_min");
  if (healthy_min && !out.endpoints.empty() && out.healthy_min > out.endpoints.size())
    healthy_min->complain(std::to_string(out.healthy_min) + " of " +
                          std::to_string(out.endpoints.size()) +
                          " endpoints, expected no more than there are");
}

}  // namespace

void read_pools(const Cursor& at, std::vector<Pool>& out) {
  read_named(at, judge_name, read_pool, out);
}

void print_pool(std::string& out, const Pool& pool) {
  const std::string name = "pools." + toml_key(pool.name);
  out += "\n[" + name + "]\n";
  print_section(out, kKeys, pool);
  out += print_upstream_tls("[" + name + ".tls]", pool.tls);
  out += print_health("[" + name + ".health]", pool.health);
  out += print_passive("[" + name + ".passive]", pool.passive);
  out += print_failback("[" + name + ".failback]", pool.failback);
}

SectionInfo describe_pool() {
  return describe(
      "pool", "[pools.NAME]",
      "Endpoints that are interchangeable: the old CI server, or the new one. At least one "
      "pool.",
      kKeys, Pool{});
}

}  // namespace segue::conf

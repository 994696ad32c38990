// The top level of the file: one number and the sections.
#include "conf/sections.h"

namespace segue::conf {
namespace {

// The row of a section that is a table of its own, read into the field `Member`.
template <auto Member, auto Read>
constexpr Key<Config> section(std::string_view name, std::string_view schema,
                              std::string_view doc) {
  return {name, other("table", schema), doc,
          [](const Cursor& at, const Shape&, Config& config) { Read(at, config.*Member); },
          nullptr};
}

constexpr Key<Config> kKeys[] = {
    defaults_to("`0`: one per core",
                key<&Config::workers>("workers", count(0, 256), "Threads that carry traffic.")),
    section<&Config::listeners, read_listeners>(
        "listeners",
        R"({"type":"object","minProperties":1,"additionalProperties":{"$ref":"#/$defs/listener"}})",
        "Where clients connect."),
    section<&Config::pools, read_pools>(
        "pools",
        R"({"type":"object","minProperties":1,"additionalProperties":{"$ref":"#/$defs/pool"}})",
        "The servers behind segue."),
    section<&Config::routes, read_routes>(
        "routes", R"({"type":"array","minItems":1,"items":{"$ref":"#/$defs/route"}})",
        "Which requests go where."),
    section<&Config::timeouts, read_timeouts>("timeouts", R"({"$ref":"#/$defs/timeouts"})",
                                              "How long segue waits."),
    section<&Config::limits, read_limits>("limits", R"({"$ref":"#/$defs/limits"})",
                                          "How much segue holds."),
    section<&Config::retry, read_retry>("retry", R"({"$ref":"#/$defs/retry"})", "Trying again."),
    section<&Config::forwarding, read_forwarding>("forwarding", R"({"$ref":"#/$defs/forwarding"})",
                                                  "What servers are told about the client."),
    section<&Config::sessions, read_sessions>("sessions", R"({"$ref":"#/$defs/sessions"})",
                                              "The cookie by which browsers stay."),
    section<&Config::state, read_state>("state", R"({"$ref":"#/$defs/state"})",
                                        "What survives a restart."),
    section<&Config::log, read_log>("log", R"({"$ref":"#/$defs/log"})", "What is written down."),
    section<&Config::admin, read_admin>("admin", R"({"$ref":"#/$defs/admin"})",
                                        "How segue is watched and steered."),
    section<&Config::process, read_process>("process", R"({"$ref":"#/$defs/process"})",
                                            "Who segue runs as, and what it may do."),
};

}  // namespace

void read_root(const Cursor& at, Config& config) {
  read_section(at, kKeys, config);
}

void print_root(std::string& out, const Config& config) {
  print_section(out, kKeys, config);
  for (const Listener& listener : config.listeners) print_listener(out, listener);
  for (const Pool& pool : config.pools) print_pool(out, pool);
  for (const Route& route : config.routes) print_route(out, route);
  print_timeouts(out, config.timeouts);
  print_limits(out, config.limits);
  print_retry(out, config.retry);
  print_forwarding(out, config.forwarding);
  print_sessions(out, config.sessions);
  print_state(out, config.state);
  print_log(out, config.log);
  print_admin(out, config.admin);
  print_process(out, config.process);
}

SectionInfo describe_root() {
  return describe("root", "", "Before the first `[section]`.", kKeys, Config{});
}

std::vector<SectionInfo> all_sections() {
  return {
      describe_root(),         describe_listener(), describe_certificate(), describe_pool(),
      describe_upstream_tls(), describe_endpoint(), describe_health(),      describe_passive(),
      describe_failback(),     describe_route(),    describe_match(),       describe_override(),
      describe_timeouts(),     describe_limits(),   describe_retry(),       describe_forwarding(),
      describe_sessions(),     describe_state(),    describe_log(),         describe_access(),
      describe_admin(),        describe_process()};
}

}  // namespace segue::conf

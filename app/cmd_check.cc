// `segue check FILE`
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/problems.h"
#include "app/tls_desk.h"
#include "conf/load.h"
#include "conf/print.h"
#include "conf/redact.h"
#include "routing/match.h"
#include "routing/route_table.h"

namespace segue::app {
namespace {

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string summary(const conf::Config& config) {
  return config.file + ": ok: " + counted(config.listeners.size(), "listener") + ", " +
         counted(config.pools.size(), "pool") + ", " + counted(config.routes.size(), "route");
}

routing::RouteTable table_of(const conf::Config& config) {
  std::vector<routing::RouteTable::Rule> rules;
  for (const conf::Route& route : config.routes)
    rules.push_back({RouteId{static_cast<std::uint32_t>(rules.size())}, route.name, route.match});
  return routing::RouteTable::make(std::move(rules));
}

void print_precedence(const conf::Config& config, std::ostream& out) {
  out << "\n# Routes in order of precedence:\n";
  std::size_t number = 0;
  const routing::RouteTable table = table_of(config);
  for (const auto& rule : table.in_precedence())
    out << "# " << ++number << ". " << rule.name << ": " << routing::describe(rule.match) << '\n';
}

nlohmann::ordered_json precedence_json(const conf::Config& config) {
  auto names = nlohmann::ordered_json::array();
  const routing::RouteTable table = table_of(config);
  for (const auto& rule : table.in_precedence()) names.push_back(rule.name);
  return names;
}

int report(const conf::Config& config, const CheckOptions& options, Console& console) {
  if (options.json) {
    nlohmann::ordered_json json{{"ok", true},
                                {"file", config.file},
                                {"listeners", config.listeners.size()},
                                {"pools", config.pools.size()},
                                {"routes", precedence_json(config)}};
    if (options.print) json["canonical"] = conf::print(conf::redacted(config));
    console.out << json.dump(2) << '\n';
  } else if (options.print) {
    console.out << conf::print(conf::redacted(config));
    print_precedence(config, console.out);
  } else {
    console.out << summary(config) << '\n';
  }
  return kDone;
}

/// The configuration, with the files that it names read as well.
Result<conf::Config, Problems> load(const std::string& file) {
  auto config = conf::load(file);
  if (!config) return config;
  if (Status<Problems> read = TlsDesk().prepare(*config); !read) return fail(read.error());
  return config;
}

}  // namespace

int cmd_check(const CheckOptions& options, Console& console) {
  const auto config = load(options.config);
  if (config) return report(*config, options, console);
  if (options.json) {
    const nlohmann::ordered_json json{
        {"ok", false}, {"file", options.config}, {"problems", to_json(config.error())}};
    console.out << json.dump(2) << '\n';
  } else {
    show(config.error(), options.config, console);
  }
  return kFailed;
}

}  // namespace segue::app

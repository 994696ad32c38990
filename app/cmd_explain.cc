// `segue explain METHOD URL`
#include <fstream>
#include <iomanip>
#include <iterator>
#include <ostream>
#include <random>

#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/offline_request.h"
#include "app/problems.h"
#include "conf/load.h"
#include "conf/text.h"
#include "lib/base/address.h"
#include "routing/build.h"
#include "routing/explain.h"

namespace segue::app {
namespace {

constexpr std::string_view kAssumption =
    "Every endpoint is taken to be healthy, and weights are those of the file.";

// The world as the file has it, all endpoints up. Names are not resolved: nothing will be connected
// to.
Result<std::shared_ptr<const routing::Snapshot>, Problems> healthy_world(conf::Config config) {
  routing::Desired desired;
  desired.config = std::make_shared<const conf::Config>(std::move(config));
  const auto anywhere = SocketAddress::parse("127.0.0.1:1");
  for (const conf::Pool& pool : desired.config->pools)
    for (const conf::Endpoint& endpoint : pool.endpoints) {
      const auto address = SocketAddress::parse(endpoint.address);
      routing::EndpointState& state =
          desired.endpoints[desired.endpoint_id(pool.name, endpoint.address)];
      state.socket = address ? *address : *anywhere;
      state.health = routing::EndpointState::Health::kUp;
    }
  return routing::build(desired, nullptr);
}

// "::1" or "10.0.0.1" as routing sees clients; "" when it is no address.
std::string client_host(const std::string& text) {
  const bool v6 = text.find(':') != std::string::npos;
  const auto address = SocketAddress::parse(v6 ? "[" + text + "]:0" : text + ":0");
  if (text.empty() || !address) return "";
  char host[SocketAddress::kHostMax];
  return {host, address->write_host(host)};
}

std::string hex(std::uint64_t number) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = out.size(); i-- > 0; number >>= 4) out[i] = kDigits[number & 0xf];
  return out;
}

nlohmann::ordered_json to_json(const routing::Explanation& why) {
  using Json = nlohmann::ordered_json;
  Json branches = Json::array();
  for (const auto& branch : why.branches)
    branches.push_back({{"pool", branch.pool},
                        {"weight", branch.weight},
                        {"effective_share", branch.share},
                        {"score", branch.score},
                        {"eligible", branch.eligible}});
  return {{"route", why.route.empty() ? Json() : Json(why.route)},
          {"match", why.match},
          {"ambiguous", why.ambiguous},
          {"cohort",
           {{"source", why.cohort_source},
            {"key", why.cohort_key},
            {"name", why.cohort_name.empty() ? Json() : Json(why.cohort_name)},
            {"hash", hex(why.cohort_hash)}}},
          {"branches", std::move(branches)},
          {"fallback", why.fallback},
          {"pool", why.pool.empty() ? Json() : Json(why.pool)},
          {"reason", why.reason},
          {"assumption", kAssumption}};
}

void print_branches(const routing::Explanation& why, std::ostream& out) {
  std::size_t width = 4;
  for (const auto& branch : why.branches) width = std::max(width, branch.pool.size());
  const auto column = static_cast<int>(width);
  out << "\n  " << std::left << std::setw(column) << "pool" << std::right
      << "    weight    share\n";
  for (const auto& branch : why.branches)
    out << (branch.pool == why.pool ? "* " : "  ") << std::left << std::setw(column) << branch.pool
        << std::right << std::setw(10) << branch.weight << std::setw(8) << std::fixed
        << std::setprecision(1) << branch.share * 100 << "%\n";
}

void print(const routing::Explanation& why, std::ostream& out) {
  if (!why.route.empty()) {
    const std::string key = why.cohort_key.empty() ? "" : " = " + conf::quoted(why.cohort_key);
    out << "route     " << why.route << (why.match.empty() ? "" : " (" + why.match + ")") << '\n'
        << "cohort    " << why.cohort_source << key << ", hash " << hex(why.cohort_hash) << '\n';
    if (!why.cohort_name.empty()) out << "          " << conf::quoted(why.cohort_name) << '\n';
    out << "pool      " << (why.pool.empty() ? "none" : why.pool) << '\n';
    for (const std::string& pool : why.fallback) out << "fallback  " << pool << '\n';
  }
  out << "why       " << why.reason << '\n';
  if (!why.branches.empty()) print_branches(why, out);
  out << '\n' << kAssumption << "\n`segue ctl explain` asks the running process.\n";
}

}  // namespace

int cmd_explain(const ExplainOptions& options, Console& console) {
  const std::string client = client_host(options.client);
  if (client.empty()) {
    console.err << "segue explain: --client " << conf::quoted(options.client)
                << " is not an IP address\n";
    return kNotUnderstood;
  }
  const auto request = OfflineRequest::make(options.method, options.url, options.headers);
  if (!request) {
    console.err << "segue explain: " << request.error() << '\n';
    return kNotUnderstood;
  }
  std::optional<std::string> body;
  if (!options.body.empty()) {
    std::ifstream file(options.body, std::ios::binary);
    if (!file) {
      console.err << "segue explain: --body " << conf::quoted(options.body)
                  << " cannot be opened\n";
      return kNotUnderstood;
    }
    body.emplace(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    (*request)->set_body(body->size());
  }
  auto config = conf::load(options.config);
  if (!config) {
    show(config.error(), options.config, console);
    return kFailed;
  }
  const auto snapshot = healthy_world(*std::move(config));
  if (!snapshot) {
    show(snapshot.error(), options.config, console);
    return kFailed;
  }
  std::random_device device;
  const std::uint64_t drawn = (std::uint64_t{device()} << 32) | device();
  const routing::Explanation why = routing::explain(**snapshot, (*request)->head(), client,
                                                    options.random.value_or(drawn), body);
  if (options.json) {
    console.out << to_json(why).dump(2) << '\n';
  } else {
    print(why, console.out);
  }
  return why.pool.empty() ? kFailed : kDone;
}

}  // namespace segue::app

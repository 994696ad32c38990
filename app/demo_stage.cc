#include "app/demo_stage.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

namespace segue::app {
namespace {

using Json = nlohmann::json;
constexpr double kPollSeconds = 0.05;
constexpr double kStartSeconds = 20;  // sanitizers on a busy machine

volatile std::sig_atomic_t interrupted = 0;

// A member, or a default of its type: the API may grow and this table must not break over it.
template <typename T>
T member(const Json& json, const char* name, T otherwise) {
  const auto at = json.find(name);
  return at == json.end() || at->is_null() ? otherwise : at->get<T>();
}

std::optional<double> number(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_number() ? std::optional(at->get<double>()) : std::nullopt;
}

Json parsed(const std::optional<DemoAnswer>& answer) {
  if (!answer || answer->status != 200) return Json::value_t::discarded;
  return Json::parse(answer->body, nullptr, false);
}

constexpr const char* kConfig = R"(# Written by `segue demo`.
[listeners.edge]
address = "127.0.0.1:0"

[pools.old]
endpoints = ["OLD"]
health = { preset = "jenkins", interval = "500ms", interval_changing = "100ms", interval_down = "250ms", fall = 2 }
failback = { stable = "500ms", steps = 2, step = "250ms" }   # by default a minute, and five steps of ten seconds

[pools.new]
endpoints = ["NEW"]
health = { preset = "jenkins", interval = "500ms", interval_changing = "100ms", interval_down = "250ms", fall = 2 }
failback = { stable = "500ms", steps = 2, step = "250ms" }

[[routes]]
name = "webhooks"
match = { path = "/github-webhook/", methods = ["POST"] }
split = { old = 100, new = 0 }
cohort = "header:X-GitHub-Hook-Installation-Target-ID"   # the repository: all its deliveries move together
fallback = ["old", "new"]

[[routes]]
name = "pages"
match = { path_prefix = "/" }
split = { old = 100, new = 0 }
cohort = ["cookie:person", "client"]
fallback = ["old", "new"]

[timeouts]
drain_requests = "1s"
drain_tunnels = "1s"

[admin]
socket = "DIR/admin.sock"

[log.access]
file = "DIR/access.log"
)";

void replace(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

}  // namespace

bool demo_interrupted() noexcept {
  return interrupted != 0;
}

void watch_demo_signals() noexcept {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void demo_sleep(double seconds) noexcept {
  const auto whole = static_cast<std::time_t>(seconds);
  const timespec time{whole, static_cast<long>((seconds - static_cast<double>(whole)) * 1e9)};
  nanosleep(&time, nullptr);
}

Result<std::unique_ptr<DemoStage>, std::string> DemoStage::build() {
  std::unique_ptr<DemoStage> stage(new DemoStage);
  std::string pattern = std::filesystem::temp_directory_path() / "segue-demo-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr)
    return fail<std::string>("no temporary directory could be made");
  stage->dir_ = pattern;
  for (const char* name : {"old", "new"})
    if (auto started = stage->start_server(name, "0"); !started)
      return fail(std::move(started).error());
  stage->write_config();
  if (auto started = stage->start_segue(); !started) return fail(std::move(started).error());
  if (auto up = stage->wait_until_up(); !up) return fail(std::move(up).error());
  return stage;
}

DemoStage::~DemoStage() {
  segue_.reset();
  new_.reset();
  old_.reset();
  std::error_code ignored;
  if (!dir_.empty()) std::filesystem::remove_all(dir_, ignored);
}

Result<std::string, std::string> DemoStage::start_server(const std::string& name,
                                                         const std::string& port) {
  auto process = DemoProcess::start(
      {"demo", "server", "--name", name, "--port", port, "--record", dir_ / (name + ".deliveries")},
      dir_ / (name + ".log"));
  const std::string bound = process == nullptr ? "" : process->first_line();
  if (bound.empty()) return fail("the server \"" + name + "\" did not start");
  (name == "old" ? old_ : new_) = std::move(process);
  (name == "old" ? old_address_ : new_address_) = "127.0.0.1:" + bound;
  return bound;
}

Status<std::string> DemoStage::restart_new() {
  auto started = start_server("new", new_address_.substr(new_address_.rfind(':') + 1));
  if (!started) return fail(std::move(started).error());
  return Done{};
}

void DemoStage::write_config() const {
  std::string text = kConfig;
  replace(text, "OLD", old_address_);
  replace(text, "NEW", new_address_);
  replace(text, "DIR", dir_.string());
  std::ofstream(dir_ / "segue.toml") << text;
}

Status<std::string> DemoStage::start_segue() {
  segue_ = DemoProcess::start({"run", "--allow-root", "-c", dir_ / "segue.toml"}, log());
  admin_ = std::make_unique<DemoClient>("unix:" + admin_socket());
  for (double waited = 0; waited < kStartSeconds && segue_ != nullptr && segue_->alive();
       waited += kPollSeconds) {
    if (demo_interrupted()) return fail<std::string>("interrupted");
    const Json answer = parsed(admin_->request("GET", "/v1/listeners"));
    if (answer.is_object() && !answer["listeners"].empty()) {
      address_ = answer["listeners"][0].value("address", "");
      return Done{};
    }
    demo_sleep(kPollSeconds);
  }
  std::ifstream errors(log());
  const std::string said((std::istreambuf_iterator<char>(errors)),
                         std::istreambuf_iterator<char>());
  return fail("segue did not start:\n" + said);
}

Status<std::string> DemoStage::wait_until_up() {
  for (double waited = 0; waited < kStartSeconds && !demo_interrupted(); waited += kPollSeconds) {
    const std::vector<DemoRow> all = rows();
    bool up = !all.empty();
    for (const DemoRow& row : all) up = up && row.health == "up";
    if (up) return Done{};
    demo_sleep(kPollSeconds);
  }
  return fail<std::string>(demo_interrupted() ? "interrupted"
                                              : "the servers were not found healthy");
}

Status<std::string> DemoStage::set_weights(int old_weight, int new_weight,
                                           const std::string& reason) {
  const Json weights = {{"old", old_weight}, {"new", new_weight}};
  const Json body = {{"splits", {{"webhooks", weights}, {"pages", weights}}}, {"reason", reason}};
  const auto answer =
      admin_->request("PATCH", "/v1/splits", {{"Content-Type", "application/json"}}, body.dump());
  if (answer && answer->status == 200) return Done{};
  return fail("the weights could not be set: " +
              (answer ? answer->body : "no answer from the admin socket"));
}

std::vector<DemoRow> DemoStage::rows() {
  std::vector<DemoRow> rows;
  const Json health = parsed(admin_->request("GET", "/v1/health"));
  const Json splits = parsed(admin_->request("GET", "/v1/splits"));
  if (!health.is_object() || !splits.is_object()) return rows;
  std::map<std::string, std::string> states;
  for (const Json& endpoint : health["endpoints"])
    states[endpoint.value("pool", "")] = endpoint.value("state", "");
  for (const Json& split : splits["splits"])
    for (const Json& pool : split["pools"]) {
      if (pool.value("fallback", false)) continue;
      DemoRow row{split.value("route", ""),
                  pool.value("pool", ""),
                  member<std::uint64_t>(pool, "weight", 0),
                  member<double>(pool, "effective_share", 0),
                  std::nullopt,
                  member<std::uint64_t>(pool, "requests", 0),
                  member<std::uint64_t>(pool, "failures", 0),
                  std::nullopt,
                  std::nullopt,
                  ""};
      if (const Json observed = pool.value("observed", Json::object());
          observed.contains("since_change")) {
        row.observed = number(observed["since_change"], "share");
        row.p50_ms = number(observed["since_change"], "p50_ms");
        row.p99_ms = number(observed["since_change"], "p99_ms");
      }
      row.health = states[row.pool];
      rows.push_back(std::move(row));
    }
  return rows;
}

Result<std::vector<std::pair<std::string, std::string>>, std::string> DemoStage::deliveries(
    const std::string& server) {
  DemoClient client(server == "old" ? old_address_ : new_address_);
  const Json answer = parsed(client.request("GET", "/deliveries"));
  if (!answer.is_object())
    return fail("the server \"" + server + "\" does not tell its deliveries");
  std::vector<std::pair<std::string, std::string>> list;
  for (const Json& delivery : answer["deliveries"])
    list.emplace_back(delivery.value("id", ""), delivery.value("sha256", ""));
  return list;
}

}  // namespace segue::app

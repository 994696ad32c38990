// Changes, one after the other, each refused whole or served by every worker.
#include "app/control.h"

#include <algorithm>

#include <unistd.h>

#include "conf/load.h"
#include "routing/build.h"
#include "segue/version.h"

namespace segue::app {

using admin::Applied;
using admin::Author;
using admin::Refusal;
using routing::Generation;

namespace {

std::string who(const Author& author) {
  return author.name.empty() ? "uid " + std::to_string(author.uid) : author.name;
}

std::vector<std::pair<std::string, std::string>> with_author(
    std::vector<std::pair<std::string, std::string>> facts, const Author& author) {
  facts.emplace_back("by", who(author));
  if (!author.reason.empty()) facts.emplace_back("reason", author.reason);
  return facts;
}

Refusal not_found(std::string sentence) {
  return {Refusal::Kind::kNotFound, std::move(sentence), {}};
}

Refusal invalid(std::string path, std::string text) {
  return {Refusal::Kind::kInvalid, text, {{"", 0, 0, std::move(path), text}}};
}

const conf::Route* find_route(const conf::Config& config, const std::string& name) {
  for (const conf::Route& route : config.routes)
    if (route.name == name) return &route;
  return nullptr;
}

/// But for permission to be root, which may have come from the command line.
bool same_confinement(conf::Process a, const conf::Process& b) {
  a.allow_root = b.allow_root;
  return a == b;
}

const char* word(routing::EndpointState::Operator state) {
  switch (state) {
    case routing::EndpointState::Operator::kNone: return "auto";
    case routing::EndpointState::Operator::kReady: return "ready";
    case routing::EndpointState::Operator::kDrain: return "drain";
    case routing::EndpointState::Operator::kOut: return "out";
  }
  return "auto";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

using Weights = std::map<std::string, std::uint32_t>;  // by pool

/// What the route's pools have now: the operator's word where there is one, else the file's.
Weights weights_of(const routing::Desired& desired, const conf::Route& route) {
  Weights weights;
  const auto set = desired.weights.find(route.name);
  for (const conf::Route::Branch& branch : route.split) {
    weights[branch.pool] = branch.weight;
    if (set == desired.weights.end()) continue;
    const auto at = set->second.find(branch.pool);
    if (at != set->second.end()) weights[branch.pool] = at->second;
  }
  return weights;
}

/// "old=90 new=10", in the order of the file.
std::string weights_text(const conf::Route& route, const Weights& weights) {
  std::string text;
  for (const conf::Route::Branch& branch : route.split)
    text += (text.empty() ? "" : " ") + branch.pool + "=" + std::to_string(weights.at(branch.pool));
  return text;
}

}  // namespace

Control::Control(net::Loop& loop, Workers& workers, Listeners& listeners, TlsDesk& tls,
                 MemoryWatch& memory, std::shared_ptr<const conf::Config> config)
    : workers_(workers),
      listeners_(listeners),
      tls_(tls),
      memory_(memory),
      health_(loop, desired_, workers, tls, *this),
      coalesce_(new uv_timer_t{}),
      started_with_(std::move(config)),
      tls_watch_(loop, tls,
                 {[this] { on_tls_files_changed(); },
                  [this](const admin::CertificateInfo& shown, int days) {
                    on_certificate_expiring(shown, days);
                  }}) {
  desired_.config = started_with_;
  uv_timer_init(loop.uv(), coalesce_);
  coalesce_->data = this;
}

Control::~Control() {
  uv_close(reinterpret_cast<uv_handle_t*>(coalesce_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

Status<Problems> Control::start() {
  memory_.set_limit(desired_.config->limits.memory_max);
  health_.configure();
  Status<Problems> built = commit();
  if (built) serving_ = true;
  return built;
}

void Control::begin_drain() {
  draining_ = true;
  events_.emit("process.draining", {});
}

admin::ProcessInfo Control::process() const {
  const BuildInfo build = build_info();
  admin::ProcessInfo info;
  info.version = build.version;
  info.commit = build.commit;
  info.started_wall_ms = started_wall_ms_;
  info.pid = static_cast<std::uint64_t>(getpid());
  info.draining = draining_;
  info.memory_resident = resident_bytes();
  info.memory_max = desired_.config->limits.memory_max;
  info.access_write_errors = access_ == nullptr ? 0 : access_->write_errors();
  return info;
}

// From Desired to every worker.

Status<Problems> Control::commit() {
  rotation_changed_ = false;
  auto next = routing::build(desired_, snapshot_);
  if (!next) return fail(std::move(next).error());
  const std::shared_ptr<const routing::Snapshot> before = std::move(snapshot_);
  snapshot_ = std::move(*next);
  if (before == nullptr) return segue::Done{};  // the workers start with it
  for (telemetry::Event& event : health_.take_news())
    news_.push_back({snapshot_->generation, std::move(event)});
  announce_pools(*before);
  publish_tls();
  workers_.publish(snapshot_);
  return segue::Done{};
}

void Control::publish_tls() {
  for (const auto& pool : snapshot_->pools) {
    if (pool == nullptr) continue;
    auto tls = tls_.client(pool->name);
    if (pool_tls_.size() <= pool->id.index()) pool_tls_.resize(pool->id.index() + 1);
    if (tls == pool_tls_[pool->id.index()]) continue;
    workers_.set_pool_tls(pool->id, tls);
    pool_tls_[pool->id.index()] = std::move(tls);
  }
}

void Control::on_tls_files_changed() {
  const conf::Config& config = *desired_.config;
  if (Status<Problems> read = tls_.prepare(config); !read) {
    const std::string first = read.error().front().to_string();
    if (first != tls_problem_)
      events_.emit("certificates.refused", {{"first", first}}, telemetry::Event::Level::kError);
    tls_problem_ = first;
    return;  // the files may be half written: they are looked at again
  }
  tls_problem_.clear();
  tls_.apply();
  publish_tls();
  listeners_.apply(config);
  health_.configure();
  events_.emit("certificates.reloaded", {});
}

void Control::on_certificate_expiring(const admin::CertificateInfo& shown, int days) {
  events_.emit(days == 0 ? "certificate.expired" : "certificate.expiring",
               {{"listener", shown.listener},
                {"file", shown.file},
                {"names", shown.names},
                {"within_days", std::to_string(days)}},
               days > 7 ? telemetry::Event::Level::kWarn : telemetry::Event::Level::kError);
}

void Control::announce_pools(const routing::Snapshot& before) {
  for (std::size_t i = 0; i < snapshot_->pools.size(); ++i) {
    const auto& pool = snapshot_->pools[i];
    const bool existed = i < before.pools.size() && before.pools[i] != nullptr;
    if (pool == nullptr || !existed || pool->eligible == before.pools[i]->eligible) continue;
    telemetry::Event event;
    event.name = pool->eligible ? "pool.eligible" : "pool.ineligible";
    event.facts = {{"pool", pool->name},
                   {"in_rotation", std::to_string(pool->in_rotation.size())},
                   {"healthy_min", std::to_string(pool->settings.healthy_min)},
                   {"generation", std::to_string(snapshot_->generation)}};
    event.level = pool->eligible ? telemetry::Event::Level::kInfo : telemetry::Event::Level::kWarn;
    news_.push_back({snapshot_->generation, std::move(event)});
  }
}

void Control::answer_when_settled(Applied applied, Done done) {
  applied.generation = snapshot_->generation;
  if (workers_.settled() >= applied.generation) return done(std::move(applied));
  waiters_.push_back({std::move(applied), std::move(done)});
}

void Control::tell_settled(Generation generation) {
  std::vector<News> due;
  for (News& news : news_)
    if (news.generation <= generation) due.push_back(std::move(news));
  std::erase_if(news_, [&](const News& news) { return news.generation <= generation; });
  for (News& news : due)
    events_.emit(std::move(news.event.name), std::move(news.event.facts), news.event.level);
}

void Control::on_settled(Generation generation) {
  tell_settled(generation);
  std::vector<Waiter> due;
  for (Waiter& waiter : waiters_)
    if (waiter.applied.generation <= generation) due.push_back(std::move(waiter));
  std::erase_if(waiters_,
                [&](const Waiter& waiter) { return waiter.applied.generation <= generation; });
  for (Waiter& waiter : due) waiter.done(std::move(waiter.applied));
}

// Health.

void Control::on_rotation_changed() {
  if (snapshot_ == nullptr) return;  // start() builds the first one
  rotation_changed_ = true;
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(coalesce_)) == 0) commit_rotation();
}

/// The first flip is served at once; those that follow within kCoalesceMs make one snapshot
/// together.
void Control::commit_rotation() {
  if (!rotation_changed_) return;
  rotation_changed_ = false;
  const Status<Problems> built = commit();
  if (!built)
    for (const Problem& problem : built.error())
      events_.emit("snapshot.refused", {{"problem", problem.to_string()}},
                   telemetry::Event::Level::kError);
  uv_timer_start(
      coalesce_, [](uv_timer_t* timer) { static_cast<Control*>(timer->data)->commit_rotation(); },
      kCoalesceMs, 0);
}

Control::Place Control::find(EndpointId endpoint) const {
  for (const auto& pool : snapshot_->pools) {
    if (pool == nullptr) continue;
    for (const routing::Endpoint& candidate : pool->endpoints)
      if (candidate.id == endpoint) return {pool.get(), &candidate};
  }
  return {};
}

bool Control::may_eject(EndpointId endpoint) {
  const Place place = find(endpoint);
  return place.pool != nullptr && place.pool->in_rotation.size() > 1;
}

void Control::renew_probe(EndpointId endpoint) {
  const Place place = find(endpoint);
  if (place.endpoint != nullptr && place.endpoint->probe_taken != nullptr)
    place.endpoint->probe_taken->store(false, std::memory_order_relaxed);
}

// Commands.

std::optional<Refusal> Control::refused(std::optional<Generation> if_match) const {
  if (draining_)
    return Refusal{Refusal::Kind::kUnavailable, "the process is stopping and takes no changes", {}};
  if (if_match && *if_match != snapshot_->generation)
    return Refusal{Refusal::Kind::kPrecondition,
                   "generation is " + std::to_string(snapshot_->generation) + ", not " +
                       std::to_string(*if_match) +
                       ": somebody changed something meanwhile; read again",
                   {}};
  return std::nullopt;
}

void Control::set_weights(std::vector<admin::WeightsChange> changes,
                          std::optional<Generation> if_match, Author author, Done done) {
  if (auto refusal = refused(if_match)) return done(fail(std::move(*refusal)));
  auto weights = desired_.weights;
  std::vector<std::vector<std::pair<std::string, std::string>>> told;
  for (const admin::WeightsChange& change : changes) {
    const conf::Route* route = find_route(*desired_.config, change.route);
    if (route == nullptr) return done(fail(not_found("there is no route '" + change.route + "'")));
    const Weights before = weights_of(desired_, *route);
    Weights after = before;
    for (const auto& [pool, weight] : change.weights) {
      const auto at = after.find(pool);
      if (at == after.end())
        return done(
            fail(invalid("weights." + pool, "pool '" + pool + "' is not in the split of route '" +
                                                route->name + "'")));
      if (weight > routing::kWeightMax)
        return done(fail(invalid("weights." + pool,
                                 "weight " + std::to_string(weight) + ", expected 0…1000000")));
      at->second = weight;
    }
    if (std::all_of(after.begin(), after.end(),
                    [](const auto& entry) { return entry.second == 0; }))
      return done(fail(invalid("weights", "all weights of route '" + route->name +
                                              "' would be 0: nothing could take its requests")));
    if (after == before) continue;
    weights[route->name] = after;
    told.push_back(with_author({{"route", route->name},
                                {"before", weights_text(*route, before)},
                                {"after", weights_text(*route, after)}},
                               author));
  }
  if (told.empty()) return answer_when_settled({.changed = false}, std::move(done));
  weights.swap(desired_.weights);
  if (Status<Problems> built = commit(); !built) {
    weights.swap(desired_.weights);
    return done(
        fail(Refusal{Refusal::Kind::kInvalid, built.error().front().to_string(), built.error()}));
  }
  for (auto& facts : told) {
    facts.emplace_back("generation", std::to_string(snapshot_->generation));
    events_.emit("weights.changed", std::move(facts));
  }
  answer_when_settled({}, std::move(done));
}

void Control::set_endpoint_state(std::string pool_name, std::string address,
                                 routing::EndpointState::Operator state,
                                 std::optional<Generation> if_match, Author author, Done done) {
  if (auto refusal = refused(if_match)) return done(fail(std::move(*refusal)));
  const auto pool = std::find_if(desired_.config->pools.begin(), desired_.config->pools.end(),
                                 [&](const conf::Pool& p) { return p.name == pool_name; });
  if (pool == desired_.config->pools.end())
    return done(fail(not_found("there is no pool '" + pool_name + "'")));
  bool found = false;
  std::vector<std::pair<EndpointId, routing::EndpointState>> before;
  for (const conf::Endpoint& endpoint : pool->endpoints) {
    if (!address.empty() && endpoint.address != address) continue;
    found = true;
    const EndpointId id = desired_.endpoint_id(pool->name, endpoint.address);
    if (desired_.endpoints[id].by_operator == state) continue;
    before.emplace_back(id, desired_.endpoints[id]);
    desired_.endpoints[id].by_operator = state;
  }
  if (!found)
    return done(fail(not_found("pool '" + pool_name + "' has no endpoint '" + address + "'")));
  if (before.empty()) return answer_when_settled({.changed = false}, std::move(done));
  if (Status<Problems> built = commit(); !built) {
    for (auto& [id, was] : before) desired_.endpoints[id] = was;
    return done(
        fail(Refusal{Refusal::Kind::kInvalid, built.error().front().to_string(), built.error()}));
  }
  events_.emit("endpoint.state_set",
               with_author({{"pool", pool_name},
                            {"endpoint", address.empty() ? "all" : address},
                            {"state", word(state)},
                            {"generation", std::to_string(snapshot_->generation)}},
                           author));
  answer_when_settled({}, std::move(done));
}

void Control::reload(bool weights_from_file, Author author, Done done) {
  if (auto refusal = refused(std::nullopt)) return done(fail(std::move(*refusal)));
  const std::string file = desired_.config->file;
  const auto refuse = [&](Problems problems) {
    listeners_.discard();
    events_.emit("config.refused",
                 with_author({{"file", file},
                              {"problems", std::to_string(problems.size())},
                              {"first", problems.front().to_string()}},
                             author),
                 telemetry::Event::Level::kError);
    done(fail(Refusal{Refusal::Kind::kInvalid,
                      file + " was not taken over; what ran before goes on running",
                      std::move(problems)}));
  };
  auto loaded = conf::load(file);
  if (!loaded) return refuse(std::move(loaded).error());
  auto config = std::make_shared<const conf::Config>(std::move(*loaded));
  if (Status<Problems> read = tls_.prepare(*config); !read) return refuse(read.error());
  if (Status<Problems> bound = listeners_.prepare(*config); !bound) return refuse(bound.error());

  tls_.apply();
  const std::shared_ptr<const conf::Config> old_config = desired_.config;
  auto old_weights = desired_.weights;
  desired_.config = config;
  if (weights_from_file) desired_.weights.clear();
  if (Status<Problems> built = commit(); !built) {
    desired_.config = old_config;
    desired_.weights = std::move(old_weights);
    tls_.go_back();
    return refuse(built.error());
  }
  listeners_.apply(*config);
  memory_.set_limit(config->limits.memory_max);
  health_.configure();
  on_rotation_changed();  // what an endpoint was out for may not be looked at any more
  std::vector<std::pair<std::string, std::string>> facts = {
      {"file", file}, {"generation", std::to_string(snapshot_->generation)}};
  Applied applied;
  if (config->workers != started_with_->workers) applied.needs_restart.emplace_back("workers");
  if (!(config->admin == started_with_->admin)) applied.needs_restart.emplace_back("[admin]");
  if (!(config->log == started_with_->log)) applied.needs_restart.emplace_back("[log]");
  if (!same_confinement(config->process, started_with_->process))
    applied.needs_restart.emplace_back("[process]");
  if (!applied.needs_restart.empty())
    facts.emplace_back("needs_restart", joined(applied.needs_restart));
  std::string differing;
  for (const conf::Route& route : config->routes) {
    const Weights weights = weights_of(desired_, route);
    const bool differs =
        std::any_of(route.split.begin(), route.split.end(),
                    [&](const auto& branch) { return weights.at(branch.pool) != branch.weight; });
    if (differs) differing += (differing.empty() ? "" : " ") + route.name;
  }
  if (!differing.empty()) facts.emplace_back("weights_differ_from_file", differing);
  events_.emit("config.reloaded", with_author(std::move(facts), author));
  answer_when_settled(std::move(applied), std::move(done));
}

}  // namespace segue::app

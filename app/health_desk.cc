// Flips into Desired and events.
#include "app/health_desk.h"

#include <random>

namespace segue::app {

using routing::EndpointState;
using telemetry::Event;

namespace {

const char* event_name(EndpointState::Health state) {
  switch (state) {
    case EndpointState::Health::kUnchecked: return "endpoint.unchecked";
    case EndpointState::Health::kChecking: return "endpoint.checking";
    case EndpointState::Health::kUp: return "endpoint.up";
    case EndpointState::Health::kDown: return "endpoint.down";
    case EndpointState::Health::kStarting: return "endpoint.starting";
    case EndpointState::Health::kAskedDrain: return "endpoint.asked_drain";
  }
  return "endpoint.changed";
}

const char* event_name(EndpointState::Outlier state) {
  switch (state) {
    case EndpointState::Outlier::kIn: return "endpoint.returned";
    case EndpointState::Outlier::kEjected: return "endpoint.ejected";
    case EndpointState::Outlier::kHalfOpen: return "endpoint.half_opened";
  }
  return "endpoint.changed";
}

std::uint64_t seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

}  // namespace

HealthDesk::HealthDesk(net::Loop& loop, routing::Desired& desired, const Workers& workers,
                       const TlsDesk& tls, HealthEvents& owner)
    : loop_(loop),
      desired_(desired),
      tls_(tls),
      owner_(owner),
      prober_(
          loop, [this](const health::Flip& flip) { on_flip(flip); }, seed()),
      outliers_(
          workers.counters(),
          [this](const health::Outliers::Change& change) { on_outlier(change); },
          [this](EndpointId endpoint) { return owner_.may_eject(endpoint); }),
      resolver_(loop) {
  loop_.deadlines().arm(every_second_, now() + Seconds(1));
}

void HealthDesk::configure() {
  const auto before = std::exchange(known_, {});
  std::map<EndpointId, Name> names;
  std::vector<health::PassiveTarget> passive;
  for (const conf::Pool& pool : desired_.config->pools) {
    for (const conf::Endpoint& endpoint : pool.endpoints) {
      const EndpointId id = desired_.endpoint_id(pool.name, endpoint.address);
      const auto was = before.find(id);
      const bool failed = was != before.end() && was->second.failed;
      known_[id] = {pool.name, endpoint.address, pool.slow_start, failed};
      passive.push_back({id, pool.passive});
      if (SocketAddress::parse(endpoint.address)) continue;
      // A name: conf has checked that it has the form host:port.
      if (const auto known = names_.find(id); known != names_.end()) {
        names[id] = known->second;
      } else if (const auto parts = split_host_port(endpoint.address)) {
        names[id] = {std::string(parts->host), parts->port, now(), false};
      }
    }
  }
  names_ = std::move(names);
  outliers_.update(passive, now());
  for (const auto& [id, known] : known_) desired_.endpoints[id].outlier = outliers_.state(id);
  check_all();
  remembered_.clear();
  resolve_due();
}

std::vector<health::History> HealthDesk::history() const {
  std::vector<health::History> all;
  for (const auto& [id, known] : known_) {
    const health::Report report = prober_.report(id);
    if (!health::is_verdict(report.state)) continue;
    all.push_back(
        {known.pool, known.address, report.state, report.since_wall_ms, report.transitions});
  }
  return all;
}

/// Hands the prober its targets as they are now, and takes over what it knows of them.
void HealthDesk::check_all() {
  std::vector<health::CheckTarget> targets;
  for (const conf::Pool& pool : desired_.config->pools) {
    for (const conf::Endpoint& endpoint : pool.endpoints) {
      const EndpointId id = desired_.endpoint_id(pool.name, endpoint.address);
      std::optional<SocketAddress> socket = desired_.endpoints[id].socket;
      if (auto parsed = SocketAddress::parse(endpoint.address)) socket = *parsed;
      targets.push_back({id, endpoint.address, socket, pool.health, tls_.client(pool.name)});
      for (const health::History& was : remembered_) {
        if (was.pool != pool.name || was.address != endpoint.address) continue;
        targets.back().known = was.state;
        targets.back().known_since_wall_ms = was.since_ms;
        targets.back().known_transitions = was.transitions;
        known_[id].failed = was.state == EndpointState::Health::kDown;
      }
    }
  }
  prober_.update(std::move(targets));
  for (const auto& [id, known] : known_) desired_.endpoints[id].health = prober_.state(id);
}

health::Report HealthDesk::report(EndpointId endpoint) const {
  health::Report report = prober_.report(endpoint);
  outliers_.describe(endpoint, now(), report);
  return report;
}

std::vector<std::pair<std::string, std::string>> HealthDesk::facts_of(EndpointId endpoint) const {
  const auto known = known_.find(endpoint);
  if (known == known_.end()) return {};
  return {{"pool", known->second.pool}, {"endpoint", known->second.address}};
}

void HealthDesk::tell(const char* name, std::vector<std::pair<std::string, std::string>> facts,
                      Event::Level level) {
  Event event;
  event.name = name;
  event.facts = std::move(facts);
  event.level = level;
  news_.push_back(std::move(event));
}

/// Slow start, where a failure was seen: what is new, or was only taken out, needs none.
void HealthDesk::warm_up(EndpointId endpoint) {
  const auto known = known_.find(endpoint);
  if (known == known_.end() || known->second.slow_start.count() == 0) return;
  EndpointState& state = desired_.endpoints[endpoint];
  // By the operator's word it has had its whole share all along.
  if (state.by_operator == routing::Word::kReady || state.by_operator == routing::Word::kUp) return;
  state.warm_from = now();
}

void HealthDesk::end_warming() {
  bool ended = false;
  for (const auto& [id, known] : known_) {
    Instant& from = desired_.endpoints[id].warm_from;
    if (!from || now() - from < known.slow_start) continue;
    from = {};
    ended = true;
  }
  if (ended) owner_.on_rotation_changed();
}

void HealthDesk::on_flip(const health::Flip& flip) {
  desired_.endpoints[flip.endpoint].health = flip.to;
  auto facts = facts_of(flip.endpoint);
  facts.insert(
      facts.end(),
      {{"cause", flip.cause}, {"count", std::to_string(flip.count)}, {"evidence", flip.evidence}});
  const bool up = flip.to == EndpointState::Health::kUp;
  if (const auto known = known_.find(flip.endpoint); known != known_.end()) {
    bool& failed = known->second.failed;
    if (up && failed) warm_up(flip.endpoint);
    // A server that says from the first check on that it is starting has not failed.
    failed = flip.to == EndpointState::Health::kDown ||
             (flip.to == EndpointState::Health::kStarting &&
              (failed || flip.from == EndpointState::Health::kUp));
  }
  if (up) outliers_.recovered(flip.endpoint, now());
  tell(event_name(flip.to), std::move(facts), up ? Event::Level::kInfo : Event::Level::kWarn);
  owner_.on_rotation_changed();
  owner_.on_history_changed();
}

void HealthDesk::on_outlier(const health::Outliers::Change& change) {
  if (change.from == change.to) return owner_.renew_probe(change.endpoint);
  desired_.endpoints[change.endpoint].outlier = change.to;
  if (change.to == EndpointState::Outlier::kIn) warm_up(change.endpoint);
  auto facts = facts_of(change.endpoint);
  facts.insert(facts.end(), {{"cause", change.cause},
                             {"evidence", change.evidence},
                             {"ejections", std::to_string(change.ejections)}});
  if (change.lasts.count() > 0)
    facts.emplace_back("for", std::to_string(change.lasts.count() / 1000) + "s");
  const bool ejected = change.to == EndpointState::Outlier::kEjected;
  tell(event_name(change.to), std::move(facts),
       ejected ? Event::Level::kWarn : Event::Level::kInfo);
  owner_.on_rotation_changed();
}

void HealthDesk::on_probe(EndpointId endpoint, std::optional<bool> ok) {
  if (ok) {
    outliers_.probe_result(endpoint, *ok, now());
  } else {
    outliers_.probe_released(endpoint, now());
  }
}

void HealthDesk::on_deadline(Deadline&) {
  outliers_.tick(now());
  end_warming();
  resolve_due();
  loop_.deadlines().arm(every_second_, now() + Seconds(1));
}

void HealthDesk::resolve_due() {
  for (auto& [id, name] : names_) {
    if (name.asked || now() < name.due) continue;
    const EndpointId endpoint = id;
    const auto asked =
        resolver_.resolve(name.host, name.port,
                          [this, endpoint](Result<std::vector<SocketAddress>, std::string> found) {
                            on_resolved(endpoint, found);
                          });
    // Too many at once: the next second is soon enough.
    name.asked = asked.ok();
  }
}

void HealthDesk::on_resolved(EndpointId endpoint,
                             const Result<std::vector<SocketAddress>, std::string>& found) {
  const auto name = names_.find(endpoint);
  if (name == names_.end()) return;
  name->second.asked = false;
  name->second.due = now() + (found ? kResolveEvery : kResolveRetry);
  std::optional<SocketAddress>& socket = desired_.endpoints[endpoint].socket;
  auto facts = facts_of(endpoint);
  if (!found) {
    // An address that worked is better than none; only a name that never resolved is news each
    // time.
    if (socket) return;
    facts.emplace_back("cause", found.error());
    tell("endpoint.unresolved", std::move(facts), Event::Level::kWarn);
    return owner_.on_rotation_changed();
  }
  for (const SocketAddress& address : *found)
    if (socket == address) return;  // still one of its addresses
  socket = found->front();
  facts.emplace_back("address", socket->to_string());
  tell("endpoint.resolved", std::move(facts), Event::Level::kInfo);
  check_all();
  owner_.on_rotation_changed();
}

}  // namespace segue::app

// From endpoints to one word per pool, and from the machine's numbers to Desired.
#include "app/failback_desk.h"

#include <algorithm>

namespace segue::app {

using health::Failback;
using routing::Cause;
using routing::Rotation;
using telemetry::Event;

namespace {

bool is_in(const routing::Endpoint& endpoint) {
  return endpoint.rotation == Rotation::kIn || endpoint.rotation == Rotation::kHalfOpen;
}

/// Out of rotation by nobody's decision.
bool has_failed(const routing::Endpoint& endpoint) {
  switch (endpoint.cause) {
    case Cause::kUnhealthy:
    case Cause::kStarting:
    case Cause::kEjected:
    case Cause::kUnresolved: return true;
    case Cause::kNone:
    case Cause::kChecking:
    case Cause::kAskedDrain:
    case Cause::kOperator: break;
  }
  return false;
}

bool is_forced(const routing::Desired& desired, const routing::Endpoint& endpoint) {
  const auto state = desired.endpoints.find(endpoint.id);
  return state != desired.endpoints.end() && (state->second.by_operator == routing::Word::kReady ||
                                              state->second.by_operator == routing::Word::kUp);
}

}  // namespace

Failback::Sight sight_of(const routing::Desired& desired, const routing::Pool& pool) {
  std::uint32_t forced = 0, but_for_failures = 0;
  for (const routing::Endpoint& endpoint : pool.endpoints) {
    if (endpoint.weight == 0) continue;
    forced += is_in(endpoint) && is_forced(desired, endpoint);
    but_for_failures += is_in(endpoint) || has_failed(endpoint);
  }
  const std::uint32_t needed = std::max(pool.settings.healthy_min, 1u);
  if (pool.eligible)
    return forced >= needed ? Failback::Sight::kForced : Failback::Sight::kEligible;
  return but_for_failures >= needed ? Failback::Sight::kFailed : Failback::Sight::kAway;
}

FailbackDesk::FailbackDesk(net::Loop& loop, routing::Desired& desired, LastResult last_result,
                           std::function<void()> on_change)
    : loop_(loop),
      desired_(desired),
      last_result_(std::move(last_result)),
      on_change_(std::move(on_change)) {
  loop_.deadlines().arm(every_second_, now() + Seconds(1));
}

bool FailbackDesk::observe(const routing::Snapshot& built, Instant now) {
  bool again = false;
  std::map<std::string, Failback> machines;
  for (const auto& pool : built.pools) {
    if (pool == nullptr) continue;
    Failback& machine = machines[pool->name];
    if (const auto known = machines_.find(pool->name); known != machines_.end())
      machine = std::move(known->second);
    const Failback::Sight sight = sight_of(desired_, *pool);
    const bool failed = sight == Failback::Sight::kFailed;
    tell(pool->name,
         machine.observe(pool->settings.failback, sight, failed ? evidence(*pool) : "", now), {});
    settle(pool->name, machine);
    again = again || machine.admitted() != pool->admitted;
  }
  machines_ = std::move(machines);
  std::erase_if(desired_.pool_states,
                [&](const auto& entry) { return !machines_.contains(entry.first); });
  return again;
}

void FailbackDesk::on_deadline(Deadline&) {
  bool changed = false;
  for (const conf::Pool& pool : desired_.config->pools) {
    const auto machine = machines_.find(pool.name);
    if (machine == machines_.end()) continue;
    tell(pool.name, machine->second.tick(pool.failback, now()), {});
    changed = settle(pool.name, machine->second) || changed;
  }
  loop_.deadlines().arm(every_second_, now() + Seconds(1));
  if (changed || !news_.empty()) on_change_();
}

bool FailbackDesk::release(const std::string& pool, Failback::Ramp ramp, const Facts& by,
                           Instant now) {
  const auto machine = machines_.find(pool);
  const auto settings = std::ranges::find(desired_.config->pools, pool, &conf::Pool::name);
  if (machine == machines_.end() || settings == desired_.config->pools.end()) return false;
  auto news = machine->second.release(settings->failback, ramp, now);
  if (news.empty()) return false;
  tell(pool, std::move(news), by);
  settle(pool, machine->second);
  return true;
}

Failback::State FailbackDesk::state(const conf::Pool& pool, Instant now) const {
  const auto machine = machines_.find(pool.name);
  return machine == machines_.end() ? Failback::State() : machine->second.state(pool.failback, now);
}

bool FailbackDesk::settle(const std::string& pool, const Failback& machine) {
  const auto admitted = static_cast<std::uint16_t>(machine.admitted());
  return std::exchange(desired_.pool_states[pool].admitted, admitted) != admitted;
}

std::string FailbackDesk::evidence(const routing::Pool& pool) const {
  constexpr std::size_t kNamed = 3;  // endpoints
  std::string text = std::to_string(pool.in_rotation.size()) + " of " +
                     std::to_string(pool.endpoints.size()) + " endpoints in rotation, " +
                     std::to_string(std::max(pool.settings.healthy_min, 1u)) + " needed";
  std::size_t named = 0;
  for (const routing::Endpoint& endpoint : pool.endpoints) {
    if (is_in(endpoint) || named == kNamed) continue;
    text += (named++ == 0 ? "; " : ", ") + endpoint.address + " " + to_string(endpoint.cause);
    const std::string result = last_result_(endpoint.id);
    if (!result.empty() && has_failed(endpoint)) text += " (" + result + ")";
  }
  return text;
}

void FailbackDesk::tell(const std::string& pool, std::vector<Failback::News> news,
                        const Facts& more) {
  for (Failback::News& one : news) {
    Event event;
    event.name = one.name;
    event.facts = {{"pool", pool}};
    event.facts.insert(event.facts.end(), one.facts.begin(), one.facts.end());
    event.facts.insert(event.facts.end(), more.begin(), more.end());
    event.level = one.warning ? Event::Level::kWarn : Event::Level::kInfo;
    news_.push_back(std::move(event));
  }
}

}  // namespace segue::app

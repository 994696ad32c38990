// Letting go of a pool and taking it back: is it drained, close its tunnels, failback.
#include <algorithm>
#include <map>
#include <utility>

#include "admin/change.h"
#include "admin/problem_json.h"
#include "admin/readings.h"
#include "admin/resources.h"
#include "conf/units.h"

namespace segue::admin {
namespace {

constexpr Millis kSessionsSeen{30 * 60 * 1000};
constexpr Millis kOverDefault{10'000}, kOverMax{3'600'000};

/// Why new requests still come to the pool, a sentence each; none when it takes nothing new.
Json still_taking(const routing::Snapshot& snapshot, const routing::Pool& pool) {
  Json why = Json::array();
  if (!pool.eligible) return why;
  for (const auto& route : snapshot.routes) {
    if (route == nullptr) continue;
    const std::string name = "route " + route->settings.name;
    for (std::size_t i = 0; i < route->destinations.size(); ++i) {
      if (route->destinations[i].pool != pool.id) continue;
      const auto branches = route->split.branches();
      if (i < branches.size() && branches[i].weight > 0)
        why.push_back(name + " gives it weight " + std::to_string(branches[i].weight));
      else if (i == route->unknown)
        why.push_back(name + " sends it what has no cohort key");
    }
  }
  return why;
}

/// Sessions whose last request went to the pool, not too long ago; routes of one group share them.
std::size_t sessions_at(PoolId pool, const telemetry::RecentTraffic& traffic) {
  const std::uint64_t from = wall_clock_ms() - static_cast<std::uint64_t>(kSessionsSeen.count());
  std::map<std::uint64_t, const telemetry::RecentCohort*> last;  // by hash
  for (const telemetry::RecentCohort& cohort : traffic.cohorts) {
    if (!cohort.session || cohort.last_ms < from) continue;
    const telemetry::RecentCohort*& seen = last[cohort.hash];
    if (seen == nullptr || seen->last_ms < cohort.last_ms) seen = &cohort;
  }
  return static_cast<std::size_t>(
      std::ranges::count_if(last, [&](const auto& entry) { return entry.second->pool == pool; }));
}

/// A duration like "10s"; none with a problem.
std::optional<Millis> over_of(const Json& body, Problems& problems) {
  const Json value = body.value("over", Json());
  if (value.is_null()) return kOverDefault;
  if (value.is_string())
    if (const auto over = conf::parse_duration(value.get_ref<const std::string&>());
        over && *over <= kOverMax)
      return *over;
  problems.push_back({"", 0, 0, "over",
                      std::string("is ") + (value.is_string() ? value.dump() : kind_of(value)) +
                          R"(, expected a duration up to an hour like "10s")"});
  return std::nullopt;
}

}  // namespace

void get_drained(Call& call) {
  const routing::Pool* pool = require_pool(call, call.argument(0));
  if (pool == nullptr) return;
  Json why = still_taking(*call.snapshot, *pool);
  Json body = {{"generation", call.snapshot->generation},
               {"pool", pool->name},
               {"drained", why.empty() && lasting(call.control(), *pool).in_flight == 0}};
  body.update(lasting_json(call.control(), *pool));
  body["still_taking"] = std::move(why);
  call.control().recent([reply = call.reply, snapshot = call.snapshot, id = pool->id,
                         body = std::move(body)](const telemetry::RecentTraffic& traffic) mutable {
    body["sessions"] = sessions_at(id, traffic);
    reply.send(json_response(*snapshot, body));
  });
}

void post_failback(Call& call) {
  const routing::Pool* pool = require_pool(call, call.argument(0));
  if (pool == nullptr) return;
  const std::optional<Json> body = body_object(call, {"at_once", "reason"});
  if (!body) return;
  Problems problems;
  const Json at_once = body->value("at_once", Json(false));
  if (!at_once.is_boolean())
    problems.push_back(
        {"", 0, 0, "at_once", std::string("is ") + kind_of(at_once) + ", expected true or false"});
  Author author = author_of(call, *body, problems);
  if (!problems.empty())
    return call.refuse(422, problems.front().path + " " + problems.front().text, problems);
  const auto describe = [&control = call.control(), id = pool->id](
                            const routing::Snapshot& snapshot, const Applied&) {
    Json json = {{"pool", snapshot.pool(id).name}};
    json["failback"] = failback_json(control, snapshot.pool(id));
    return json;
  };
  Control::Done done = answer_when_settled(call, describe);
  call.control().release(
      pool->name, at_once == true ? health::Failback::Ramp::kSkip : health::Failback::Ramp::kKeep,
      std::move(author), std::move(done));
}

void post_close_tunnels(Call& call) {
  const routing::Pool* pool = require_pool(call, call.argument(0));
  if (pool == nullptr) return;
  const std::optional<Json> body = body_object(call, {"over", "reason"});
  if (!body) return;
  Problems problems;
  const std::optional<Millis> over = over_of(*body, problems);
  Author author = author_of(call, *body, problems);
  if (!problems.empty())
    return call.refuse(422, problems.front().path + " " + problems.front().text, problems);
  const std::uint64_t tunnels = lasting(call.control(), *pool).tunnels;
  call.control().close_tunnels(*pool, *over, std::move(author));
  call.send({{"generation", call.snapshot->generation},
             {"pool", pool->name},
             {"tunnels", tunnels},
             {"over", conf::print_duration(*over)}});
}

}  // namespace segue::admin

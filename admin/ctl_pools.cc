// Pools, endpoints and their health as tables.
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/router.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

Tone tone_of(std::string_view rotation) {
  if (rotation == "in") return Tone::kGood;
  return rotation == "out" ? Tone::kBad : Tone::kWarn;
}

Tone tone_of_health(std::string_view state) {
  if (state == "up" || state == "unchecked") return Tone::kGood;
  return state == "down" ? Tone::kBad : Tone::kWarn;
}

/// Whether the pool takes traffic, and how much of it while it comes back.
Cell traffic_of(const Json& pool) {
  if (member(pool, "eligible") != true) return {"no", Tone::kBad};
  const Json& failback = member(pool, "failback");
  const std::string state = string_of(failback, "state"), hold = string_of(failback, "hold");
  if (state.empty() || state == "taking") return {"yes", Tone::kGood};
  if (!hold.empty()) return {"held: " + hold, Tone::kWarn};
  if (state != "returning") return {state, Tone::kWarn};
  const Json& admitted = member(failback, "admitted");
  return {"returning " + human_percent(admitted.is_number() ? admitted.get<double>() : 0),
          Tone::kWarn};
}

std::string endpoints_target(const std::string& pool) {
  return "/v1/pools/" + percent_encode(pool) + "/endpoints";
}

void add_endpoint(Table& table, const Json& endpoint) {
  const std::string cause = string_of(endpoint, "cause");
  const std::uint64_t failures = number_of(endpoint, "failures");
  table.row({{string_of(endpoint, "pool"), Tone::kBold},
             {string_of(endpoint, "address")},
             {string_of(endpoint, "rotation"), tone_of(string_of(endpoint, "rotation"))},
             {cause == "none" ? "" : cause},
             {string_of(endpoint, "state")},
             {exact_of(member(endpoint, "weight"))},
             {human_count(number_of(endpoint, "in_flight"))},
             {human_count(number_of(endpoint, "connections")) + " (" +
              human_count(number_of(endpoint, "idle")) + " idle)"},
             {human_count(number_of(endpoint, "requests"))},
             {human_count(failures), failures > 0 ? Tone::kWarn : Tone::kPlain}});
}

}  // namespace

int ctl_pools(CtlSession& session) {
  const auto answer = session.ask("GET", "/v1/pools");
  if (!answer) return session.code;
  Table table({{"POOL"},
               {"TRAFFIC"},
               {"IN ROTATION", Align::kRight},
               {"NEEDED", Align::kRight},
               {"IN FLIGHT", Align::kRight},
               {"STREAMS", Align::kRight},
               {"TUNNELS", Align::kRight},
               {"BALANCE"},
               {"ENDPOINTS"}});
  for (const Json& pool : member(*answer, "pools")) {
    const Json& endpoints = member(pool, "endpoints");
    std::uint64_t in_flight = 0;
    std::string addresses;
    for (const Json& endpoint : endpoints) {
      in_flight += number_of(endpoint, "in_flight");
      addresses += (addresses.empty() ? "" : " ") + string_of(endpoint, "address");
    }
    const Json& lasting = member(pool, "lasting");
    table.row({{string_of(pool, "pool"), Tone::kBold},
               traffic_of(pool),
               {text_of(member(pool, "in_rotation")) + " of " + std::to_string(endpoints.size())},
               {text_of(member(pool, "healthy_min"))},
               {human_count(in_flight)},
               {human_count(number_of(lasting, "streams"))},
               {human_count(number_of(lasting, "tunnels"))},
               {string_of(pool, "balance")},
               {addresses}});
  }
  session.out << table.render(session.paint);
  return session.code;
}

int ctl_endpoints(CtlSession& session, const std::string& pool) {
  const auto answer = session.ask("GET", pool.empty() ? "/v1/pools" : endpoints_target(pool));
  if (!answer) return session.code;
  Table table({{"POOL"},
               {"ADDRESS"},
               {"ROTATION"},
               {"BECAUSE"},
               {"OPERATOR"},
               {"WEIGHT", Align::kRight},
               {"IN FLIGHT", Align::kRight},
               {"CONNECTIONS", Align::kRight},
               {"REQUESTS", Align::kRight},
               {"FAILED", Align::kRight}});
  for (const Json& endpoint : member(*answer, "endpoints")) add_endpoint(table, endpoint);
  for (const Json& one : member(*answer, "pools"))
    for (const Json& endpoint : member(one, "endpoints")) add_endpoint(table, endpoint);
  session.out << table.render(session.paint);
  return session.code;
}

int ctl_health(CtlSession& session, const std::string& pool) {
  const std::string only = pool.empty() ? "" : "?pool=" + percent_encode(pool);
  const auto answer = session.ask("GET", "/v1/health" + only);
  if (!answer) return session.code;
  Table table({{"POOL"},
               {"ADDRESS"},
               {"HEALTH"},
               {"SINCE"},
               {"LAST CHECK"},
               {"CHECKS", Align::kRight},
               {"FAILED", Align::kRight},
               {"FLIPS", Align::kRight},
               {"PASSIVE"}});
  for (const Json& endpoint : member(*answer, "endpoints")) {
    const std::string state = string_of(endpoint, "state");
    const std::string outlier = string_of(endpoint, "outlier");
    const std::uint64_t failed = number_of(endpoint, "checks_failed");
    table.row({{string_of(endpoint, "pool"), Tone::kBold},
               {string_of(endpoint, "address")},
               {state, tone_of_health(state)},
               {text_of(member(endpoint, "since"))},
               {string_of(endpoint, "last_result")},
               {human_count(number_of(endpoint, "checks"))},
               {human_count(failed), failed > 0 ? Tone::kWarn : Tone::kPlain},
               {human_count(number_of(endpoint, "transitions"))},
               {outlier == "in" ? "" : outlier, Tone::kWarn}});
  }
  session.out << table.render(session.paint);
  return session.code;
}

}  // namespace segue::admin

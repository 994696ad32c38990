// Splits as a table: what was set, what is possible, what happens.
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/router.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

std::string millis_or_dash(const Json& time) {
  return time.is_number() ? human_millis(time.get<double>()) : "–";
}

void add_split(Table& table, const Json& split) {
  bool first = true;
  for (const Json& pool : member(split, "pools")) {
    const bool eligible = member(pool, "eligible") == true;
    const Json& change = member(member(pool, "observed"), "since_change");
    const Json& minute = member(member(pool, "observed"), "last_minute");
    const std::uint64_t failures = number_of(change, "failures");
    std::string weight = exact_of(member(pool, "weight"));
    if (member(pool, "weight") != member(pool, "file_weight"))
      weight += " (file " + exact_of(member(pool, "file_weight")) + ")";
    table.row({{first ? string_of(split, "route") : "", Tone::kBold},
               {string_of(pool, "pool") + (member(pool, "fallback") == true ? " (fallback)" : "")},
               {weight},
               {percent_of(member(pool, "share"))},
               {percent_of(member(pool, "effective_share")), eligible ? Tone::kPlain : Tone::kBad},
               {percent_of(member(change, "share"))},
               {percent_of(member(minute, "share"))},
               {human_count(number_of(change, "requests"))},
               {human_count(failures), failures > 0 ? Tone::kWarn : Tone::kPlain},
               {millis_or_dash(member(change, "p50_ms"))},
               {millis_or_dash(member(change, "p99_ms"))},
               {eligible ? "" : "cannot take traffic", Tone::kBad}});
    first = false;
  }
}

}  // namespace

int ctl_splits(CtlSession& session, const std::string& route) {
  const std::string target = route.empty() ? "/v1/splits" : "/v1/splits/" + percent_encode(route);
  const auto answer = session.ask("GET", target);
  if (!answer) return session.code;
  // SET, POSSIBLE: shares of the weights, and of those that can take traffic. SEEN: since the
  // weights changed.
  Table table({{"ROUTE"},
               {"POOL"},
               {"WEIGHT", Align::kRight},
               {"SET", Align::kRight},
               {"POSSIBLE", Align::kRight},
               {"SEEN", Align::kRight},
               {"LAST MIN", Align::kRight},
               {"REQUESTS", Align::kRight},
               {"FAILED", Align::kRight},
               {"P50", Align::kRight},
               {"P99", Align::kRight},
               {""}});
  if (!route.empty()) add_split(table, *answer);
  for (const Json& split : member(*answer, "splits")) add_split(table, split);
  session.out << table.render(session.paint);
  return session.code;
}

}  // namespace segue::admin

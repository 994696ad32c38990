// Where a cohort goes, where a delivery went, and who was seen lately.
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/router.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

void tell_seen(CtlSession& session, const Json& seen) {
  if (seen.is_null()) return;
  std::string text = printable(string_of(seen, "pool")) + ", " +
                     human_count(number_of(seen, "requests")) + " requests, last " +
                     text_of(member(seen, "last_seen"));
  if (member(seen, "moved").is_string())
    text += ", came from " + string_of(seen, "moved_from") + " at " + string_of(seen, "moved");
  session.out << label(session.paint, "seen") << printable(text) << "\n";
}

}  // namespace

int ctl_where(CtlSession& session, const std::string& key) {
  const auto answer = session.ask("GET", "/v1/where?key=" + percent_encode(key));
  if (!answer) return session.code;
  for (const Json& route : member(*answer, "routes")) {
    session.out << session.paint(Tone::kBold, printable(string_of(route, "route"))) << "  "
                << session.paint(Tone::kDim, "group " + printable(string_of(route, "group")))
                << "\n";
    tell_place(session, route);
    tell_seen(session, member(route, "seen"));
  }
  if (member(*answer, "routes").empty())
    session.out << "no route has cohorts that are keys; `segue ctl routes` shows their cohorts\n";
  return session.code;
}

int ctl_delivery(CtlSession& session, const std::string& id) {
  const auto answer = session.ask("GET", "/v1/deliveries/" + percent_encode(id));
  if (!answer) return session.code;
  for (const Json& delivery : member(*answer, "deliveries")) {
    const std::string pool = string_of(delivery, "pool");
    session.out << session.paint(Tone::kBold, printable(string_of(delivery, "delivery"))) << "  "
                << printable(string_of(delivery, "event")) << "  "
                << session.paint(Tone::kDim, printable(text_of(member(delivery, "ended")))) << "\n";
    session.out << label(session.paint, "went to")
                << (pool.empty() ? session.paint(Tone::kBad, "no pool")
                                 : session.paint(Tone::kGood, printable(pool)))
                << " " << printable(string_of(delivery, "endpoint")) << ", answered "
                << text_of(member(delivery, "status")) << " after "
                << counted(number_of(delivery, "attempts"), "attempt") << "\n";
    session.out << label(session.paint, "because") << printable(string_of(delivery, "why"))
                << session.paint(Tone::kDim,
                                 "  in generation " + text_of(member(delivery, "by_generation")))
                << "\n";
    const std::string name = string_of(delivery, "name");
    session.out << label(session.paint, "cohort") << printable(string_of(delivery, "key"))
                << (name.empty() ? "" : " (" + printable(name) + ")") << "\n";
    const Json& now = member(delivery, "now");
    if (!now.is_object()) continue;
    session.out << session.paint(Tone::kDim, "now it would go:") << "\n";
    tell_place(session, now);
  }
  return session.code;
}

int ctl_cohorts(CtlSession& session, const std::string& route) {
  const auto answer = session.ask(
      "GET", route.empty() ? "/v1/cohorts" : "/v1/cohorts?route=" + percent_encode(route));
  if (!answer) return session.code;
  Table table({{"ROUTE"},
               {"COHORT"},
               {"NAME"},
               {"POOL"},
               {"NEXT"},
               {"REQUESTS", Align::kRight},
               {"LAST SEEN"},
               {"MOVED"}});
  for (const Json& cohort : member(*answer, "cohorts")) {
    const bool moves = string_of(cohort, "pool") != string_of(cohort, "next_pool");
    table.row({{string_of(cohort, "route")},
               {string_of(cohort, "key"), Tone::kBold},
               {string_of(cohort, "name")},
               {string_of(cohort, "pool")},
               {string_of(cohort, "next_pool"), moves ? Tone::kAccent : Tone::kPlain},
               {human_count(number_of(cohort, "requests"))},
               {text_of(member(cohort, "last_seen")), Tone::kDim},
               {text_of(member(cohort, "moved")), Tone::kDim}});
  }
  session.out << table.render(session.paint);
  return session.code;
}

}  // namespace segue::admin

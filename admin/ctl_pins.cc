// Pins, sessions drawn anew, and the kill switch.
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/router.h"

namespace segue::admin {
namespace {

Json body_of(const CtlChange& change) {
  Json body = Json::object();
  add_options(body, change);
  return body;
}

std::string pin_target(const std::string& group, const std::string& key) {
  return "/v1/pins/" + percent_encode(group) + "/" + percent_encode(key);
}

}  // namespace

int ctl_pins(CtlSession& session, const std::string& group) {
  const std::string target = group.empty() ? "/v1/pins" : "/v1/pins?group=" + percent_encode(group);
  const auto answer = session.ask("GET", target);
  if (!answer) return session.code;
  Table table({{"GROUP"}, {"COHORT"}, {"POOL"}, {""}, {"UNTIL"}, {"BY"}, {"REASON"}});
  for (const Json& pin : member(*answer, "pins"))
    table.row({{string_of(pin, "group")},
               {string_of(pin, "key"), Tone::kBold},
               {string_of(pin, "pool"), Tone::kAccent},
               {member(pin, "hard") == true ? "hard" : ""},
               {text_of(member(pin, "until"))},
               {string_of(pin, "by")},
               {string_of(pin, "reason"), Tone::kDim}});
  if (table.empty())
    session.out << "no pins; `segue ctl pin GROUP org/app POOL` makes one\n";
  else
    session.out << table.render(session.paint);
  return session.code;
}

int ctl_pin(CtlSession& session, const CtlPin& pin, const CtlChange& change) {
  Json body = body_of(change);
  body["pool"] = pin.pool;
  if (pin.hard) body["hard"] = true;
  return tell_outcome(session,
                      session.ask("PUT", pin_target(pin.group, pin.key), body, condition(change)));
}

int ctl_unpin(CtlSession& session, const CtlPin& pin, const CtlChange& change) {
  return tell_outcome(session, session.ask("DELETE", pin_target(pin.group, pin.key),
                                           body_of(change), condition(change)));
}

int ctl_rebalance(CtlSession& session, const std::string& group, const CtlChange& change) {
  return tell_outcome(session,
                      session.ask("POST", "/v1/groups/" + percent_encode(group) + "/rebalance",
                                  body_of(change), condition(change)));
}

int ctl_abort(CtlSession& session, const std::string& route, const std::string& to,
              const CtlChange& change) {
  Json body = body_of(change);
  body["to"] = to;
  return tell_outcome(session, session.ask("POST", "/v1/splits/" + percent_encode(route) + "/abort",
                                           body, condition(change)));
}

}  // namespace segue::admin

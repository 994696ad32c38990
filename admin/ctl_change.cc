// Changes: weights, rotation, reload; shown as before → after.
#include <charconv>
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/router.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

double share_of(const Json& weights, const std::string& pool) {
  double sum = 0;
  for (const auto& [name, weight] : weights.items())
    sum += weight.is_number() ? weight.get<double>() : 0;
  const Json& own = member(weights, pool);
  return sum > 0 && own.is_number() ? own.get<double>() / sum : 0;
}

void tell_weights(CtlSession& session, const Json& changes) {
  Table table({{"ROUTE"},
               {"POOL"},
               {"BEFORE", Align::kRight},
               {"", Align::kRight},
               {""},
               {"AFTER", Align::kRight},
               {"", Align::kRight}});
  for (const Json& change : changes) {
    bool first = true;
    const Json &before = member(change, "before"), &after = member(change, "after");
    for (const auto& [pool, weight] : after.items()) {
      const bool same = member(before, pool) == weight;
      table.row({{first ? string_of(change, "route") : "", Tone::kBold},
                 {pool},
                 {exact_of(member(before, pool))},
                 {human_percent(share_of(before, pool)), Tone::kDim},
                 {"→", Tone::kDim},
                 {exact_of(weight), same ? Tone::kPlain : Tone::kAccent},
                 {human_percent(share_of(after, pool)), Tone::kDim}});
      first = false;
    }
  }
  session.out << table.render(session.paint, "  ");
}

void tell_states(CtlSession& session, const Json& changes) {
  Table table({{"POOL"}, {"ADDRESS"}, {"BEFORE"}, {""}, {"AFTER"}});
  for (const Json& change : changes)
    table.row({{string_of(change, "pool"), Tone::kBold},
               {string_of(change, "address")},
               {string_of(change, "before")},
               {"→", Tone::kDim},
               {string_of(change, "after"),
                change["before"] == change["after"] ? Tone::kPlain : Tone::kAccent}});
  session.out << table.render(session.paint, "  ");
}

// {"webhooks": {"old": 70, "new": 30}} from ROUTE POOL=WEIGHT… ROUTE …; a sentence in `wrong`
// otherwise.
Json splits_of(const std::vector<std::string>& words, std::string& wrong) {
  Json splits = Json::object();
  std::string route;
  for (const std::string& word : words) {
    const std::size_t equals = word.rfind('=');
    if (equals == std::string::npos) {
      if (!route.empty() && splits[route].empty())
        wrong = "route " + route + " has no weights, expected some like old=70 new=30";
      route = word;
      if (splits.contains(route)) wrong = "route " + route + " is named twice";
      splits[route] = Json::object();
      continue;
    }
    const std::string pool = word.substr(0, equals), text = word.substr(equals + 1);
    std::uint64_t weight = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
    if (route.empty())
      wrong = "\"" + word + "\" comes before any route, expected ROUTE POOL=WEIGHT…";
    else if (pool.empty() || error != std::errc{} || end != text.data() + text.size())
      wrong = "\"" + word +
              "\" is no weight, expected POOL=WEIGHT like old=70 (a whole number 0…1000000)";
    else if (splits[route].contains(pool))
      wrong = "pool " + pool + " of route " + route + " is named twice";
    else
      splits[route][pool] = weight;
    if (!wrong.empty()) return splits;
  }
  if (wrong.empty() && splits[route].empty())
    wrong = "route " + route + " has no weights, expected some like old=70 new=30";
  return splits;
}

}  // namespace

Json change_body(const CtlChange& change) {
  Json body = Json::object();
  if (!change.reason.empty()) body["reason"] = change.reason;
  return body;
}

Fields condition(const CtlChange& change) {
  if (!change.if_match) return {};
  return {{"If-Match", "\"" + std::to_string(*change.if_match) + "\""}};
}

void tell_generation(CtlSession& session, const Json& answer) {
  const std::string generation = text_of(member(answer, "generation"));
  if (member(answer, "changed") == false)
    session.out << session.paint(Tone::kGood, "nothing to change") << ": generation " << generation
                << " has it so already\n";
  else if (member(answer, "settled") == true)
    session.out << session.paint(Tone::kGood, "done") << ": generation " << generation
                << ", served by every worker\n";
  else
    session.out << session.paint(Tone::kWarn, "still waiting")
                << ": changed, but not every worker serves generation " << generation
                << " yet; `segue ctl status` shows when\n";
}

int ctl_weights(CtlSession& session, const std::vector<std::string>& words,
                const CtlChange& change) {
  if (words.size() == 1 && words[0].find('=') == std::string::npos)
    return ctl_splits(session, words[0]);
  std::string wrong;
  const Json splits = splits_of(words, wrong);
  if (!wrong.empty()) {
    session.complain(wrong);
    return kExitRefused;
  }
  Json body = Json::object();
  if (!change.reason.empty()) body["reason"] = change.reason;
  std::optional<Json> answer;
  if (splits.size() ==
      1) {  // one route is asked for by name, so that a misspelt one is "not found"
    body["weights"] = splits.begin().value();
    answer = session.ask("PUT", "/v1/splits/" + percent_encode(splits.begin().key()), body,
                         condition(change));
  } else {
    body["splits"] = splits;
    answer = session.ask("PATCH", "/v1/splits", body, condition(change));
  }
  if (!answer) return session.code;
  tell_generation(session, *answer);
  tell_weights(session, member(*answer, "changes"));
  session.warn(member(*answer, "warnings"));
  return session.code;
}

int ctl_rotation(CtlSession& session, const std::vector<std::string>& places,
                 const std::string& state, const CtlChange& change) {
  const std::string place = places.size() == 1 ? places[0] : places[0] + "/" + places[1];
  const std::size_t slash = place.find('/');
  std::string target = "/v1/pools/" + percent_encode(place.substr(0, slash));
  if (slash != std::string::npos) target += "/endpoints/" + percent_encode(place.substr(slash + 1));
  if (slash == 0 || place.empty() || slash + 1 == place.size()) {
    session.complain("\"" + place + "\" names no pool or endpoint, expected POOL or POOL/ADDRESS");
    return kExitRefused;
  }
  Json body = {{"state", state}};
  if (!change.reason.empty()) body["reason"] = change.reason;
  const auto answer = session.ask("PUT", target, body, condition(change));
  if (!answer) return session.code;
  tell_generation(session, *answer);
  tell_states(session, member(*answer, "changes"));
  session.warn(member(*answer, "warnings"));
  return session.code;
}

int ctl_reload(CtlSession& session, bool weights_from_file, const CtlChange& change) {
  Json body = {{"weights_from_file", weights_from_file}};
  if (!change.reason.empty()) body["reason"] = change.reason;
  const auto answer = session.ask("POST", "/v1/reload", body, condition(change));
  if (!answer) return session.code;
  tell_generation(session, *answer);
  Json warnings = Json::array();
  for (const Json& what : member(*answer, "needs_restart"))
    warnings.push_back(text_of(what) + " has changed in " + string_of(*answer, "config_file") +
                       " and needs a restart: until then what ran before goes on");
  session.warn(warnings);
  session.warn(member(*answer, "warnings"));
  return session.code;
}

}  // namespace segue::admin

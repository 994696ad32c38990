// Changes: weights, rotation, reload; shown as before → after.
#include <charconv>
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/router.h"
#include "admin/units.h"

namespace segue::admin {

Fields condition(const CtlChange& change) {
  if (!change.if_match) return {};
  return {{"If-Match", "\"" + std::to_string(*change.if_match) + "\""}};
}

void tell_change(CtlSession& session, const Json& answer) {
  const std::string generation = text_of(member(answer, "generation"));
  if (member(answer, "dry_run") == true)
    session.out << session.paint(Tone::kWarn, "only rehearsed")
                << (member(answer, "changed") == true ? ": nothing was changed\n"
                                                      : ": it is so already\n");
  else if (member(answer, "changed") == false)
    session.out << session.paint(Tone::kGood, "nothing to change") << ": generation " << generation
                << " has it so already\n";
  else if (member(answer, "settled") == true && member(answer, "kept") == false)
    session.out << session.paint(Tone::kWarn, "done, and not kept yet") << ": generation "
                << generation << ", served by every worker\n";
  else if (member(answer, "settled") == true)
    session.out << session.paint(Tone::kGood, "done") << ": generation " << generation
                << ", served by every worker\n";
  else
    session.out << session.paint(Tone::kWarn, "still waiting")
                << ": changed, but not every worker serves generation " << generation
                << " yet; `segue ctl status` shows when\n";
}

void tell_differences(CtlSession& session, const Json& differences) {
  Table table({{"WHAT"}, {""}, {"BEFORE"}, {""}, {"AFTER"}});
  for (const Json& one : differences)
    table.row(
        {{string_of(one, "what")},
         {string_of(one, "name"), Tone::kBold},
         {string_of(one, "before")},
         {"→", Tone::kDim},
         {string_of(one, "after").empty() ? "none" : string_of(one, "after"), Tone::kAccent}});
  if (!table.empty()) session.out << table.render(session.paint, "  ");
}

void tell_moves(CtlSession& session, const Json& moves) {
  if (!moves.is_object()) return;
  const std::uint64_t of = number_of(moves, "of_cohorts");
  if (of == 0) {
    session.out << "no cohorts were seen yet, so it cannot be said which would move\n";
    return;
  }
  const auto part = [&](const char* name) {
    const Json& share = member(moves, name);
    return percent_of(share);
  };
  session.out << "would move " << session.paint(Tone::kBold, part("share"))
              << " of the cohorts seen "
              << "lately (" << number_of(moves, "cohorts") << " of " << of << "), with "
              << part("share_of_requests") << " of their requests\n";
  Table table({{"ROUTE"}, {"COHORT"}, {"FROM"}, {""}, {"TO"}});
  for (const Json& one : member(moves, "examples"))
    table.row({{string_of(one, "route")},
               {string_of(one, "name").empty() ? string_of(one, "key") : string_of(one, "name"),
                Tone::kBold},
               {string_of(one, "from")},
               {"→", Tone::kDim},
               {string_of(one, "to"), Tone::kAccent}});
  if (!table.empty()) session.out << table.render(session.paint, "  ");
}

void add_options(Json& body, const CtlChange& change) {
  if (!change.reason.empty()) body["reason"] = change.reason;
  if (!change.for_how_long.empty()) body["for"] = change.for_how_long;
  if (change.dry_run) body["dry_run"] = true;
}

int tell_outcome(CtlSession& session, const std::optional<Json>& answer) {
  if (!answer) return session.code;
  tell_change(session, *answer);
  tell_differences(session, member(*answer, "differences"));
  tell_moves(session, member(*answer, "moves"));
  session.warn(member(*answer, "warnings"));
  return session.code;
}

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
  add_options(body, change);
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
  tell_change(session, *answer);
  if (change.dry_run)
    tell_differences(session, member(*answer, "differences"));
  else
    tell_weights(session, member(*answer, "changes"));
  tell_moves(session, member(*answer, "moves"));
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
  add_options(body, change);
  const auto answer = session.ask("PUT", target, body, condition(change));
  if (!answer) return session.code;
  tell_change(session, *answer);
  if (change.dry_run)
    tell_differences(session, member(*answer, "differences"));
  else
    tell_states(session, member(*answer, "changes"));
  tell_moves(session, member(*answer, "moves"));
  session.warn(member(*answer, "warnings"));
  return session.code;
}

int ctl_reload(CtlSession& session, bool weights_from_file, const CtlChange& change) {
  Json body = {{"weights_from_file", weights_from_file}};
  if (!change.reason.empty()) body["reason"] = change.reason;
  const auto answer = session.ask("POST", "/v1/reload", body, condition(change));
  if (!answer) return session.code;
  tell_change(session, *answer);
  Json warnings = Json::array();
  for (const Json& what : member(*answer, "needs_restart"))
    warnings.push_back(text_of(what) + " has changed in " + string_of(*answer, "config_file") +
                       " and needs a restart: until then what ran before goes on");
  session.warn(warnings);
  session.warn(member(*answer, "warnings"));
  return session.code;
}

}  // namespace segue::admin

// Events as lines, the last ones and those to come.
#include <algorithm>
#include <ostream>

#include "admin/ctl_verbs.h"

namespace segue::admin {
namespace {

Tone tone_of(std::string_view level) {
  if (level == "error") return Tone::kBad;
  return level == "warn" ? Tone::kWarn : Tone::kGood;
}

void tell_event(CtlSession& session, const Json& event) {
  const std::string level = string_of(event, "level");
  session.out << session.paint(Tone::kDim, printable(string_of(event, "time"))) << "  "
              << session.paint(tone_of(level), printable(level))
              << std::string(level.size() < 5 ? 5 - level.size() : 0, ' ') << "  "
              << session.paint(Tone::kBold, printable(string_of(event, "name")));
  for (const auto& [key, value] : member(event, "facts").items())
    session.out << " " << session.paint(Tone::kDim, printable(key) + "=")
                << printable(text_of(value));
  session.out << "\n" << std::flush;
}

int follow(CtlSession& session, std::uint64_t since) {
  const auto on_line = [&](std::string_view line) {
    if (line.empty()) return true;
    if (session.json)
      session.out << line << "\n" << std::flush;
    else
      tell_event(session, Json::parse(line, nullptr, false));
    return session.out.good();  // whoever read us may have gone
  };
  const auto ended = session.client.lines("/v1/events?since=" + std::to_string(since),
                                          {{"Accept", "application/x-ndjson"}}, on_line);
  if (!session.out.good()) return kExitDone;
  if (!ended) {
    session.complain(ended.error().sentence);
    return kExitFailed;
  }
  if (ended->status != 200) {
    session.tell_problem(ended->status, ended->body);
    return ended->status < 500 ? kExitRefused : kExitFailed;
  }
  session.complain("segue ended the stream of events; did it stop?");
  return kExitFailed;
}

}  // namespace

int ctl_events(CtlSession& session, const CtlEvents& events) {
  const std::string since = events.since ? "?since=" + std::to_string(*events.since) : "";
  if (session.json && !events.follow) {
    session.ask("GET", "/v1/events" + since);
    return session.code;
  }
  const bool json =
      std::exchange(session.json, false);  // the list is only looked at when a stream follows
  const auto answer = session.ask("GET", "/v1/events" + since);
  session.json = json;
  if (!answer) return session.code;
  const Json& list = member(*answer, "events");
  const std::uint64_t newest = number_of(*answer, "newest_id");
  std::uint64_t after = newest;  // the last event that is not shown
  std::size_t skip = list.size();
  if (events.since || events.last > 0) {
    skip = events.since || list.size() <= events.last ? 0 : list.size() - events.last;
    after = skip < list.size() ? number_of(list[skip], "id") - 1 : newest;
  }
  if (events.follow) return follow(session, after);
  for (std::size_t i = skip; i < list.size(); ++i) tell_event(session, list[i]);
  return session.code;
}

}  // namespace segue::admin

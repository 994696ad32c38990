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

// Bare where it is one word, so that a reader sees where each fact ends.
std::string fact(const std::string& value) {
  const bool bare = !value.empty() && value.find_first_of(" \"'=") == std::string::npos;
  return bare ? value : "\"" + value + "\"";
}

std::string padded(std::string text, std::size_t width, Align align) {
  const std::size_t missing = width - std::min(width, text.size());
  text.insert(align == Align::kRight ? 0 : text.size(), missing, ' ');
  return text;
}

void tell_event(CtlSession& session, const Json& event) {
  constexpr std::size_t kIdWidth = 5, kLevelWidth = 5;
  const std::string level = string_of(event, "level");
  const Paint& paint = session.paint;
  session.out << padded(text_of(member(event, "id")), kIdWidth, Align::kRight) << "  "
              << paint(Tone::kDim, printable(string_of(event, "time"))) << "  "
              << paint(tone_of(level), padded(printable(level), kLevelWidth, Align::kLeft)) << "  "
              << paint(Tone::kBold, printable(string_of(event, "name")));
  for (const auto& [key, value] : member(event, "facts").items())
    session.out << " " << paint(Tone::kDim, printable(key) + "=")
                << fact(printable(text_of(value)));
  session.out << "\n" << std::flush;
}

int follow(CtlSession& session, const std::string& target) {
  const auto on_line = [&](std::string_view line) {
    if (line.empty()) return true;
    if (session.json)
      session.out << line << "\n" << std::flush;
    else
      tell_event(session, Json::parse(line, nullptr, false));
    return session.out.good();  // whoever read us may have gone
  };
  const auto ended = session.client.lines(target, {{"Accept", "application/x-ndjson"}}, on_line);
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
  std::string target = "/v1/events?";
  if (events.since) target += "since=" + std::to_string(*events.since) + "&";
  if (events.last || !events.since)
    target += "last=" + std::to_string(events.last.value_or(CtlEvents::kLast));
  if (events.follow) return follow(session, target);
  const auto answer = session.ask("GET", target);
  if (!answer) return session.code;
  for (const Json& event : member(*answer, "events")) tell_event(session, event);
  return session.code;
}

}  // namespace segue::admin

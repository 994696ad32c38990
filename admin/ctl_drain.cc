// Waiting until a pool is drained, closing its tunnels, taking it back.
#include <ostream>
#include <thread>
#include <utility>

#include "admin/ctl_verbs.h"
#include "admin/router.h"
#include "admin/units.h"
#include "conf/units.h"

namespace segue::admin {
namespace {

constexpr Millis kPollEvery{1000};

std::string target_of(const std::string& pool, std::string_view what) {
  return "/v1/pools/" + percent_encode(pool) + "/" + std::string(what);
}

/// "3 requests, of which 1 stream and 2 tunnels; 12 sessions seen in the last half hour"
std::string what_runs(const Json& answer, bool with_sessions) {
  const std::uint64_t streams = number_of(answer, "streams"),
                      tunnels = number_of(answer, "tunnels");
  std::string text = counted(number_of(answer, "in_flight"), "request");
  if (streams + tunnels > 0) {
    text += ", of which ";
    if (streams > 0) text += counted(streams, "stream");
    if (streams > 0 && tunnels > 0) text += " and ";
    if (tunnels > 0) text += counted(tunnels, "tunnel");
  }
  if (with_sessions)
    text +=
        "; " + counted(number_of(answer, "sessions"), "session") + " seen in the last half hour";
  const Json& taking = member(answer, "still_taking");
  if (!taking.empty()) text += "; it still takes new ones: " + text_of(taking.front());
  return text;
}

bool is_drained(const Json& answer, bool with_sessions) {
  return member(answer, "drained") == true &&
         (!with_sessions || number_of(answer, "sessions") == 0);
}

/// One line that is written over and over on a terminal; nothing elsewhere.
class Progress {
 public:
  Progress(std::ostream& to, bool shown) : to_(to), shown_(shown) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void show(const std::string& text) {
    if (!shown_) return;
    to_ << kBack << printable(text) << std::flush;
    dirty_ = true;
  }
  void clear() {
    if (std::exchange(dirty_, false)) to_ << kBack << std::flush;
  }

 private:
  static constexpr std::string_view kBack = "\r\x1b[K";
  std::ostream& to_;
  bool shown_, dirty_ = false;
};

}  // namespace

int ctl_wait(CtlSession& session, const CtlWait& wait) {
  const auto refuse = [&](const std::string& why) {
    session.complain(why);
    return static_cast<int>(kExitRefused);
  };
  if (wait.what != "drained")
    return refuse("\"" + wait.what + "\" is nothing to wait for, expected `wait drained POOL`");
  const auto timeout = conf::parse_duration(wait.timeout);
  if (!timeout)
    return refuse("\"" + wait.timeout + "\" is no time, expected one like 30s, 15m or 2h");
  const Instant until = now() + *timeout;
  const bool json = std::exchange(session.json, false);  // only the last answer is shown
  Progress progress(session.err, wait.progress && !json);
  for (;;) {
    const auto answer = session.ask("GET", target_of(wait.pool, "drained"));
    if (!answer) return session.code;
    const bool drained = is_drained(*answer, wait.sessions);
    const std::string runs = what_runs(*answer, wait.sessions);
    if (!drained && now() < until) {
      progress.show("waiting for pool " + wait.pool + ": " + runs);
      const Micros left = until - now();
      std::this_thread::sleep_for(std::min<Micros>(left, kPollEvery));
      continue;
    }
    progress.clear();
    if (json)
      session.out << to_line(*answer) << "\n";
    else if (drained)
      session.out << session.paint(Tone::kGood, "drained") << ": nothing runs on pool " << wait.pool
                  << ", nothing new comes\n";
    else
      session.out << session.paint(Tone::kWarn, "still waiting") << ": pool " << wait.pool
                  << " has " << printable(runs) << "\n";
    return drained ? kExitDone : kExitWaiting;
  }
}

int ctl_close_tunnels(CtlSession& session, const std::string& pool, const std::string& over,
                      const CtlChange& change) {
  Json body = {{"over", over}};
  if (!change.reason.empty()) body["reason"] = change.reason;
  const auto answer = session.ask("POST", target_of(pool, "close-tunnels"), body);
  if (!answer) return session.code;
  session.out << counted(number_of(*answer, "tunnels"), "tunnel") << " of pool " << pool
              << " end within " << string_of(*answer, "over") << "\n";
  return session.code;
}

int ctl_failback(CtlSession& session, const std::string& pool, bool at_once,
                 const CtlChange& change) {
  Json body = {{"at_once", at_once}};
  if (!change.reason.empty()) body["reason"] = change.reason;
  const auto answer = session.ask("POST", target_of(pool, "failback"), body);
  if (!answer) return session.code;
  const Json& state = member(*answer, "failback");
  const std::string word = string_of(state, "state");
  if (member(*answer, "changed") == false) {
    session.out << session.paint(Tone::kGood, "nothing to release") << ": ";
  } else {
    session.out << session.paint(Tone::kGood, "done") << ": ";
  }
  session.out << "pool " << pool << " is " << word;
  if (word == "returning")
    session.out << ", step " << text_of(member(state, "step")) << " of "
                << text_of(member(state, "steps"));
  const Json& admitted = member(state, "admitted");
  if (admitted.is_number())
    session.out << ", with " << human_percent(admitted.get<double>()) << " of its cohorts";
  session.out << "\n";
  session.warn(member(*answer, "warnings"));
  return session.code;
}

}  // namespace segue::admin

// `segue ctl top`: asks, draws, waits for a key or the next moment.
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ostream>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "admin/ctl_verbs.h"
#include "admin/top.h"

namespace segue::admin {
namespace {

constexpr std::size_t kEventsAsked = 50;

double seconds_now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// The terminal in a state where keys come at once and unseen; as it was when this ends.
class RawTerminal {
 public:
  RawTerminal() : raw_(tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!raw_) return;
    termios now = before_;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    now.c_cc[VMIN] = 0;
    now.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &now);
  }
  ~RawTerminal() {
    if (raw_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  bool has_keys() const { return raw_; }

 private:
  termios before_{};
  bool raw_;
};

/// The screen behind the one that was there, which comes back when this ends.
class OtherScreen {
 public:
  explicit OtherScreen(std::ostream& out) : out_(out) { out_ << "\x1b[?1049h\x1b[?25l"; }
  ~OtherScreen() { out_ << "\x1b[?25h\x1b[?1049l" << std::flush; }
  OtherScreen(const OtherScreen&) = delete;
  OtherScreen& operator=(const OtherScreen&) = delete;

 private:
  std::ostream& out_;
};

volatile std::sig_atomic_t stop_asked = 0;

TopSize terminal_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {160, 200};
  return {size.ws_col, size.ws_row};
}

/// None when segue cannot be asked; `wrong` then says why.
std::optional<TopReading> look(CtlSession& session, std::string& wrong) {
  TopReading reading;
  reading.at = seconds_now();
  const std::pair<std::string, Json*> parts[] = {
      {"/v1/status", &reading.status},
      {"/v1/splits", &reading.splits},
      {"/v1/pools", &reading.pools},
      {"/v1/events?last=" + std::to_string(kEventsAsked), &reading.events}};
  for (const auto& [target, part] : parts) {
    const auto answer = session.client.request("GET", target);
    if (!answer) {
      wrong = answer.error().sentence;
      return std::nullopt;
    }
    *part = Json::parse(answer->body, nullptr, false);
  }
  return reading;
}

/// Waits until `until`; false when the user wants to leave. Space turns `paused`.
bool wait_for_key(double until, bool has_keys, bool& paused) {
  constexpr char kCtrlC = 3;
  while (stop_asked == 0) {
    const double left = until - seconds_now();
    if (left <= 0) return true;
    pollfd keys{has_keys ? STDIN_FILENO : -1, POLLIN, 0};
    const int ready = poll(&keys, 1, static_cast<int>(left * 1000) + 1);
    if (ready < 0 && errno != EINTR) return true;
    if (ready <= 0) continue;
    char key = 0;
    if (read(STDIN_FILENO, &key, 1) != 1) return false;  // the terminal is gone
    if (key == 'q' || key == 'Q' || key == kCtrlC) return false;
    if (key == ' ') {
      paused = !paused;
      return true;
    }
  }
  return false;
}

int print_once(CtlSession& session) {
  std::string wrong;
  const auto reading = look(session, wrong);
  if (!reading) {
    session.complain(wrong);
    return kExitFailed;
  }
  if (session.json) {
    session.out << to_text({{"status", reading->status},
                            {"splits", reading->splits},
                            {"pools", reading->pools},
                            {"events", reading->events}});
    return kExitDone;
  }
  session.out << draw_top(*reading, TopHistory(), terminal_size(), session.paint, "");
  return kExitDone;
}

}  // namespace

int ctl_top(CtlSession& session, const CtlTop& top) {
  if (top.once || session.json || isatty(STDOUT_FILENO) != 1) return print_once(session);
  std::string wrong;
  std::optional<TopReading> reading = look(session, wrong);
  if (!reading) {
    session.complain(wrong);
    return kExitFailed;
  }
  struct sigaction on_stop {};
  on_stop.sa_handler = [](int) { stop_asked = 1; };
  sigaction(SIGTERM, &on_stop, nullptr);
  sigaction(SIGINT, &on_stop, nullptr);
  const RawTerminal terminal;
  const OtherScreen screen(session.out);
  TopHistory history;
  bool paused = false;
  double next = seconds_now();
  while (true) {
    if (!paused) {
      wrong.clear();
      if (auto fresh = look(session, wrong)) {
        reading = std::move(fresh);
        history.add(*reading);
      }
    }
    const std::string note = paused ? "paused" : wrong;
    session.out << "\x1b[H\x1b[J"
                << draw_top(*reading, history, {terminal_size().columns, terminal_size().rows - 1},
                            session.paint, note)
                << session.paint(Tone::kDim, "q quits, space pauses") << std::flush;
    if (!session.out) return kExitDone;
    next += top.interval;
    if (!wait_for_key(next, terminal.has_keys(), paused)) return kExitDone;
    next = std::max(next, seconds_now() - top.interval);
  }
}

}  // namespace segue::admin

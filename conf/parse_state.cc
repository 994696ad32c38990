// [state] and [sessions]: what survives, and how browsers stay
#include "conf/judge.h"
#include "conf/secret.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

using std::chrono::hours;

constexpr std::size_t kSecretMin = 16;

constexpr Key<State> kState[] = {
    defaults_to("systemd's `$STATE_DIRECTORY`, else none",
                key<&State::dir>("dir", text(judge_file, Empty::kAllowed),
                                 "Directory of `segue.db`: every change that operators make, and "
                                 "what was known of endpoints. Without it they end with the "
                                 "process.")),
    key<&State::backup>("backup", duration(milliseconds(0), hours(24 * 365)),
                        "Between two backups of it; `\"0s\"` for none."),
    defaults_to(
        "`backups` in `dir`",
        key<&State::backup_dir>("backup_dir", text(judge_file, Empty::kAllowed), "Where they go.")),
    key<&State::backup_keep>("backup_keep", count(1, 10'000), "How many are kept."),
    key<&State::revisions_max>("revisions_max", count(10, 1'000'000),
                               "Changes kept in the history."),
};

void read_session_secret(const Cursor& at, const Shape&, Sessions& out) {
  std::string named;
  read_value(at, text(nullptr, Empty::kAllowed), named);
  if (named.empty()) return;
  auto secret = read_secret(named);
  if (!secret) return at.complain(secret.error());
  if (secret->size() < kSecretMin)
    return at.complain("has " + std::to_string(secret->size()) + " bytes, expected at least " +
                       std::to_string(kSecretMin));
  out.secret = *std::move(secret);
}

constexpr Key<Sessions> kSessions[] = {
    key<&Sessions::cookie>("cookie", text(judge_field_name),
                           "Name of the cookie by which a browser stays with its pool."),
    defaults_to("made once and kept in the state",
                secret(Key<Sessions>{
                    "secret", text(nullptr, Empty::kAllowed),
                    "Signs it, at least 16 bytes; the same on every segue that shares clients. "
                    "`file:/path` reads it from there.",
                    read_session_secret,
                    [](const Shape& shape, const Sessions& sessions) {
                      return print_value(shape, sessions.secret);
                    }})),
    defaults_to("`\"0s\"`: until the browser ends",
                key<&Sessions::max_age>("max_age", duration(milliseconds(0), hours(24 * 400)),
                                        "How long browsers keep it.")),
};

}  // namespace

void read_state(const Cursor& at, State& out) {
  read_section(at, kState, out);
}
void read_sessions(const Cursor& at, Sessions& out) {
  read_section(at, kSessions, out);
}
void print_state(std::string& out, const State& section) {
  out += "\n[state]\n";
  print_section(out, kState, section);
}
void print_sessions(std::string& out, const Sessions& section) {
  out += "\n[sessions]\n";
  print_section(out, kSessions, section);
}

SectionInfo describe_state() {
  return describe("state", "[state]", "What survives a restart. See docs/state.md.", kState,
                  State{});
}
SectionInfo describe_sessions() {
  return describe("sessions", "[sessions]",
                  "The cookie of routes with `cohort = \"session\"`. See docs/sessions.md.",
                  kSessions, Sessions{});
}

}  // namespace segue::conf

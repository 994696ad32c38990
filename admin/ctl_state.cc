// What was changed, taking it back, and keeping it: history, undo, diff, state, backup.
#include <cerrno>
#include <cstring>
#include <ostream>

#include <fcntl.h>
#include <unistd.h>

#include "admin/ctl_verbs.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

constexpr mode_t kBackupMode = 0600;  // the key of sessions is in it

// Bytes into a new file, whole or not at all; "" or why not.
std::string write_new(const std::string& file, const std::string& bytes) {
  const auto failed = [&](const char* what) {
    return std::string("cannot ") + what + " " + file + ": " + std::strerror(errno);
  };
  const std::string part = file + ".part";
  const int fd =
      ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kBackupMode);
  if (fd < 0) return failed("make");
  std::string wrong;
  for (std::size_t done = 0; wrong.empty() && done < bytes.size();) {
    const ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR) wrong = failed("write");
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  if (wrong.empty() && ::fsync(fd) != 0) wrong = failed("write");
  ::close(fd);
  // A link, unlike a rename, does not replace what somebody else made meanwhile.
  if (wrong.empty() && ::link(part.c_str(), file.c_str()) != 0) wrong = failed("make");
  ::unlink(part.c_str());
  return wrong;
}

}  // namespace

int ctl_state(CtlSession& session) {
  const auto state = session.ask("GET", "/v1/state");
  if (!state) return session.code;
  const auto label = [&](std::string_view name) {
    return session.paint(Tone::kDim, std::string(name) + std::string(12 - name.size(), ' '));
  };
  const bool writable = member(*state, "writable") == true;
  const std::string dir = printable(string_of(*state, "dir"));
  session.out << label("state") << (dir.empty() ? "in memory, until segue stops" : dir) << ", "
              << (writable ? session.paint(Tone::kGood, "can be written")
                           : session.paint(Tone::kBad, "cannot be written"))
              << "\n";
  const std::uint64_t last = number_of(*state, "revision");
  session.out << label("revisions");
  if (last == 0)
    session.out << "none";
  else
    session.out << number_of(*state, "first_revision") << " to " << last << ", "
                << human_bytes(number_of(*state, "bytes"));
  session.out << "\n";
  const Json& backups = member(*state, "backups");
  session.out << label("backups");
  if (member(backups, "every_seconds").is_null())
    session.out << "none are scheduled";
  else
    session.out << "every " << human_seconds(number_of(backups, "every_seconds")) << " into "
                << printable(string_of(backups, "dir")) << ", last "
                << printable(text_of(member(backups, "last"))) << ", next "
                << printable(text_of(member(backups, "next")));
  session.out << "\n";
  Json warnings = Json::array();
  if (!writable)
    warnings.push_back("since " + string_of(*state, "problem_since") + ": " +
                       string_of(*state, "problem"));
  if (const std::uint64_t unwritten = number_of(*state, "unwritten"); unwritten > 0)
    warnings.push_back(counted(unwritten, "change") + " served and not kept yet");
  if (!member(backups, "problem").is_null())
    warnings.push_back("the last backup failed: " + string_of(backups, "problem"));
  session.warn(warnings);
  return session.code;
}

int ctl_history(CtlSession& session, const CtlHistory& wanted) {
  if (wanted.revision) {
    const auto found = session.ask("GET", "/v1/history/" + std::to_string(*wanted.revision));
    if (!found) return session.code;
    session.out << "revision " << number_of(*found, "revision") << ", "
                << printable(string_of(*found, "at")) << " by "
                << printable(string_of(*found, "by"));
    if (const std::string reason = string_of(*found, "reason"); !reason.empty())
      session.out << ": " << printable(reason);
    session.out << "\n";
    tell_differences(session, member(*found, "differences"));
    return session.code;
  }
  std::string target = "/v1/history?limit=" + std::to_string(wanted.limit);
  if (wanted.before) target += "&before=" + std::to_string(*wanted.before);
  const auto answer = session.ask("GET", target);
  if (!answer) return session.code;
  Table table({{"REVISION", Align::kRight}, {"WHEN"}, {"BY"}, {"WHAT"}, {"WHY"}});
  for (const Json& one : member(*answer, "revisions"))
    table.row({{text_of(member(one, "revision")), Tone::kBold},
               {string_of(one, "at"), Tone::kDim},
               {string_of(one, "by")},
               {string_of(one, "what")},
               {string_of(one, "reason"), Tone::kDim}});
  if (table.empty()) {
    session.out << "nothing was changed at run time yet\n";
    return session.code;
  }
  session.out << table.render(session.paint);
  if (const Json& next = member(*answer, "next_before"); !next.is_null())
    session.out << session.paint(Tone::kDim,
                                 "older ones: segue ctl history --before " + text_of(next))
                << "\n";
  return session.code;
}

int ctl_undo(CtlSession& session, std::optional<std::uint64_t> revision, const CtlChange& change) {
  Json body = Json::object();
  if (revision) body["revision"] = *revision;
  add_options(body, change);
  return tell_outcome(session, session.ask("POST", "/v1/undo", body, condition(change)));
}

int ctl_diff(CtlSession& session) {
  const auto answer = session.ask("GET", "/v1/diff");
  if (!answer) return session.code;
  if (member(*answer, "same") == true) {
    session.out << session.paint(Tone::kGood, "no difference") << ": what is served is what "
                << printable(string_of(*answer, "config_file")) << " says\n";
    return session.code;
  }
  tell_differences(session, member(*answer, "differences"));
  session.out << session.paint(Tone::kDim, "BEFORE is what " +
                                               printable(string_of(*answer, "config_file")) +
                                               " says, AFTER is what is served.")
              << "\n"
              << session.paint(Tone::kDim,
                               "segue ctl reload --weights-from-file makes the weights the file's")
              << "\n";
  return session.code;
}

int ctl_backup(CtlSession& session, const std::string& file) {
  if (::access(file.c_str(), F_OK) == 0) {
    session.complain(file + " is there already; name another file");
    return kExitRefused;
  }
  const auto bytes = session.fetch("POST", "/v1/backup");
  if (!bytes) return session.code;
  if (const std::string wrong = write_new(file, *bytes); !wrong.empty()) {
    session.complain(wrong);
    return kExitFailed;
  }
  if (session.json)
    session.out << to_line({{"file", file}, {"bytes", bytes->size()}}) << "\n";
  else
    session.out << session.paint(Tone::kGood, "written") << ": " << printable(file) << ", "
                << human_bytes(bytes->size()) << "; restore it with `segue restore "
                << printable(file) << " --state-dir DIR`\n";
  return kExitDone;
}

}  // namespace segue::admin

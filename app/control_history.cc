// What is kept: read at the start, listed, taken back, copied.
#include "admin/runtime_json.h"
#include "app/control.h"
#include "health/history.h"

namespace segue::app {

using admin::Refusal;
using admin::RevisionInfo;
using routing::Runtime;

namespace {

RevisionInfo info_of(const Revision& revision) {
  return {revision.number, revision.at_ms,  revision.uid,
          revision.name,   revision.reason, revision.what};
}

Refusal not_found(std::string sentence) {
  return {Refusal::Kind::kNotFound, std::move(sentence), {}};
}
Refusal unavailable(std::string sentence) {
  return {Refusal::Kind::kUnavailable, std::move(sentence), {}};
}

std::string no_revision(std::uint64_t number, const StateReport& report) {
  return "there is no revision " + std::to_string(number) +
         (report.last == 0 ? "; nothing was ever changed"
                           : "; there are " + std::to_string(report.first) + " to " +
                                 std::to_string(report.last));
}

/// The runtime of revision `number`; what was set before the first is nothing.
void runtime_of(StateDesk& desk, std::uint64_t number, admin::History::Told<Runtime> told) {
  if (number == 0) return told(Runtime());
  desk.find(number, [number, told](const Result<std::optional<Revision>, StateDesk::Error>& found) {
    if (!found) return told(fail(unavailable(found.error().sentence)));
    if (!found->has_value())
      return told(fail(not_found("revision " + std::to_string(number) + " is no longer kept")));
    auto runtime = admin::parse_runtime((*found)->runtime);
    if (!runtime)
      return told(fail(unavailable("revision " + std::to_string(number) +
                                   " cannot be understood: " + runtime.error())));
    told(*std::move(runtime));
  });
}

}  // namespace

// The start.

Status<std::string> Control::open_state(std::string dir) {
  conf::State settings = desired_.config->state;
  settings.dir = std::move(dir);
  if (auto opened = state_.open(settings); !opened) return opened;
  // The one of the constructor is taken and kept, where there was none before.
  desired_.session_secret = state_.secret("session_secret", desired_.session_secret);
  return segue::Done{};
}

void Control::restore() {
  std::vector<health::History> known;
  for (const EndpointHealth& one : state_.health())
    if (const auto state = health::health_of(one.state))
      known.push_back({one.pool, one.address, *state, one.since_ms, one.transitions});
  health_.remember(std::move(known));
  auto kept = admin::parse_runtime(state_.runtime());
  if (!kept)
    state_.distrust("what is kept cannot be understood (" + kept.error() +
                    "), perhaps a newer segue wrote it");
  else
    desired_.runtime = kept_ = *std::move(kept);
  state_.start([this](const std::string& text) { on_state_recovered(text); });
  // What ended while no segue ran has ended, before the first request.
  admin::Change change{{routing::Expire{wall_clock_ms()}}, {}, {}, false};
  change.author.name = "segue";
  change.author.reason = "its time was over before the start";
  if (auto now = apply(desired_.runtime, change.operations); now && *now != desired_.runtime) {
    desired_.runtime = *std::move(now);
    owe(std::move(change), "");
  }
  // The file may have changed meanwhile; what cannot be served with it must not keep segue down.
  if (auto built = rehearse(desired_.config, desired_.runtime);
      !built && rehearse(desired_.config, {})) {
    events_.emit("state.does_not_fit",
                 {{"problem", built.error().front().to_string()},
                  {"advice", "the weights of the file are served"}},
                 telemetry::Event::Level::kError);
    Runtime without = desired_.runtime;
    without.weights.clear();
    without.reverts.clear();
    if (!rehearse(desired_.config, without)) without = {};
    change.operations = {routing::Restore{without}};
    change.author.reason = "what was set does not fit the file: " + built.error().front().text;
    desired_.runtime = std::move(without);
    owe(std::move(change), "");
  }
  desired_.hear_operators();
  arm_expiry();
}

void Control::on_history_changed() {
  std::vector<EndpointHealth> all;
  for (const health::History& one : health_.history())
    all.push_back(
        {one.pool, one.address, health::to_string(one.state), one.since_ms, one.transitions});
  state_.save_health(std::move(all));
}

/// What is served stays: traffic must not move because a disk came back. When the journal says
/// something else, it learns what is served.
void Control::on_state_recovered(const std::string& text) {
  auto kept = admin::parse_runtime(text);
  if (!kept) return state_.distrust("what is kept cannot be understood: " + kept.error());
  on_history_changed();
  if (*kept == kept_) return queue_.resume();
  kept_ = *std::move(kept);
  if (kept_ != desired_.runtime && owed_.empty()) {
    admin::Change change{{routing::Restore{desired_.runtime}}, {}, {}, false};
    change.author.name = "segue";
    change.author.reason = "served while the state could not be read";
    return owe(std::move(change), "");
  }
  queue_.resume();
}

// The history.

admin::StateInfo Control::state() const {
  const StateReport& report = state_.report();
  return {report.dir,
          report.problem,
          report.problem_since_ms,
          report.last,
          report.first,
          queue_.unwritten(),
          report.bytes,
          report.backup_dir,
          report.backup_every_ms,
          report.backup_last_ms,
          report.backup_next_ms,
          report.backup_problem};
}

void Control::list(std::uint64_t before, std::uint64_t limit,
                   Told<std::vector<RevisionInfo>> told) {
  state_.list(before, limit, [told](const Result<std::vector<Revision>, StateDesk::Error>& found) {
    if (!found) return told(fail(unavailable(found.error().sentence)));
    std::vector<RevisionInfo> all;
    for (const Revision& revision : *found) all.push_back(info_of(revision));
    told(std::move(all));
  });
}

void Control::find(std::uint64_t number, Told<admin::RevisionDetail> told) {
  state_.find(number,
              [this, number, told](const Result<std::optional<Revision>, StateDesk::Error>& found) {
                if (!found) return told(fail(unavailable(found.error().sentence)));
                if (!found->has_value())
                  return told(fail(not_found(no_revision(number, state_.report()))));
                auto after = admin::parse_runtime((*found)->runtime);
                if (!after) return told(fail(unavailable(after.error())));
                admin::RevisionDetail detail{info_of(**found), std::nullopt, *std::move(after)};
                runtime_of(state_, number - 1, [told, detail](Result<Runtime, Refusal> before) {
                  admin::RevisionDetail whole = detail;
                  if (before) whole.before = *std::move(before);
                  told(std::move(whole));
                });
              });
}

void Control::undo(std::optional<std::uint64_t> number, admin::Change change, Done done) {
  if (auto refusal = refused(change.if_match)) return done(fail(std::move(*refusal)));
  const StateReport& report = state_.report();
  if (!number && report.last > 0) {
    // What ended by itself is nobody's change.
    constexpr std::uint64_t kLookedAt = 100;
    state_.list(report.last + 1, kLookedAt,
                [this, change, done](const Result<std::vector<Revision>, StateDesk::Error>& list) {
                  if (!list) return done(fail(unavailable(list.error().sentence)));
                  for (const Revision& revision : *list)
                    if (revision.name != kOurName) return undo(revision.number, change, done);
                  done(fail(not_found("there is nothing to undo")));
                });
    return;
  }
  const std::uint64_t undone = number.value_or(report.last);
  if (undone == 0 || undone > report.last || undone < report.first)
    return done(
        fail(not_found(undone == 0 ? "there is nothing to undo" : no_revision(undone, report))));
  runtime_of(state_, undone - 1, [this, undone, change, done](Result<Runtime, Refusal> before) {
    if (!before) return done(fail(std::move(before).error()));
    admin::Change back = change;
    // What was set for a while then may be over now.
    back.operations = {routing::Restore{*std::move(before)}, routing::Expire{wall_clock_ms()}};
    submit(std::move(back), "undo of revision " + std::to_string(undone), done);
  });
}

void Control::image(Told<std::string> told) {
  state_.image([told](const Result<std::string, StateDesk::Error>& image) {
    if (!image) return told(fail(unavailable(image.error().sentence)));
    told(*image);
  });
}

}  // namespace segue::app

// What operators ask for: changes, one after the other, each refused whole or served by every
// worker; and the file, read again.
#include <algorithm>

#include "app/control.h"
#include "conf/load.h"
#include "routing/build.h"

namespace segue::app {

using admin::Applied;
using admin::Author;
using admin::Refusal;
using routing::Difference;
using routing::Generation;

namespace {

using Facts = std::vector<std::pair<std::string, std::string>>;

std::string who(const Author& author) {
  return author.name.empty() ? "uid " + std::to_string(author.uid) : author.name;
}

Facts with_author(Facts facts, const Author& author) {
  facts.emplace_back("by", who(author));
  if (!author.reason.empty()) facts.emplace_back("reason", author.reason);
  return facts;
}

Refusal refusal_of(routing::RefusedOperation refused) {
  if (refused.not_found) return {Refusal::Kind::kNotFound, std::move(refused.text), {}};
  return {Refusal::Kind::kInvalid, refused.text, {{"", 0, 0, refused.path, refused.text}}};
}

Refusal refusal_of(Problems problems) {
  return {Refusal::Kind::kInvalid, problems.front().to_string(), problems};
}

/// But for permission to be root, which may have come from the command line.
bool same_confinement(conf::Process a, const conf::Process& b) {
  a.allow_root = b.allow_root;
  return a == b;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

const char* event_of(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::kWeights: return "weights.changed";
    case Difference::Kind::kRevert: return "weights.revert_planned";
    case Difference::Kind::kPin: return "pin.changed";
    case Difference::Kind::kEpoch: return "sessions.redrawn";
    case Difference::Kind::kEndpoint: return "endpoint.state_set";
  }
  return "weights.changed";
}

/// What the name in a Difference is the name of.
const char* subject_of(Difference::Kind kind) {
  switch (kind) {
    case Difference::Kind::kWeights:
    case Difference::Kind::kRevert: return "route";
    case Difference::Kind::kPin: return "pin";
    case Difference::Kind::kEpoch: return "group";
    case Difference::Kind::kEndpoint: return "endpoint";
  }
  return "route";
}

}  // namespace

std::optional<Refusal> Control::refused(std::optional<Generation> if_match) const {
  if (draining_)
    return Refusal{Refusal::Kind::kUnavailable, "the process is stopping and takes no changes", {}};
  if (if_match && *if_match != snapshot_->generation)
    return Refusal{Refusal::Kind::kPrecondition,
                   "generation is " + std::to_string(snapshot_->generation) + ", not " +
                       std::to_string(*if_match) +
                       ": somebody changed something meanwhile; read again",
                   {}};
  return std::nullopt;
}

void Control::change(admin::Change change, Done done) {
  if (auto refusal = refused(change.if_match)) return done(fail(std::move(*refusal)));
  routing::Runtime next = desired_.runtime;
  for (const routing::Operation& operation : change.operations) {
    auto applied = routing::apply(*desired_.config, std::move(next), operation);
    if (!applied) return done(fail(refusal_of(std::move(applied).error())));
    next = *std::move(applied);
  }
  Applied applied{.changed = next != desired_.runtime};
  applied.differences = routing::difference(*desired_.config, desired_.runtime, next);
  if (change.dry_run) {
    auto rehearsed = rehearse(std::move(next));
    if (!rehearsed) return done(fail(refusal_of(std::move(rehearsed).error())));
    applied.generation = snapshot_->generation;
    applied.would_serve = *std::move(rehearsed);
    return done(std::move(applied));
  }
  if (!applied.changed) return answer_when_settled(std::move(applied), std::move(done));
  if (Status<Problems> built = install(std::move(next)); !built)
    return done(fail(refusal_of(std::move(built).error())));
  announce(applied.differences, change.author);
  answer_when_settled(std::move(applied), std::move(done));
}

/// The snapshot that `runtime` would make, which nobody serves.
Result<std::shared_ptr<const routing::Snapshot>, Problems> Control::rehearse(
    routing::Runtime runtime) {
  std::swap(desired_.runtime, runtime);
  desired_.hear_operators();
  auto built = routing::build(desired_, snapshot_);
  std::swap(desired_.runtime, runtime);
  desired_.hear_operators();
  return built;
}

Status<Problems> Control::install(routing::Runtime runtime) {
  std::swap(desired_.runtime, runtime);
  desired_.hear_operators();
  Status<Problems> built = commit();
  if (!built) {
    std::swap(desired_.runtime, runtime);
    desired_.hear_operators();
  }
  arm_expiry();
  return built;
}

void Control::announce(const std::vector<Difference>& differences, const Author& author) {
  for (const Difference& one : differences) {
    Facts facts{{subject_of(one.kind), one.name}, {"before", one.before}, {"after", one.after}};
    facts = with_author(std::move(facts), author);
    facts.emplace_back("generation", std::to_string(snapshot_->generation));
    events_.emit(event_of(one.kind), std::move(facts));
  }
}

// What ends by itself.

void Control::arm_expiry() {
  const std::uint64_t end = routing::next_end(desired_.runtime);
  if (end == 0) return expiry_.disarm();
  const std::uint64_t wall = wall_clock_ms();
  // The wall clock may be set: it is looked at again now and then.
  constexpr std::uint64_t kLookAgainMs = 60'000;
  const std::uint64_t in = end <= wall ? 0 : std::min(end - wall, kLookAgainMs);
  loop_.deadlines().arm(expiry_, now() + Millis(static_cast<std::int64_t>(in)));
}

void Control::on_deadline(Deadline&) {
  expire();
  arm_expiry();
}

void Control::expire() {
  if (draining_) return;
  admin::Change change{{routing::Expire{wall_clock_ms()}}, {}, {}, false};
  change.author.name = "segue";
  change.author.reason = "its time is over";
  this->change(std::move(change), [this](Result<Applied, Refusal> result) {
    if (!result)
      events_.emit("change.refused", {{"reason", result.error().sentence}},
                   telemetry::Event::Level::kError);
  });
}

void Control::reload(bool weights_from_file, Author author, Done done) {
  if (auto refusal = refused(std::nullopt)) return done(fail(std::move(*refusal)));
  const std::string file = desired_.config->file;
  const auto refuse = [&](Problems problems) {
    listeners_.discard();
    events_.emit("config.refused",
                 with_author({{"file", file},
                              {"problems", std::to_string(problems.size())},
                              {"first", problems.front().to_string()}},
                             author),
                 telemetry::Event::Level::kError);
    done(fail(Refusal{Refusal::Kind::kInvalid,
                      file + " was not taken over; what ran before goes on running",
                      std::move(problems)}));
  };
  auto loaded = conf::load(file);
  if (!loaded) return refuse(std::move(loaded).error());
  auto config = std::make_shared<const conf::Config>(std::move(*loaded));
  if (Status<Problems> read = tls_.prepare(*config); !read) return refuse(read.error());
  if (Status<Problems> bound = listeners_.prepare(*config); !bound) return refuse(bound.error());

  tls_.apply();
  const std::shared_ptr<const conf::Config> old_config = desired_.config;
  routing::Runtime runtime = desired_.runtime;
  if (weights_from_file) {
    runtime.weights.clear();
    runtime.reverts.clear();
  }
  desired_.config = config;
  if (Status<Problems> built = install(std::move(runtime)); !built) {
    desired_.config = old_config;
    desired_.hear_operators();
    tls_.go_back();
    return refuse(built.error());
  }
  listeners_.apply(*config);
  memory_.set_limit(config->limits.memory_max);
  health_.configure();
  on_rotation_changed();  // what an endpoint was out for may not be looked at any more
  std::vector<std::pair<std::string, std::string>> facts = {
      {"file", file}, {"generation", std::to_string(snapshot_->generation)}};
  Applied applied;
  if (config->workers != started_with_->workers) applied.needs_restart.emplace_back("workers");
  if (!(config->admin == started_with_->admin)) applied.needs_restart.emplace_back("[admin]");
  if (!(config->log == started_with_->log)) applied.needs_restart.emplace_back("[log]");
  if (!same_confinement(config->process, started_with_->process))
    applied.needs_restart.emplace_back("[process]");
  if (!applied.needs_restart.empty())
    facts.emplace_back("needs_restart", joined(applied.needs_restart));
  std::string differing;
  for (const conf::Route& route : config->routes) {
    const routing::Weights weights = routing::weights_of(desired_.runtime, route);
    const bool differs =
        std::any_of(route.split.begin(), route.split.end(),
                    [&](const auto& branch) { return weights.at(branch.pool) != branch.weight; });
    if (differs) differing += (differing.empty() ? "" : " ") + route.name;
  }
  if (!differing.empty()) facts.emplace_back("weights_differ_from_file", differing);
  events_.emit("config.reloaded", with_author(std::move(facts), author));
  answer_when_settled(std::move(applied), std::move(done));
}

}  // namespace segue::app

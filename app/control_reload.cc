// The configuration file, read again: all of it or nothing.
#include <algorithm>

#include "app/control.h"
#include "app/who.h"
#include "conf/load.h"

namespace segue::app {

using admin::Applied;
using admin::Author;
using admin::Refusal;

/// A reload on its way.
struct Control::Reload {
  bool weights_from_file;
  Author author;
  Done done;
  std::shared_ptr<const conf::Config> config = nullptr;  // since begin(), and what follows
  routing::Runtime runtime = {};
};

namespace {

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

std::vector<std::string> needs_restart(const conf::Config& now, const conf::Config& at_start) {
  std::vector<std::string> parts;
  if (now.workers != at_start.workers) parts.emplace_back("workers");
  if (!(now.admin == at_start.admin)) parts.emplace_back("[admin]");
  if (!(now.log == at_start.log)) parts.emplace_back("[log]");
  if (!same_confinement(now.process, at_start.process)) parts.emplace_back("[process]");
  if (now.state.dir != at_start.state.dir) parts.emplace_back("[state] dir");
  return parts;
}

/// Routes whose weights are not those of the file.
std::string differing(const conf::Config& config, const routing::Runtime& runtime) {
  std::string names;
  for (const conf::Route& route : config.routes) {
    const routing::Weights weights = routing::weights_of(runtime, route);
    const bool differs =
        std::any_of(route.split.begin(), route.split.end(),
                    [&](const auto& branch) { return weights.at(branch.pool) != branch.weight; });
    if (differs) names += (names.empty() ? "" : " ") + route.name;
  }
  return names;
}

}  // namespace

void Control::reload(bool weights_from_file, Author author, Done done) {
  if (auto refusal = refused(std::nullopt)) return done(fail(std::move(*refusal)));
  const auto reload =
      std::make_shared<Reload>(Reload{weights_from_file, std::move(author), std::move(done)});
  const bool pushed =
      queue_.push({[this, reload] { return begin(*reload); },
                   [this, reload](const ChangeQueue::Number& number) { end(*reload, number); }});
  if (!pushed)
    reload->done(fail(Refusal{Refusal::Kind::kUnavailable,
                              std::to_string(ChangeQueue::kWaitingMax) +
                                  " changes wait for the disk already; try again later",
                              {}}));
}

std::optional<Revision> Control::begin(Reload& reload) {
  const auto refused_with = [&](Problems problems) {
    refuse(reload, std::move(problems));
    return std::nullopt;
  };
  if (auto refusal = refused(std::nullopt)) {
    reload.done(fail(std::move(*refusal)));
    return std::nullopt;
  }
  auto loaded = conf::load(desired_.config->file);
  if (!loaded) return refused_with(std::move(loaded).error());
  reload.config = std::make_shared<const conf::Config>(std::move(*loaded));
  if (Status<Problems> read = tls_.prepare(*reload.config); !read)
    return refused_with(read.error());
  if (Status<Problems> bound = listeners_.prepare(*reload.config); !bound)
    return refused_with(bound.error());
  reload.runtime = desired_.runtime;
  if (reload.weights_from_file) {
    reload.runtime.weights.clear();
    reload.runtime.reverts.clear();
  }
  if (reload.runtime == desired_.runtime) {  // nothing to keep
    serve(reload);
    return std::nullopt;
  }
  if (auto rehearsed = rehearse(reload.config, reload.runtime); !rehearsed)
    return refused_with(std::move(rehearsed).error());
  reloading_ = true;
  return revision_of(reload.author, "reload with the weights of the file", desired_.runtime,
                     reload.runtime);
}

void Control::end(Reload& reload, const ChangeQueue::Number& number) {
  reloading_ = false;
  if (!number) {
    const std::string sentence =
        "nothing was changed, because it could not be kept: " + number.error().sentence;
    if (reload.config != nullptr) listeners_.discard();
    return reload.done(fail(Refusal{Refusal::Kind::kUnavailable, sentence, {}}));
  }
  kept_ = reload.runtime;
  reload.runtime = with_owed(std::move(reload.runtime));
  serve(reload);
}

void Control::refuse(Reload& reload, Problems problems) {
  const std::string file = desired_.config->file;
  listeners_.discard();
  events_.emit("config.refused",
               with_author({{"file", file},
                            {"problems", std::to_string(problems.size())},
                            {"first", problems.front().to_string()}},
                           reload.author),
               telemetry::Event::Level::kError);
  reload.done(fail(Refusal{Refusal::Kind::kInvalid,
                           file + " was not taken over; what ran before goes on running",
                           std::move(problems)}));
}

void Control::serve(Reload& reload) {
  tls_.apply();
  const std::shared_ptr<const conf::Config> before = std::exchange(desired_.config, reload.config);
  const conf::Config& config = *reload.config;
  if (Status<Problems> built = install(std::move(reload.runtime)); !built) {
    desired_.config = before;
    desired_.hear_operators();
    tls_.go_back();
    return refuse(reload, built.error());
  }
  listeners_.apply(config);
  memory_.set_limit(config.limits.memory_max);
  health_.configure();
  state_.configure(config.state);
  on_rotation_changed();  // what an endpoint was out for may not be looked at any more
  Facts facts = {{"file", config.file}, {"generation", std::to_string(snapshot_->generation)}};
  Applied applied;
  applied.needs_restart = needs_restart(config, *started_with_);
  if (!applied.needs_restart.empty())
    facts.emplace_back("needs_restart", joined(applied.needs_restart));
  if (const std::string names = differing(config, desired_.runtime); !names.empty())
    facts.emplace_back("weights_differ_from_file", names);
  events_.emit("config.reloaded", with_author(std::move(facts), reload.author));
  answer_when_caught_up(std::move(applied), std::move(reload.done));
}

}  // namespace segue::app

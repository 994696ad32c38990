// What operators ask for: one change after the other, each refused whole, or on the disk and then
// served by every worker.
#include <algorithm>

#include "admin/runtime_json.h"
#include "app/control.h"
#include "app/who.h"
#include "routing/build.h"

namespace segue::app {

using admin::Applied;
using admin::Author;
using admin::Refusal;
using routing::Difference;
using routing::Generation;
using routing::Runtime;

/// A change on its way.
struct Control::Item {
  admin::Change change;
  std::string title;  // before what is different: "undo of revision 7"; may be empty
  Done done;          // empty once it was called
  Runtime next;       // since begin()
  std::vector<Difference> differences = {};
};

namespace {

Refusal refusal_of(routing::RefusedOperation refused) {
  if (refused.not_found) return {Refusal::Kind::kNotFound, std::move(refused.text), {}};
  return {Refusal::Kind::kInvalid, refused.text, {{"", 0, 0, refused.path, refused.text}}};
}

Refusal refusal_of(Problems problems) {
  return {Refusal::Kind::kInvalid, problems.front().to_string(), problems};
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

/// Whether it is served before it is kept: when it cannot wait for a disk, or time itself did it.
bool is_urgent(const admin::Change& change) {
  const auto is = [&](auto* kind) {
    return std::ranges::any_of(change.operations, [&](const routing::Operation& operation) {
      return std::holds_alternative<std::remove_pointer_t<decltype(kind)>>(operation);
    });
  };
  return is(static_cast<routing::Abort*>(nullptr)) ||
         (change.operations.size() == 1 && is(static_cast<routing::Expire*>(nullptr)));
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

Result<Runtime, Refusal> Control::apply(const Runtime& to,
                                        const std::vector<routing::Operation>& all) const {
  Runtime next = to;
  for (const routing::Operation& operation : all) {
    auto applied = routing::apply(*desired_.config, std::move(next), operation);
    if (!applied) return fail(refusal_of(std::move(applied).error()));
    next = *std::move(applied);
  }
  return next;
}

Revision Control::revision_of(const Author& author, const std::string& title, const Runtime& before,
                              const Runtime& after) const {
  Revision revision;
  revision.at_ms = wall_clock_ms();
  revision.uid = author.uid;
  revision.name = author.name;
  revision.reason = author.reason;
  const std::string what = routing::to_text(routing::difference(*desired_.config, before, after));
  revision.what = title + (title.empty() || what.empty() ? "" : ": ") + what;
  revision.runtime = admin::runtime_text(after);
  return revision;
}

// The way of a change: its turn, the disk, the workers.

void Control::change(admin::Change change, Done done) {
  submit(std::move(change), "", std::move(done));
}

void Control::submit(admin::Change change, std::string title, Done done) {
  if (auto refusal = refused(change.if_match)) return done(fail(std::move(*refusal)));
  if (change.dry_run) return rehearse_only(std::move(change), done);
  const auto item =
      std::make_shared<Item>(Item{std::move(change), std::move(title), std::move(done), {}, {}});
  if (is_urgent(item->change)) return serve_at_once(item);
  const bool pushed =
      queue_.push({[this, item] { return begin(*item); },
                   [this, item](const ChangeQueue::Number& number) { end(*item, number); }});
  if (!pushed)
    item->done(fail(Refusal{Refusal::Kind::kUnavailable,
                            std::to_string(ChangeQueue::kWaitingMax) +
                                " changes wait for the disk already; try again later",
                            {}}));
}

void Control::rehearse_only(admin::Change change, const Done& done) {
  auto next = apply(desired_.runtime, change.operations);
  if (!next) return done(fail(std::move(next).error()));
  Applied applied{.changed = *next != desired_.runtime};
  applied.differences = routing::difference(*desired_.config, desired_.runtime, *next);
  auto rehearsed = rehearse(desired_.config, std::move(*next));
  if (!rehearsed) return done(fail(refusal_of(std::move(rehearsed).error())));
  applied.generation = snapshot_->generation;
  applied.would_serve = *std::move(rehearsed);
  done(std::move(applied));
}

std::optional<Revision> Control::begin(Item& item) {
  const auto refuse = [&](Refusal refusal) {
    item.done(fail(std::move(refusal)));
    return std::nullopt;
  };
  if (auto refusal = refused(item.change.if_match)) return refuse(std::move(*refusal));
  auto next = apply(desired_.runtime, item.change.operations);
  if (!next) return refuse(std::move(next).error());
  item.next = *std::move(next);
  item.differences = routing::difference(*desired_.config, desired_.runtime, item.next);
  if (item.next == desired_.runtime) {
    answer({.changed = false}, item.done);
    return std::nullopt;
  }
  // What is kept must be possible: after a restart there is nobody to refuse it to.
  if (auto rehearsed = rehearse(desired_.config, item.next); !rehearsed)
    return refuse(refusal_of(std::move(rehearsed).error()));
  return revision_of(item.change.author, item.title, desired_.runtime, item.next);
}

void Control::end(Item& item, const ChangeQueue::Number& number) {
  if (!number)
    return item.done(fail(
        Refusal{Refusal::Kind::kUnavailable,
                "nothing was changed, because it could not be kept: " + number.error().sentence,
                {}}));
  kept_ = item.next;
  // What was served at once meanwhile came later.
  if (Status<Problems> built = install(with_owed(std::move(item.next))); !built)
    return item.done(fail(refusal_of(std::move(built).error())));
  announce(item.differences, item.change.author);
  Applied applied;
  applied.differences = std::move(item.differences);
  applied.revision = *number;
  answer(std::move(applied), item.done);
}

// Served first, kept as soon as that is possible.

void Control::serve_at_once(const ItemRef& item) {
  auto next = apply(desired_.runtime, item->change.operations);
  if (!next) return item->done(fail(std::move(next).error()));
  item->differences = routing::difference(*desired_.config, desired_.runtime, *next);
  if (*next == desired_.runtime) return answer({.changed = false}, item->done);
  if (Status<Problems> built = install(*std::move(next)); !built)
    return item->done(fail(refusal_of(std::move(built).error())));
  announce(item->differences, item->change.author);
  if (!state_.writable()) {  // whoever aborts does not wait for another try
    Applied applied{.differences = item->differences, .kept = false};
    answer(std::move(applied), std::exchange(item->done, nullptr));
  }
  owe(item);
}

void Control::owe(admin::Change change, std::string title) {
  owe(std::make_shared<Item>(Item{std::move(change), std::move(title), nullptr, {}, {}}));
}

void Control::owe(const ItemRef& item) {
  if (owed_.size() >= kOwedMax) {  // the last one leads to what is served, whatever was before it
    end_owed(*owed_.back(), fail(store::StoreError{store::StoreError::Kind::kFailed, ""}));
    owed_.back() = item;
    return;
  }
  owed_.push_back(item);
  queue_.push_served(
      {[this] { return begin_owed(*owed_.front()); },
       [this](const ChangeQueue::Number& number) { end_owed(*ItemRef(owed_.front()), number); }});
}

Revision Control::begin_owed(Item& item) {
  auto next = apply(kept_, item.change.operations);
  // The last of them leads to what is served, whatever a reload has made of the others.
  const bool last = owed_.size() == 1;
  item.next = last || !next ? desired_.runtime : *std::move(next);
  return revision_of(item.change.author, item.title, kept_, item.next);
}

void Control::end_owed(Item& item, const ChangeQueue::Number& number) {
  if (number) {
    kept_ = item.next;
    owed_.pop_front();
  }
  if (!item.done) return;
  Applied applied{.differences = item.differences, .kept = number.ok()};
  if (number) applied.revision = *number;
  answer(std::move(applied), std::exchange(item.done, nullptr));
}

Runtime Control::with_owed(Runtime runtime) const {
  for (const ItemRef& item : owed_)
    if (auto next = apply(runtime, item->change.operations)) runtime = *std::move(next);
  return runtime;
}

// From a runtime to what is served.

/// The snapshot that these two would make, which nobody serves.
Result<std::shared_ptr<const routing::Snapshot>, Problems> Control::rehearse(
    std::shared_ptr<const conf::Config> config, Runtime runtime) {
  const auto exchange = [&] {
    std::swap(desired_.config, config);
    std::swap(desired_.runtime, runtime);
    desired_.hear_operators();
  };
  exchange();
  auto built = routing::build(desired_, snapshot_);
  exchange();
  return built;
}

Status<Problems> Control::install(Runtime runtime) {
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
  if (draining_) return;
  expire();
  arm_expiry();
  // What could not end is tried again, but not in every turn of the loop.
  const std::uint64_t end = routing::next_end(desired_.runtime);
  if (end != 0 && end <= wall_clock_ms()) loop_.deadlines().arm(expiry_, now() + Seconds(1));
}

void Control::expire() {
  admin::Change change{{routing::Expire{wall_clock_ms()}}, {}, {}, false};
  change.author.name = kOurName;
  change.author.reason = "its time is over";
  this->change(std::move(change), [this](Result<Applied, Refusal> result) {
    if (!result)
      events_.emit("change.refused", {{"reason", result.error().sentence}},
                   telemetry::Event::Level::kError);
  });
}

}  // namespace segue::app

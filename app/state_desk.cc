// Jobs for the thread that waits, and what becomes of their answers.
#include "app/state_desk.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "lib/base/clock.h"
#include "lib/store/folder.h"

namespace segue::app {

using telemetry::Event;

StateDesk::StateDesk(net::Loop& loop, telemetry::EventLog& events)
    : loop_(loop), events_(events), timer_(new uv_timer_t{}) {
  uv_timer_init(loop.uv(), timer_);
  timer_->data = this;
}

StateDesk::~StateDesk() {
  uv_close(reinterpret_cast<uv_handle_t*>(timer_),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
}

// Before serving.

std::string state_dir(const conf::State& settings) {
  if (!settings.dir.empty()) return settings.dir;
  // systemd's StateDirectory=, several of them with colons in between.
  const char* given = std::getenv("STATE_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): at start
  const std::string all = given == nullptr ? "" : given;
  return all.substr(0, all.find(':'));
}

Status<std::string> StateDesk::open(const conf::State& settings) {
  settings_ = settings;
  auto opened = StateStore::open(settings.dir);
  if (!opened) return fail("[state] dir: " + opened.error().sentence);
  opened_.emplace(std::move(opened).value());
  report_.dir = settings.dir;
  if (Journal* journal = opened_->journal(); journal != nullptr) {
    runtime_ = journal->runtime();
    if (auto health = journal->health()) health_ = std::move(*health);
  }
  take_over(look(*opened_));
  return Done{};
}

std::string StateDesk::secret(const std::string& key, std::string fresh) {
  if (Journal* journal = opened_->journal(); journal != nullptr)
    if (auto kept = journal->setting(key); kept && kept->has_value()) return **kept;
  static_cast<void>(opened_->set(key, fresh).ok());  // what is wrong is known and told
  take_over(look(*opened_));
  return fresh;
}

void StateDesk::distrust(const std::string& why) {
  if (thread_ != nullptr)
    return thread_->run([this, why](StateStore& store) -> StateThread::Answer {
      store.distrust({Error::Kind::kForeign, why});
      return [this, seen = look(store)] { take_over(seen); };
    });
  opened_->distrust({Error::Kind::kForeign, why});
  runtime_.clear();
  take_over(look(*opened_));
}

void StateDesk::start(OnRecovered on_recovered) {
  on_recovered_ = std::move(on_recovered);
  thread_ = std::make_unique<StateThread>(loop_, std::move(*opened_));
  opened_.reset();
  plan_backups();
  uv_timer_start(
      timer_, [](uv_timer_t* timer) { static_cast<StateDesk*>(timer->data)->tick(); }, kTickMs,
      kTickMs);
}

void StateDesk::configure(const conf::State& settings) {
  const std::string dir = std::move(settings_.dir);
  settings_ = settings;
  settings_.dir = dir;
  plan_backups();
}

// What the thread saw, in the report; a change for better or worse is told.

StateDesk::Seen StateDesk::look(StateStore& store) {
  Seen seen;
  seen.problem = store.problem();
  if (Journal* journal = store.journal(); journal != nullptr) {
    seen.first = journal->first();
    seen.last = journal->last();
    seen.bytes = journal->database().bytes();
  }
  return seen;
}

void StateDesk::take_over(const Seen& seen) {
  report_.first = seen.first;
  report_.last = seen.last;
  report_.bytes = seen.bytes;
  const bool was_writable = writable();
  report_.problem = seen.problem ? seen.problem->sentence : "";
  if (was_writable == writable()) return;
  if (writable()) {
    events_.emit("state.recovered",
                 {{"dir", report_.dir}, {"revision", std::to_string(report_.last)}});
    return;
  }
  report_.problem_since_ms = wall_clock_ms();
  next_retry_ms_ = report_.problem_since_ms + kRetryMs;
  events_.emit("state.failed",
               {{"dir", report_.dir},
                {"problem", report_.problem},
                {"advice", "segue goes on serving and refuses changes until this works again"}},
               Event::Level::kError);
}

// Jobs.

void StateDesk::append(Revision revision, Told<std::uint64_t> told) {
  thread_->run([this, keep = settings_.revisions_max, revision = std::move(revision),
                told = std::move(told)](StateStore& store) -> StateThread::Answer {
    return [this, told, number = store.append(revision, keep), seen = look(store)] {
      take_over(seen);
      told(number);
    };
  });
}

void StateDesk::list(std::uint64_t before, std::uint64_t limit, Told<std::vector<Revision>> told) {
  thread_->run([before, limit, told = std::move(told)](StateStore& store) -> StateThread::Answer {
    auto found = store.journal() == nullptr
                     ? Result<std::vector<Revision>, Error>(fail(*store.problem()))
                     : store.journal()->list(before, limit);
    return [told, found = std::move(found)] { told(found); };
  });
}

void StateDesk::find(std::uint64_t number, Told<std::optional<Revision>> told) {
  thread_->run([number, told = std::move(told)](StateStore& store) -> StateThread::Answer {
    auto found = store.journal() == nullptr
                     ? Result<std::optional<Revision>, Error>(fail(*store.problem()))
                     : store.journal()->find(number);
    return [told, found = std::move(found)] { told(found); };
  });
}

void StateDesk::image(Told<std::string> told) {
  thread_->run([told = std::move(told)](StateStore& store) -> StateThread::Answer {
    const auto made = [&]() -> Result<std::string, Error> {
      if (store.journal() == nullptr) return fail(*store.problem());
      store::Database& database = store.journal()->database();
      if (const std::uint64_t bytes = database.bytes(); bytes > kImageBytesMax)
        return fail(Error{Error::Kind::kFailed,
                          "the state has " + std::to_string(bytes) + " bytes, more than the " +
                              std::to_string(kImageBytesMax) +
                              " that are sent; use [state] backup, which writes files"});
      return database.image();
    };
    return [told, image = made()] { told(image); };
  });
}

void StateDesk::save_health(std::vector<EndpointHealth> all) {
  if (thread_ == nullptr) return;
  if (saving_health_) {
    next_health_ = std::move(all);
    return;
  }
  saving_health_ = true;
  thread_->run([this, all = std::move(all)](StateStore& store) -> StateThread::Answer {
    static_cast<void>(store.save_health(all).ok());
    return [this, seen = look(store)] {
      saving_health_ = false;
      take_over(seen);
      if (next_health_) save_health(*std::exchange(next_health_, std::nullopt));
    };
  });
}

// As time goes by.

void StateDesk::tick() {
  const std::uint64_t now_ms = wall_clock_ms();
  if (!writable() && !retrying_ && now_ms >= next_retry_ms_) retry();
  if (report_.backup_next_ms != 0 && !backing_up_ && now_ms >= report_.backup_next_ms)
    begin_backup(now_ms);
}

void StateDesk::retry() {
  retrying_ = true;
  thread_->run([this](StateStore& store) -> StateThread::Answer {
    const bool works = store.try_again().ok();
    return [this, works, seen = look(store),
            runtime = works ? store.journal()->runtime() : std::string()] {
      retrying_ = false;
      next_retry_ms_ = wall_clock_ms() + kRetryMs;
      take_over(seen);
      if (works) on_recovered_(runtime);
    };
  });
}

// Backups.

void StateDesk::plan_backups() {
  report_.backup_every_ms = static_cast<std::uint64_t>(settings_.backup.count());
  report_.backup_dir = settings_.backup_dir;
  if (report_.backup_dir.empty() && !settings_.dir.empty())
    report_.backup_dir = settings_.dir + "/backups";
  report_.backup_next_ms = 0;
  if (report_.backup_every_ms == 0 || report_.backup_dir.empty()) {
    report_.backup_dir.clear();
    return;
  }
  // From the newest that is there, so that restarts neither skip nor repeat one. The clock may
  // have been wrong when it was made.
  const std::uint64_t now_ms = wall_clock_ms();
  report_.backup_last_ms = std::min(newest_backup_ms(report_.backup_dir), now_ms);
  report_.backup_next_ms = std::max(now_ms, report_.backup_last_ms + report_.backup_every_ms);
}

void StateDesk::begin_backup(std::uint64_t now_ms) {
  backing_up_ = true;
  step_backup({report_.backup_dir, settings_.backup_keep},
              report_.backup_dir + "/" + backup_name(now_ms));
}

void StateDesk::step_backup(const BackupPlan& plan, const std::string& file) {
  thread_->run([this, file, plan](StateStore& store) -> StateThread::Answer {
    std::optional<Error> error;
    std::uint32_t removed = 0;
    if (auto made = store::make_folder(plan.folder); !made) error = made.error();
    if (!error) {
      auto done = store.continue_backup(file);
      if (done && !*done) return [this, plan, file] { step_backup(plan, file); };
      if (!done) error = done.error();
    }
    if (!error) {
      auto gone = remove_old_backups(plan);
      if (gone) removed = *gone;
    }
    return [this, file, error, removed] { end_backup(file, error, removed); };
  });
}

void StateDesk::end_backup(const std::string& file, const std::optional<Error>& error,
                           std::uint32_t removed) {
  backing_up_ = false;
  const std::uint64_t now_ms = wall_clock_ms();
  std::uint64_t in = report_.backup_every_ms;
  if (error) in = std::min(in, kBackupRetryMs);
  report_.backup_next_ms = in == 0 ? 0 : now_ms + in;
  report_.backup_problem = error ? error->sentence : "";
  if (error) {
    events_.emit("backup.failed", {{"file", file}, {"problem", error->sentence}},
                 Event::Level::kError);
    return;
  }
  report_.backup_last_ms = now_ms;
  events_.emit("backup.written", {{"file", file}, {"removed", std::to_string(removed)}});
}

}  // namespace segue::app

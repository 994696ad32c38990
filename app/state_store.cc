// Opening what can be opened, and trying again.
#include "app/state_store.h"

#include <utility>

namespace segue::app {

using store::Database;
using store::StoreError;

// The store.

Result<StateStore, StoreError> StateStore::open(const std::string& dir) {
  StateStore state(dir);
  if (dir.empty()) {
    auto journal = Journal::open(Database::in_memory(Journal::schema()));
    if (!journal) return fail(std::move(journal).error());
    state.journal_ = std::make_unique<Journal>(std::move(journal).value());
    return state;
  }
  if (auto opened = state.open_journal(); !opened) {
    if (opened.error().kind == StoreError::Kind::kTaken) return fail(opened.error());
    state.problem_ = opened.error();
    state.read_only();
  }
  return state;
}

Status<StoreError> StateStore::open_journal() {
  if (!folder_) {
    auto folder = store::Folder::take(dir_);
    if (!folder) return fail(std::move(folder).error());
    folder_.emplace(std::move(folder).value());
  }
  auto database = Database::open(*folder_ / kFile, Journal::schema());
  if (!database) return fail(std::move(database).error());
  auto journal = Journal::open(std::move(database).value());
  if (!journal) {
    StoreError error = std::move(journal).error();
    if (error.kind == StoreError::Kind::kCorrupt)
      error.sentence = *folder_ / kFile + ": " + error.sentence;
    return fail(std::move(error));
  }
  journal_ = std::make_unique<Journal>(std::move(journal).value());
  only_read_ = false;
  return Done{};
}

// A directory that became read-only still knows how traffic is to be divided.
void StateStore::read_only() {
  if (problem_->kind != StoreError::Kind::kUnwritable && problem_->kind != StoreError::Kind::kFull)
    return;
  const std::string path = folder_ ? *folder_ / kFile : dir_ + "/" + kFile;
  auto database = Database::open_to_read(path, Journal::schema());
  if (!database) return;
  auto journal = Journal::open(std::move(database).value());
  if (!journal) return;
  journal_ = std::make_unique<Journal>(std::move(journal).value());
  only_read_ = true;
}

Status<StoreError> StateStore::noted(Status<StoreError> status) {
  if (status)
    problem_.reset();
  else
    problem_ = status.error();
  return status;
}

Status<StoreError> StateStore::try_again() {
  if (distrusted_) return fail(*problem_);
  if (!closed()) return noted(journal_->probe());
  journal_.reset();  // or it would be in its own way
  return noted(open_journal());
}

void StateStore::distrust(StoreError why) {
  problem_ = std::move(why);
  only_read_ = distrusted_ = true;
}

Result<bool, StoreError> StateStore::continue_backup(const std::string& path) {
  if (journal_ == nullptr) return fail(*problem_);
  if (backup_ == nullptr) {
    auto begun = store::Backup::begin(journal_->database(), path);
    if (!begun) return fail(std::move(begun).error());
    backup_ = std::move(*begun);
  }
  auto done = backup_->step();
  if (!done || *done) backup_.reset();
  return done;
}

Result<std::uint64_t, StoreError> StateStore::append(const Revision& revision, std::uint64_t keep) {
  if (closed()) return fail(*problem_);
  auto number = journal_->append(revision, keep);
  if (number)
    problem_.reset();
  else
    problem_ = number.error();
  return number;
}

Status<StoreError> StateStore::set(std::string_view key, std::string_view value) {
  if (closed()) return fail(*problem_);
  return noted(journal_->set(key, value));
}

Status<StoreError> StateStore::save_health(const std::vector<EndpointHealth>& all) {
  if (closed()) return fail(*problem_);
  return noted(journal_->save_health(all));
}

}  // namespace segue::app

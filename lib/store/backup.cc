// SQLite's online backup into a file that gets its name at the end.
#include "lib/store/backup.h"

#include <utility>

#include <sqlite3.h>
#include <unistd.h>

#include "lib/store/files.h"

namespace segue::store {

void Backup::Close::operator()(sqlite3* db) const noexcept {
  sqlite3_close_v2(db);
}

Result<std::unique_ptr<Backup>, StoreError> Backup::begin(Database& source, std::string path) {
  std::string part = path + ".part";
  ::unlink(part.c_str());
  if (auto made = make_file(part); !made) return fail(std::move(made).error());
  std::unique_ptr<Backup> backup(new Backup(std::move(path), std::move(part)));
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(backup->part_.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, nullptr);
  backup->copy_.reset(raw);
  if (code != SQLITE_OK) return fail(translated(raw, code));
  // Half a copy is no copy: nothing of it needs to be durable or undone before it is whole.
  sqlite3_exec(raw, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", nullptr, nullptr,
               nullptr);
  backup->steps_ = sqlite3_backup_init(raw, "main", source.handle(), "main");
  if (backup->steps_ == nullptr) return fail(translated(raw, sqlite3_extended_errcode(raw)));
  return backup;
}

Backup::~Backup() {
  if (steps_ != nullptr) sqlite3_backup_finish(steps_);
  copy_.reset();
  ::unlink(part_.c_str());
}

Result<bool, StoreError> Backup::step() {
  const int code = sqlite3_backup_step(steps_, kPagesPerStep);
  if (code == SQLITE_OK) return false;
  const int end = sqlite3_backup_finish(std::exchange(steps_, nullptr));
  if (code != SQLITE_DONE || end != SQLITE_OK)
    return fail(translated(copy_.get(), code == SQLITE_DONE ? end : code));
  copy_.reset();
  if (auto named = give_name(part_, path_); !named) return fail(std::move(named).error());
  return true;
}

}  // namespace segue::store

// A copy of a database in a file, made step by step while the database goes on being used.
#pragma once

#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/store/database.h"

struct sqlite3_backup;

namespace segue::store {

/// What is written to the database meanwhile gets into the copy. Ends before the database does.
class Backup {
 public:
  static constexpr int kPagesPerStep = 256;  ///< 1 MiB

  /// Copies into "`path`.part", over an abandoned one.
  static Result<std::unique_ptr<Backup>, StoreError> begin(Database& source, std::string path);
  ~Backup();  ///< removes what is not complete
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  /// True when the copy is complete, on the disk and called `path`. After an error: no more steps.
  Result<bool, StoreError> step();
  const std::string& path() const noexcept { return path_; }

 private:
  struct Close {
    void operator()(sqlite3* db) const noexcept;
  };
  Backup(std::string path, std::string part) : path_(std::move(path)), part_(std::move(part)) {}

  std::string path_, part_;
  std::unique_ptr<sqlite3, Close> copy_;
  sqlite3_backup* steps_ = nullptr;  // null before it begins and when all are taken
};

}  // namespace segue::store

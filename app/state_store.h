// The state directory as one process has it: its journal when that can be used, else why not.
//
// Nothing here is destroyed or set aside: a journal that cannot be read stays where it is, and
// whoever repairs it finds it picked up by the next try.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/journal.h"
#include "lib/base/result.h"
#include "lib/store/backup.h"
#include "lib/store/folder.h"

namespace segue::app {

/// Blocking; used by one thread at a time.
class StateStore {
 public:
  static constexpr const char* kFile = "segue.db";

  /// Takes `dir` and opens what is in it; "" keeps all in memory. Errors: kTaken alone, for
  /// everything else is in problem().
  static Result<StateStore, store::StoreError> open(const std::string& dir);

  /// What was read; null while it never could be. Not to be written to while there is a problem().
  Journal* journal() noexcept { return journal_.get(); }
  bool writable() const noexcept { return !problem_; }
  const std::optional<store::StoreError>& problem() const noexcept { return problem_; }
  bool in_memory() const noexcept { return dir_.empty(); }

  /// Journal::append(), and problem() when it fails.
  Result<std::uint64_t, store::StoreError> append(const Revision& revision, std::uint64_t keep);
  Status<store::StoreError> set(std::string_view key, std::string_view value);
  Status<store::StoreError> save_health(const std::vector<EndpointHealth>& all);

  /// Opens, or writes, once more; Done when there is no problem any more.
  Status<store::StoreError> try_again();
  /// From now on nothing is written: what was read means nothing to us.
  void distrust(store::StoreError why);

  /// A step of a backup into `path`, the first one when none is going on; true when it is there.
  Result<bool, store::StoreError> continue_backup(const std::string& path);

 private:
  explicit StateStore(std::string dir) : dir_(std::move(dir)) {}
  bool closed() const noexcept { return journal_ == nullptr || only_read_; }
  Status<store::StoreError> open_journal();
  void read_only();
  Status<store::StoreError> noted(Status<store::StoreError> status);

  std::string dir_;
  std::optional<store::Folder> folder_;  // none in memory, or while there is none to take
  std::unique_ptr<Journal> journal_;
  std::optional<store::StoreError> problem_;
  bool only_read_ = false;  // the journal was opened so
  bool distrusted_ = false;
  std::unique_ptr<store::Backup> backup_;  // null when none is going on
};

}  // namespace segue::app

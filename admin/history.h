// What was changed, by whom and when, and whether it is kept: the door to the journal, which app
// implements.
//
// Everything is called on the control thread and every callback comes back on it, once; the journal
// is on a disk, so answers take their time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "admin/control.h"
#include "lib/base/result.h"
#include "routing/runtime.h"

namespace segue::admin {

/// A revision without what it says.
struct RevisionInfo {
  std::uint64_t number = 0;
  std::uint64_t at_ms = 0;
  std::uint32_t uid = 0;
  std::string name;    ///< of the user, may be empty
  std::string reason;  ///< may be empty
  std::string what;    ///< a sentence
};

struct RevisionDetail {
  RevisionInfo info;
  std::optional<routing::Runtime> before;  ///< none when it is no longer kept
  routing::Runtime after;
};

/// How well changes are kept.
struct StateInfo {
  std::string dir;      ///< "": in memory, until the process ends
  std::string problem;  ///< a sentence; "": what is changed is kept
  std::uint64_t problem_since_ms = 0;
  std::uint64_t revision = 0, first_revision = 0;  ///< newest and oldest there is; 0: none
  std::uint64_t unwritten = 0;                     ///< changes that are served and not kept yet
  std::uint64_t bytes = 0;                         ///< of the database
  std::string backup_dir;                          ///< "": none are scheduled
  std::uint64_t backup_every_ms = 0, backup_last_ms = 0, backup_next_ms = 0;
  std::string backup_problem;  ///< of the last one; "": none
};

class History {
 public:
  template <typename T>
  using Told = std::function<void(Result<T, Refusal>)>;

  virtual StateInfo state() const = 0;
  /// Newest first, at most `limit`, only those before revision `before` (0: all).
  virtual void list(std::uint64_t before, std::uint64_t limit,
                    Told<std::vector<RevisionInfo>> told) = 0;
  virtual void find(std::uint64_t number, Told<RevisionDetail> told) = 0;
  /// Everything becomes what it was before revision `number` (none: before the newest), as a new
  /// revision. `change` has no operations yet.
  virtual void undo(std::optional<std::uint64_t> number, Change change, Control::Done done) = 0;
  /// All of it as the bytes of a file that `segue restore` takes.
  virtual void image(Told<std::string> told) = 0;

 protected:
  ~History() = default;
};

}  // namespace segue::admin

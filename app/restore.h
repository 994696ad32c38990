// A backup becomes the state of a machine: checked first, put in place in one step, nothing lost.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

#include "app/journal.h"
#include "lib/base/result.h"

namespace segue::app {

struct RestorePlan {
  std::string file;  ///< what `segue ctl backup` or [state] backup wrote
  std::string dir;   ///< the state directory; made when it is missing
  /// State that is there already is kept under another name; without this it is a refusal.
  bool replace = false;
  /// Who shall own what is made; none: whoever owns `dir`, if this process may decide.
  std::optional<std::pair<uid_t, gid_t>> owner;
};

struct Restored {
  std::uint64_t first = 0, last = 0;  ///< revisions
  std::optional<Revision> newest;     ///< without its runtime; none when nothing was ever set
  std::string database;               ///< where it is now
  std::string kept_as;                ///< what was there before; "" when there was nothing
};

/// No segue may use `dir` meanwhile: that is checked. Errors: a sentence; nothing was changed.
Result<Restored, std::string> restore(const RestorePlan& plan);

}  // namespace segue::app

// Scheduled backups as files in a folder: their names say when they were made, and the oldest go.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/store/store_error.h"

namespace segue::app {

struct BackupPlan {
  std::string folder;
  std::uint32_t keep = 1;  ///< at least 1
};

/// "segue-20260131T235959Z.db". Files with other names are none of ours.
std::string backup_name(std::uint64_t wall_ms);

/// When the newest in `folder` was made; 0 when there is none.
std::uint64_t newest_backup_ms(const std::string& folder);

/// Removes all but the newest `keep`, and says how many. Errors: a folder that cannot be read.
Result<std::uint32_t, store::StoreError> remove_old_backups(const BackupPlan& plan);

}  // namespace segue::app

// Reading a small file whole.
#pragma once

#include <cstddef>
#include <string>

#include "lib/base/result.h"

namespace segue::conf {

/// The content of `path`. Errors: a predicate that fits behind the path, "cannot be read:
/// Permission denied" or "is larger than 64KiB". Blocks; for start and reload.
Result<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max);

}  // namespace segue::conf

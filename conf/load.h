// The way in: a file or its text -> a checked Config, or everything that is wrong with it.
#pragma once

#include <string>
#include <string_view>

#include "conf/config.h"
#include "conf/expand.h"
#include "lib/base/problem.h"
#include "lib/base/result.h"

namespace segue::conf {

inline constexpr std::size_t kFileBytesMax = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t kProblemsMax = 200;  ///< more are counted, not listed

/// Parses and checks `text`; `file` is its name in problems and in Config::file. Problems are in
/// the order of the file. Allocates and takes milliseconds: for start, reload and tools.
Result<Config, Problems> parse(std::string_view text, const std::string& file,
                               const Environment& environment = process_environment());

/// The same for the content of the file `path`.
Result<Config, Problems> load(const std::string& path,
                              const Environment& environment = process_environment());

}  // namespace segue::conf

// What operators have set as JSON and back, exactly: for the journal, and for those who read the
// history.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "admin/json.h"
#include "lib/base/result.h"
#include "routing/difference.h"
#include "routing/runtime.h"

namespace segue::admin {

/// Of the form; raised when an older segue could not read it.
inline constexpr std::uint64_t kRuntimeVersion = 1;

/// One line of ASCII; equal runtimes give equal text. Bytes that are not UTF-8 survive.
std::string runtime_text(const routing::Runtime& runtime);
/// "" is the runtime in which nothing is set. Errors: a sentence that names the member; also for
/// members that this segue does not know, for what they mean would be lost.
Result<routing::Runtime, std::string> parse_runtime(std::string_view text);

/// The same to read, times as timestamps.
Json runtime_json(const routing::Runtime& runtime);

/// [{"what": "weights", "name": "ui", "before": "old=90 new=10", "after": "old=70 new=30"}, …]
Json differences_json(const std::vector<routing::Difference>& differences);

}  // namespace segue::admin

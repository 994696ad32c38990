// One line of the access log from the facts of one exchange: JSON or logfmt, ended by '\n'.
//
// Every key is in every JSON line; a text that is not known is null (logfmt: -). A query never gets
// in: a path is cut at its '?'.
#pragma once

#include <cstddef>

#include "telemetry/access_log.h"
#include "telemetry/record.h"

namespace segue::telemetry {

inline constexpr std::size_t kAccessTextMax = 2048;  ///< bytes of one text; longer ones are cut

/// No line of `record` is longer, in either format.
std::size_t access_line_bound(const Record& record) noexcept;

/// Writes the line to `out`, which has room for access_line_bound(record), and returns its end. No
/// allocation.
char* write_access_line(char* out, const Record& record, AccessFormat format) noexcept;

}  // namespace segue::telemetry

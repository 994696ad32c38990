// Secrets that a configuration names rather than contains: "file:/path".
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace segue::conf {

inline constexpr std::size_t kSecretBytesMax = 64 * 1024;

/// `text` itself, or the content of the file that "file:/path" names, without one line end behind
/// it. Errors: a sentence (no such file, empty, larger than kSecretBytesMax), which never quotes a
/// secret.
Result<std::string, std::string> read_secret(std::string_view text);

}  // namespace segue::conf

// JSON in and out of the admin API: bodies that clients send are checked before they are built, and
// what we send is always valid UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "lib/base/result.h"

namespace segue::admin {

using Json = nlohmann::ordered_json;  ///< keeps the order in which things are best read

struct JsonBounds {
  std::size_t depth = 16;    ///< nested objects and arrays
  std::size_t items = 1024;  ///< members of one object, or elements of one array
};

/// Parses a request body. Errors: a sentence, with line and column for what is not JSON; also for
/// two members of one name and for what is beyond `bounds`. Building takes time quadratic in the
/// members of an object.
Result<Json, std::string> parse_json(std::string_view text, const JsonBounds& bounds);

/// Indented, ending in a newline. What is not UTF-8 becomes U+FFFD.
std::string to_text(const Json& json);

/// On one line, without a newline.
std::string to_line(const Json& json);

/// Milliseconds since the epoch as "2026-01-31T23:59:59.999Z"; null for 0.
Json timestamp(std::uint64_t wall_ms);

/// A share or ratio with at most four decimals, so that 1/3 does not fill the screen.
double rounded(double value);

/// "a string", "an object", … for messages about the wrong type.
const char* kind_of(const Json& json) noexcept;

}  // namespace segue::admin

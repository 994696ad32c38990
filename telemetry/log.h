// The log of the process: one line per event, a constant name first, its facts behind it.
//
//   2026-01-31T12:00:00.000Z warn endpoint.ejected pool=new endpoint=10.0.0.7:8080
//   cause=consecutive
//
// Any thread may log, but never per request: that is the access log. Before setup() lines go to
// standard error as text from info on. Facts never hold a header's value, a cookie, a query or a
// body.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.h"

namespace segue::telemetry::log {

/// error: someone must act. warn: we acted. info: the world changed. debug: the story behind it.
enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };
const char* to_string(Level level) noexcept;  ///< "debug", "info", "warn", "error"

enum class Format : std::uint8_t { kText, kJson };

using Fact = std::pair<std::string, std::string>;

struct Settings {
  std::string level = "info";  ///< "debug", "info", "warn" or "error"
  Format format = Format::kText;
  std::string file = {};  ///< appended to, created 0640; "" is standard error
};

/// Replaces where and how lines are written; may be called again at a reload. Errors: a sentence,
/// and nothing has changed.
Status<std::string> setup(const Settings& settings);

/// After log rotation: opens the file again. When that fails the old one stays.
void reopen();

void event(Level level, std::string_view name, std::span<const Fact> facts);
inline void event(Level level, std::string_view name, std::initializer_list<Fact> facts = {}) {
  event(level, name, std::span<const Fact>(facts.begin(), facts.size()));
}

/// As event(), for what may happen again and again: at most one line per (name, key) in
/// Repeats::kEvery. A line that speaks after a silence has `left_out=N`.
void repeated(Level level, std::string_view name, std::string_view key,
              std::initializer_list<Fact> facts);

/// The line that event() writes, without its '\n'.
std::string line(std::uint64_t wall_ms, Level level, std::string_view name,
                 std::span<const Fact> facts, Format format);

}  // namespace segue::telemetry::log

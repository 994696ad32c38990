// The one piece of state that the whole process shares: where its log goes.
#include "telemetry/log.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <spdlog/logger.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "telemetry/escape.h"
#include "telemetry/log_sink.h"
#include "telemetry/repeats.h"
#include "telemetry/timestamp.h"

namespace segue::telemetry::log {
namespace {

struct Destination {
  explicit Destination(std::string file, int fd, spdlog::level::level_enum level, Format form)
      : sink(std::make_shared<FileSink>(std::move(file), fd)), logger("segue", sink), format(form) {
    logger.set_level(level);
  }
  std::shared_ptr<FileSink> sink;
  spdlog::logger logger;
  Format format;
};

/// Logging is rare and its destination may change at a reload: a mutex is enough.
struct State {
  std::mutex mutex;
  std::shared_ptr<Destination> destination =
      std::make_shared<Destination>("", STDERR_FILENO, spdlog::level::info, Format::kText);
  Repeats repeats;
};

State& state() {
  static State* const only = new State;  // never destroyed: threads may log until the very end
  return *only;
}

std::shared_ptr<Destination> destination() {
  const std::lock_guard lock(state().mutex);
  return state().destination;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug: return spdlog::level::debug;
    case Level::kInfo: return spdlog::level::info;
    case Level::kWarn: return spdlog::level::warn;
    case Level::kError: break;
  }
  return spdlog::level::err;
}

}  // namespace

const char* to_string(Level level) noexcept {
  switch (level) {
    case Level::kDebug: return "debug";
    case Level::kInfo: return "info";
    case Level::kWarn: return "warn";
    case Level::kError: return "error";
  }
  return "unknown";
}

Status<std::string> setup(const Settings& settings) {
  constexpr Level kLevels[] = {Level::kDebug, Level::kInfo, Level::kWarn, Level::kError};
  const auto* level = std::find_if(std::begin(kLevels), std::end(kLevels),
                                   [&](Level l) { return settings.level == to_string(l); });
  if (level == std::end(kLevels)) {
    return fail("log level \"" + settings.level + "\", expected debug, info, warn or error");
  }
  auto fd = FileSink::open(settings.file);
  if (!fd) return fail(std::move(fd).error());
  auto next = std::make_shared<Destination>(settings.file, *fd, to_spdlog(*level), settings.format);
  const std::lock_guard lock(state().mutex);
  state().destination = std::move(next);
  return Done{};
}

void reopen() {
  const auto status = destination()->sink->reopen();
  if (!status) event(Level::kError, "log.reopen_failed", {{"error", status.error()}});
}

void event(Level level, std::string_view name, std::span<const Fact> facts) {
  const auto to = destination();
  if (!to->logger.should_log(to_spdlog(level))) return;
  to->logger.log(to_spdlog(level), line(wall_clock_ms(), level, name, facts, to->format));
}

void repeated(Level level, std::string_view name, std::string_view key,
              std::initializer_list<Fact> facts) {
  std::optional<std::uint64_t> left_out;
  {
    const std::lock_guard lock(state().mutex);
    left_out = state().repeats.admit(std::string(name) + "\n" + std::string(key), now());
  }
  if (!left_out) return;
  std::vector<Fact> all(facts);
  if (*left_out > 0) all.emplace_back("left_out", std::to_string(*left_out));
  event(level, name, all);
}

std::string line(std::uint64_t wall_ms, Level level, std::string_view name,
                 std::span<const Fact> facts, Format format) {
  char time[kTimestampBytes];
  const std::string_view when(time,
                              static_cast<std::size_t>(write_timestamp(time, wall_ms) - time));
  std::string out;
  if (format == Format::kText) {
    out.append(when).append(" ").append(to_string(level)).append(" ").append(name);
    for (const auto& [key, value] : facts) {
      out.append(" ").append(key).append("=");
      append_logfmt_value(out, value);
    }
    return out;
  }
  out.append("{\"time\":\"").append(when).append("\",\"level\":\"").append(to_string(level));
  out.append("\",\"event\":\"").append(name).append("\"");
  for (const auto& [key, value] : facts) {
    out.append(",\"").append(key).append("\":");
    append_json_string(out, value);
  }
  return out + "}";
}

}  // namespace segue::telemetry::log

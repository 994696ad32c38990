// Listeners may come, go and emit while they are being told.
#include "telemetry/events.h"

#include <span>

#include "lib/base/clock.h"
#include "telemetry/log.h"

namespace segue::telemetry {
namespace {

log::Level to_log(Event::Level level) {
  switch (level) {
    case Event::Level::kInfo: return log::Level::kInfo;
    case Event::Level::kWarn: return log::Level::kWarn;
    case Event::Level::kError: break;
  }
  return log::Level::kError;
}

}  // namespace

std::uint64_t EventLog::emit(std::string name,
                             std::vector<std::pair<std::string, std::string>> facts,
                             Event::Level level) {
  const Event event{++last_id_, wall_clock_ms(), std::move(name), std::move(facts), level};
  recent_.push_back(event);
  if (recent_.size() > kKept) recent_.pop_front();
  log::event(to_log(level), event.name, std::span<const log::Fact>(event.facts));

  std::vector<std::uint64_t> tokens;
  for (const auto& [token, listener] : listeners_) tokens.push_back(token);
  for (const std::uint64_t token : tokens) {
    const auto found = listeners_.find(token);
    if (found == listeners_.end()) continue;  // another listener ended it
    const Listener listener = found->second;  // it may end itself while it runs
    listener(event);
  }
  return event.id;
}

std::uint64_t EventLog::listen(Listener listener) {
  listeners_.emplace(++last_token_, std::move(listener));
  return last_token_;
}

void EventLog::unlisten(std::uint64_t token) {
  listeners_.erase(token);
}

}  // namespace segue::telemetry

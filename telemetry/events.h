// Events: what changed in the world and why. Kept for readers that come later, told to those that
// listen, and logged.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace segue::telemetry {

/// "endpoint.up" with its facts. Names are constants of the form noun.past_participle.
struct Event {
  std::uint64_t id = 0;  ///< from 1, without gaps
  std::uint64_t wall_ms = 0;
  std::string name;
  std::vector<std::pair<std::string, std::string>>
      facts;  ///< in the order to show; keys as in config and metrics
  enum class Level : std::uint8_t { kInfo, kWarn, kError } level = Level::kInfo;
};

/// Control thread only.
class EventLog {
 public:
  static constexpr std::size_t kKept = 1000;

  /// Stamps, keeps, logs through spdlog and tells every listener. Returns the event's id.
  std::uint64_t emit(std::string name, std::vector<std::pair<std::string, std::string>> facts,
                     Event::Level level = Event::Level::kInfo);

  const std::deque<Event>& recent() const noexcept {
    return recent_;
  }  ///< oldest first, at most kKept

  using Listener = std::function<void(const Event&)>;
  std::uint64_t listen(Listener listener);  ///< returns a token
  void unlisten(std::uint64_t token);

 private:
  std::deque<Event> recent_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t last_id_ = 0, last_token_ = 0;
};

}  // namespace segue::telemetry

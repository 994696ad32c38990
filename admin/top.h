// The picture that `segue ctl top` draws: answers of the admin API to lines of a terminal. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "admin/json.h"
#include "admin/table.h"

namespace segue::admin {

/// What one look at the process gave. Absent parts are null.
struct TopReading {
  double at = 0;  ///< seconds, of any clock that goes on evenly
  Json status, splits, pools, events;
};

/// Rates of the (route, pool)s over the last readings.
class TopHistory {
 public:
  static constexpr std::size_t kKept = 40;  ///< rates, a column each

  void add(const TopReading& reading);

  /// Requests per second between the last two readings; 0 before there are two.
  double rate(const std::string& route, const std::string& pool) const;
  /// "▁▂▃▅▇" of the last `columns` rates, the newest at the right, in proportion to the route's
  /// highest.
  std::string spark(const std::string& route, const std::string& pool, std::size_t columns) const;

 private:
  using Name = std::pair<std::string, std::string>;
  std::map<Name, std::deque<double>> rates_;
  std::map<Name, std::uint64_t> counts_;
  double last_at_ = 0;
};

struct TopSize {
  std::size_t columns = 80, rows = 24;
};

/// At most size.rows lines, each ending in "\n" and none wider than size.columns. `note` stands at
/// the end of the last one: "paused", or why there is nothing new.
std::string draw_top(const TopReading& reading, const TopHistory& history, TopSize size,
                     const Paint& paint, std::string_view note);

}  // namespace segue::admin

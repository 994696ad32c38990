// What the audience sees: announcements that stay, and below them a table that is redrawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace segue::app {

/// One pool of one route.
struct DemoRow {
  std::string route, pool;
  std::uint64_t weight = 0;
  double effective = 0;            ///< share, 0…1
  std::optional<double> observed;  ///< share since the weights changed; none without requests
  std::uint64_t requests = 0, failures = 0;
  std::optional<double> p50_ms, p99_ms;  ///< since the weights changed
  std::string health;
};

/// The table as text, one line per row and one above them.
std::string table_of(const std::vector<DemoRow>& rows);

class DemoView {
 public:
  /// `live`: standard output is a terminal, on which the table is redrawn; else it is printed by
  /// print() alone.
  explicit DemoView(bool live) : live_(live) {}

  void say(const std::string& sentence);  ///< stays above the table
  void draw(const std::vector<DemoRow>& rows, const std::string& footer);  ///< live only
  void print(const std::vector<DemoRow>& rows);  ///< stays; ends the redrawing of what is there

 private:
  void erase();  // the table drawn last
  const bool live_;
  int drawn_ = 0;  // lines
};

}  // namespace segue::app

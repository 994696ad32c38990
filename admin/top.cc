// A line about the process, the splits with their rates, the pools, and as many events as fit.
#include "admin/top.h"

#include <algorithm>
#include <vector>

#include "admin/ctl_session.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

constexpr std::size_t kSparkColumns = 12, kBarColumns = 10;

/// "█████▌    " for a share of 0…1.
std::string bar(double share, std::size_t columns) {
  constexpr std::string_view kParts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(
      std::clamp(share, 0.0, 1.0) * static_cast<double>(columns * 8) + 0.5);
  std::string out;
  for (std::size_t i = 0; i < eighths / 8; ++i) out += "█";
  out += kParts[eighths % 8];
  const std::size_t used = eighths / 8 + (eighths % 8 != 0 ? 1 : 0);
  return out + std::string(columns - std::min(columns, used), ' ');
}

/// Whole lines of at most `columns`; colour codes take no room.
class Screen {
 public:
  Screen(TopSize size, const Paint& paint) : size_(size), paint_(paint) {}

  std::size_t left() const { return size_.rows - std::min(size_.rows, lines_.size()); }
  void line(const std::string& text) {
    if (left() > 0) lines_.push_back(cut(text));
  }
  void text(const std::string& lines) {
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = lines.find('\n', at);
      line(lines.substr(at, end - at));
      if (end == std::string::npos) return;
      at = end + 1;
    }
  }
  std::string render() const {
    std::string out;
    for (const std::string& line : lines_) out += line + "\n";
    return out;
  }
  const Paint& paint() const { return paint_; }

 private:
  /// Cuts what stands beyond the last column, and ends its colour.
  std::string cut(const std::string& text) const {
    std::size_t at = 0, width = 0;
    bool coloured = false;
    while (at < text.size()) {
      if (text[at] == '\x1b') {
        const std::size_t end = text.find('m', at);
        if (end == std::string::npos) break;
        coloured = true;
        at = end + 1;
        continue;
      }
      std::size_t next = at + 1;
      while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
      const std::size_t columns = display_width(std::string_view(text).substr(at, next - at));
      if (width + columns > size_.columns) return text.substr(0, at) + (coloured ? "\x1b[0m" : "");
      width += columns;
      at = next;
    }
    return text;
  }

  TopSize size_;
  const Paint& paint_;
  std::vector<std::string> lines_;
};

void draw_status(Screen& screen, const Json& status, std::string_view note) {
  const Paint& paint = screen.paint();
  const Json& requests = member(status, "requests");
  const Json& per_second = member(requests, "per_second");
  const bool ready = member(status, "ready") == true;
  std::string text = paint(Tone::kBold, "segue " + printable(string_of(status, "version"))) + "  " +
                     (ready ? paint(Tone::kGood, "ready") : paint(Tone::kBad, "not ready")) +
                     "  up " + human_seconds(number_of(status, "uptime_seconds")) +
                     "  generation " + text_of(member(status, "generation")) + "  " +
                     human_rate(per_second.is_number() ? per_second.get<double>() : 0) +
                     " requests/s  " + human_count(number_of(requests, "in_flight")) +
                     " in flight  " +
                     human_bytes(number_of(member(status, "memory"), "resident_bytes"));
  if (!note.empty()) text += "  " + paint(Tone::kWarn, note);
  screen.line(text);
  for (const Json& warning : member(status, "warnings"))
    screen.line(paint(Tone::kWarn, "! " + printable(text_of(warning))));
}

void draw_splits(Screen& screen, const Json& splits, const TopHistory& history) {
  Table table({{"ROUTE"},
               {"POOL"},
               {"WEIGHT", Align::kRight},
               {"SET", Align::kRight},
               {"POSSIBLE", Align::kRight},
               {"SEEN", Align::kRight},
               {""},
               {"REQ/S", Align::kRight},
               {""},
               {"IN FLIGHT", Align::kRight},
               {"FAILED", Align::kRight},
               {"P99", Align::kRight}});
  for (const Json& split : member(splits, "splits")) {
    bool first = true;
    const std::string route = string_of(split, "route");
    for (const Json& pool : member(split, "pools")) {
      const std::string name = string_of(pool, "pool");
      const Json& minute = member(member(pool, "observed"), "last_minute");
      const Json& seen = member(minute, "share");
      const Json& p99 = member(minute, "p99_ms");
      const std::uint64_t failures = number_of(minute, "failures");
      const bool eligible = member(pool, "eligible") == true;
      table.row(
          {{first ? route : "", Tone::kBold},
           {name + (member(pool, "fallback") == true ? " (fallback)" : ""),
            eligible ? Tone::kPlain : Tone::kBad},
           {exact_of(member(pool, "weight"))},
           {percent_of(member(pool, "share"))},
           {percent_of(member(pool, "effective_share")), eligible ? Tone::kPlain : Tone::kBad},
           {percent_of(seen)},
           {bar(seen.is_number() ? seen.get<double>() : 0, kBarColumns), Tone::kAccent},
           {human_rate(history.rate(route, name))},
           {history.spark(route, name, kSparkColumns), Tone::kGood},
           {human_count(number_of(pool, "in_flight"))},
           {human_count(failures), failures > 0 ? Tone::kWarn : Tone::kPlain},
           {p99.is_number() ? human_millis(p99.get<double>()) : "–"}});
      first = false;
    }
  }
  screen.line("");
  screen.text(table.render(screen.paint()));
}

void draw_pools(Screen& screen, const Json& pools) {
  Table table({{"POOL"}, {"STATE"}, {"ENDPOINTS", Align::kRight}, {"OUT"}});
  for (const Json& pool : member(pools, "pools")) {
    std::string out;
    std::size_t all = 0;
    for (const Json& endpoint : member(pool, "endpoints")) {
      ++all;
      if (string_of(endpoint, "rotation") != "in")
        out += (out.empty() ? "" : ", ") + string_of(endpoint, "address") + " " +
               string_of(endpoint, "rotation") + " (" + string_of(endpoint, "cause") + ")";
    }
    const bool eligible = member(pool, "eligible") == true;
    table.row(
        {{string_of(pool, "pool"), Tone::kBold},
         {eligible ? "takes traffic" : "cannot take traffic", eligible ? Tone::kGood : Tone::kBad},
         {text_of(member(pool, "in_rotation")) + "/" + std::to_string(all)},
         {out, Tone::kWarn}});
  }
  screen.line("");
  screen.text(table.render(screen.paint()));
}

void draw_events(Screen& screen, const Json& events) {
  if (screen.left() < 3) return;
  screen.line("");
  const Json& list = member(events, "events");
  const std::size_t count = std::min<std::size_t>(list.size(), screen.left());
  for (std::size_t i = list.size() - count; i < list.size(); ++i) {
    const Json& event = list[i];
    const std::string level = string_of(event, "level");
    std::string text = screen.paint()(Tone::kDim, printable(string_of(event, "time"))) + "  " +
                       screen.paint()(level == "error"  ? Tone::kBad
                                      : level == "warn" ? Tone::kWarn
                                                        : Tone::kPlain,
                                      printable(string_of(event, "name")));
    for (const auto& [key, value] : member(event, "facts").items())
      text += " " + screen.paint()(Tone::kDim, printable(key) + "=") + printable(text_of(value));
    screen.line(text);
  }
}

}  // namespace

void TopHistory::add(const TopReading& reading) {
  const double seconds = reading.at - last_at_;
  for (const Json& split : member(reading.splits, "splits"))
    for (const Json& pool : member(split, "pools")) {
      const Name name{string_of(split, "route"), string_of(pool, "pool")};
      const std::uint64_t count = number_of(pool, "requests");
      const auto known = counts_.find(name);
      if (known != counts_.end() && seconds > 0) {
        // A count that went back is that of another process.
        const std::uint64_t more = count >= known->second ? count - known->second : count;
        std::deque<double>& rates = rates_[name];
        rates.push_back(static_cast<double>(more) / seconds);
        if (rates.size() > kKept) rates.pop_front();
      }
      counts_[name] = count;
    }
  last_at_ = reading.at;
}

double TopHistory::rate(const std::string& route, const std::string& pool) const {
  const auto at = rates_.find({route, pool});
  return at == rates_.end() || at->second.empty() ? 0 : at->second.back();
}

std::string TopHistory::spark(const std::string& route, const std::string& pool,
                              std::size_t columns) const {
  constexpr std::string_view kHeights[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double highest = 0;
  for (const auto& [name, rates] : rates_)
    if (name.first == route)
      for (const double rate : rates) highest = std::max(highest, rate);
  const auto at = rates_.find({route, pool});
  if (at == rates_.end()) return std::string(columns, ' ');
  const std::size_t count = std::min(columns, at->second.size());
  std::string out(columns - count, ' ');
  for (std::size_t i = at->second.size() - count; i < at->second.size(); ++i) {
    const double part = highest > 0 ? at->second[i] / highest : 0;
    out += kHeights[static_cast<std::size_t>(part * 8 + 0.5)];
  }
  return out;
}

std::string draw_top(const TopReading& reading, const TopHistory& history, TopSize size,
                     const Paint& paint, std::string_view note) {
  Screen screen(size, paint);
  draw_status(screen, reading.status, note);
  draw_splits(screen, reading.splits, history);
  draw_pools(screen, reading.pools);
  draw_events(screen, reading.events);
  return screen.render();
}

}  // namespace segue::admin

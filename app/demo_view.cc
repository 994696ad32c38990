#include "app/demo_view.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace segue::app {
namespace {

std::string number(const char* format, double value) {
  std::array<char, 32> text;
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string percent(std::optional<double> share) {
  return share ? number("%.1f %%", *share * 100) : "-";
}
std::string milliseconds(std::optional<double> ms) {
  return ms ? number("%.1f ms", *ms) : "-";
}

std::string padded(const std::string& text, int width) {  // right-aligned when negative
  const std::size_t size = static_cast<std::size_t>(std::abs(width));
  const std::string space(size > text.size() ? size - text.size() : 0, ' ');
  return width < 0 ? space + text : text + space;
}

struct Column {
  const char* title;
  int width;
};
constexpr std::array<Column, 10> kColumns{{{"route", 9},
                                           {"pool", 5},
                                           {"weight", -7},
                                           {"effective", -10},
                                           {"observed", -9},
                                           {"requests", -9},
                                           {"failures", -9},
                                           {"p50", -10},
                                           {"p99", -10},
                                           {"health", -10}}};

std::string line_of(const std::array<std::string, kColumns.size()>& cells) {
  std::string line = "  ";
  for (std::size_t i = 0; i < cells.size(); ++i) line += padded(cells[i], kColumns[i].width) + " ";
  return line + "\n";
}

}  // namespace

std::string table_of(const std::vector<DemoRow>& rows) {
  std::array<std::string, kColumns.size()> titles;
  std::ranges::transform(kColumns, titles.begin(),
                         [](const Column& column) { return std::string(column.title); });
  std::string text = line_of(titles);
  for (const DemoRow& row : rows)
    text +=
        line_of({row.route, row.pool, std::to_string(row.weight), percent(row.effective),
                 percent(row.observed), std::to_string(row.requests), std::to_string(row.failures),
                 milliseconds(row.p50_ms), milliseconds(row.p99_ms), row.health});
  return text;
}

void DemoView::erase() {
  if (drawn_ > 0) std::printf("\x1b[%dA\x1b[J", drawn_);
  drawn_ = 0;
}

void DemoView::say(const std::string& sentence) {
  erase();
  std::printf(live_ ? "\x1b[1m%s\x1b[0m\n" : "%s\n", sentence.c_str());
  std::fflush(stdout);
}

void DemoView::draw(const std::vector<DemoRow>& rows, const std::string& footer) {
  if (!live_) return;
  erase();
  const std::string text = "\n" + table_of(rows) + "\n  " + footer + "\n";
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
  drawn_ = static_cast<int>(std::ranges::count(text, '\n'));
}

void DemoView::print(const std::vector<DemoRow>& rows) {
  erase();
  std::fputs(table_of(rows).c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace segue::app

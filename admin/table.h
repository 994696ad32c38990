// Text for terminals: tables whose columns line up whatever their cells hold, and colour where it
// is wanted. Pure functions; nothing here looks at the terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace segue::admin {

enum class Tone : std::uint8_t { kPlain, kBold, kDim, kGood, kWarn, kBad, kAccent };

/// Adds colour (ANSI SGR), or does not.
class Paint {
 public:
  explicit Paint(bool colour = false) noexcept : colour_(colour) {}
  std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool colour_;
};

/// Columns that UTF-8 `text` takes on a terminal: wide characters two, combining marks none.
std::size_t display_width(std::string_view text) noexcept;

/// `text` without anything that moves the cursor or hides the rest: control characters, line ends,
/// escapes and bidirectional overrides are written as "\x1b" or "\u202e", bytes that are not UTF-8
/// as "\xff".
std::string printable(std::string_view text);

enum class Align : std::uint8_t { kLeft, kRight };

struct Column {
  std::string title;
  Align align = Align::kLeft;
};

struct Cell {
  std::string text;
  Tone tone = Tone::kPlain;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// Missing cells are empty; cells beyond the columns are dropped. Texts are made printable().
  void row(std::vector<Cell> cells);
  bool empty() const noexcept { return rows_.empty(); }

  /// The title line and the rows, two spaces between columns, each line ending in "\n" and in no
  /// space.
  std::string render(const Paint& paint, std::string_view indent = "") const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace segue::admin

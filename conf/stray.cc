// A lexer of five states: outside, comment, and three that end with the quotes they began with.
#include "conf/stray.h"

#include <algorithm>

namespace segue::conf {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The quotes a string begins with at `rest`, longest first, or "".
std::string_view quotes(std::string_view rest) {
  for (const std::string_view mark : {"\"\"\"", "'''", "\"", "'"})
    if (rest.starts_with(mark)) return rest.substr(0, mark.size());
  return {};
}

// The length of the string that begins at `rest` with `mark`, both marks included; to the end of
// the line, or of the text, where it has no end.
std::size_t string_length(std::string_view rest, std::string_view mark) {
  const bool basic = mark.front() == '"', one_line = mark.size() == 1;
  for (std::size_t at = mark.size(); at < rest.size(); ++at) {
    if (basic && rest[at] == '\\' && at + 1 < rest.size() && rest[at + 1] != '\n') {
      ++at;
    } else if (one_line && rest[at] == '\n') {
      return at;
    } else if (rest.substr(at).starts_with(mark)) {
      at += mark.size();
      // """a""""" ends with two quotes that belong to the text.
      while (!one_line && at < rest.size() && rest[at] == mark.front()) ++at;
      return at;
    }
  }
  return rest.size();
}

// In lines and characters, both from 1.
Position position_of(std::string_view text, std::size_t offset) {
  Position position{1, 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++position.column;
    }
  }
  return position;
}

}  // namespace

std::optional<Position> find_stray(std::string_view text) {
  std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    if (rest.front() == '#') {
      at += std::min(rest.find('\n'), rest.size());
    } else if (const std::string_view mark = quotes(rest); !mark.empty()) {
      at += string_length(rest, mark);
    } else if (static_cast<unsigned char>(rest.front()) >= 0x80) {
      return position_of(text, at);
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace segue::conf

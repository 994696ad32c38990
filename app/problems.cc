// Places are bold and the paths of keys are coloured where the terminal can.
#include "app/problems.h"

#include <ostream>

namespace segue::app {
namespace {

constexpr std::string_view kBold = "\x1b[1m", kRed = "\x1b[31m", kPlain = "\x1b[0m";

// Problem::to_string with colours: the same text but for the escape sequences.
std::string coloured(const Problem& problem) {
  std::string place = problem.file;
  if (problem.line > 0)
    place += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  std::string out;
  if (!place.empty()) out.append(kBold).append(place).append(":").append(kPlain).append(" ");
  if (!problem.path.empty())
    out.append(kRed).append(problem.path).append(":").append(kPlain).append(" ");
  return out + problem.text;
}

}  // namespace

void show(const Problems& problems, const std::string& file, Console& console) {
  for (const Problem& problem : problems)
    console.err << (console.colour ? coloured(problem) : problem.to_string()) << '\n';
  if (problems.size() > 1) console.err << file << ": " << problems.size() << " problems\n";
}

nlohmann::ordered_json to_json(const Problems& problems) {
  auto list = nlohmann::ordered_json::array();
  for (const Problem& problem : problems)
    list.push_back({{"file", problem.file},
                    {"line", problem.line},
                    {"column", problem.column},
                    {"path", problem.path},
                    {"text", problem.text}});
  return list;
}

}  // namespace segue::app

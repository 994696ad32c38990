// A mistake in something a person wrote, with its place: what conf's parsers and the admin socket
// report.
#pragma once

#include <string>
#include <vector>

namespace segue {

struct Problem {
  std::string file;  ///< "" when it did not come from a file
  int line = 0;      ///< from 1; 0 when unknown
  int column = 0;    ///< from 1; 0 when unknown
  std::string path;  ///< "routes[2].split.new"
  std::string text;  ///< what is, what should be, what to do: "weight 2000000, expected 0…1000000"

  /// "segue.toml:41:9: routes[2].split.new: weight 2000000, expected 0…1000000".
  std::string to_string() const {
    std::string out;
    if (!file.empty()) out += file + ":";
    if (line > 0) out += std::to_string(line) + ":" + std::to_string(column) + ":";
    if (!out.empty()) out += " ";
    if (!path.empty()) out += path + ": ";
    return out + text;
  }
};

using Problems = std::vector<Problem>;  ///< never empty where it stands for a failure

}  // namespace segue

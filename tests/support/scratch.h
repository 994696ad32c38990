// A file with a given content that is gone when the test is.
#pragma once

#include <fstream>
#include <string>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace segue::tests {

class Scratch {
 public:
  explicit Scratch(std::string_view content) { std::ofstream(path(), std::ios::binary) << content; }
  std::string path() const { return dir_ / "segue.toml"; }

 private:
  TempDir dir_;
};

}  // namespace segue::tests

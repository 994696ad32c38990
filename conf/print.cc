// The sections know how to print themselves (sections.h).
#include "conf/print.h"

#include "conf/sections.h"

namespace segue::conf {

std::string print(const Config& config) {
  std::string out;
  print_root(out, config);
  return out;
}

}  // namespace segue::conf

// What a failed SEGUE_CHECK does: say where and why, then abort for a core.
#include "lib/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace segue::detail {

void check_failed(const char* expression, const char* why, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: check failed: %s (%s)\n", file, line, expression, why);
  std::abort();
}

}  // namespace segue::detail

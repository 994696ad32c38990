// One line per key that is marked secret.
#include "conf/redact.h"

namespace segue::conf {

Config redacted(Config config) {
  for (Pool& pool : config.pools)
    for (auto& [name, value] : pool.health.headers) value = kHidden;
  return config;
}

}  // namespace segue::conf

// One line per key that is marked secret.
#include "conf/redact.h"

namespace segue::conf {

Config redacted(Config config) {
  for (Pool& pool : config.pools)
    for (auto& [name, value] : pool.health.headers) value = kHidden;
  for (Route& route : config.routes)
    if (!route.tester_override.secret.empty()) route.tester_override.secret = kHidden;
  if (!config.sessions.secret.empty()) config.sessions.secret = kHidden;
  return config;
}

}  // namespace segue::conf

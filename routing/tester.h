// Whom a tester asks for: the pool that a request names in the way its route allows.
#pragma once

#include <cstddef>

#include "lib/http/message.h"
#include "routing/snapshot.h"

namespace segue::routing {

struct TesterWord {
  bool said = false;                   ///< the request names a pool, rightly or not
  std::size_t destination = SIZE_MAX;  ///< of the route; SIZE_MAX: refused, or nothing was said
};

/// Reads `override` of the route: the first such field, or else the first such parameter, says
/// "POOL", or "POOL:SECRET" where there is a secret. Secrets are compared in constant time.
TesterWord tester_word(const Snapshot& snapshot, const Route& route, const http::Head& head);

}  // namespace segue::routing

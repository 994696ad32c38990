// The operator's words, spread over the endpoints they are about.
#include "routing/desired.h"

namespace segue::routing {

void Desired::hear_operators() {
  for (auto& [id, state] : endpoints) state.by_operator = Word::kNone;
  for (const conf::Pool& pool : config->pools) {
    const auto said = runtime.endpoints.find(pool.name);
    if (said == runtime.endpoints.end()) continue;
    for (const conf::Endpoint& endpoint : pool.endpoints)
      if (const auto at = said->second.find(endpoint.address); at != said->second.end())
        endpoints[endpoint_id(pool.name, endpoint.address)].by_operator = at->second.word;
  }
}

}  // namespace segue::routing

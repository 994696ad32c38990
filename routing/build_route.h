// One route of the configuration, with the weights of the moment, as requests read it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/problem.h"
#include "routing/desired.h"
#include "routing/snapshot.h"

namespace segue::routing {

/// A route has at most this many destinations (pools of its split, fallback pools, the unknown
/// pool), so that a set of them is one word.
inline constexpr std::size_t kDestinationsMax = 32;

/// What is being built around a route.
struct Surroundings {
  const std::string& file;
  std::size_t index;      ///< of the route in the file, for problems: "routes[2]"
  Generation generation;  ///< the one being built
  const std::vector<std::shared_ptr<const Pool>>& pools;  ///< of this generation, complete
  std::shared_ptr<const PinTable> pins;                   ///< of the route's group; null for none
};

/// The route as `desired` has it: `previous` itself (may be null) when nothing about it has
/// changed. Gives out ids. Null, with `problems` longer, when the route makes no sense: an unknown
/// pool, weights that no split takes, a path that does not begin with '/', an expression that does
/// not compile.
std::shared_ptr<const Route> build_route(Desired& desired, const conf::Route& settings,
                                         const Surroundings& around,
                                         const std::shared_ptr<const Route>& previous,
                                         Problems& problems);

}  // namespace segue::routing

// Pools admit nested sets of cohorts, so between two of their numbers the same branches are open.
#include "admin/shares.h"

#include <algorithm>
#include <vector>

#include "routing/place.h"

namespace segue::admin {
namespace {

/// Whether some fallback pool takes a cohort that `order` thousandths are admitted before.
bool falls_back(const routing::Snapshot& snapshot, const routing::Route& route,
                std::uint32_t order) {
  return std::any_of(route.fallback.begin(), route.fallback.end(), [&](std::size_t destination) {
    const routing::Pool& pool = snapshot.pool(route.destinations[destination].pool);
    return pool.eligible && order < pool.admitted;
  });
}

}  // namespace

double effective_share(const routing::Snapshot& snapshot, const routing::Route& route,
                       std::size_t branch) {
  const std::uint32_t eligible = routing::eligible_branches(snapshot, route);
  const std::size_t branches = route.split.branches().size();
  std::vector<std::uint32_t> bounds{0, routing::kAdmitsAll};
  for (const routing::Destination& to : route.destinations)
    bounds.push_back(std::min(snapshot.pool(to.pool).admitted, routing::kAdmitsAll));
  std::sort(bounds.begin(), bounds.end());
  double share = 0;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (bounds[i] == bounds[i + 1]) continue;
    std::uint32_t open = 0;
    bool taken = false;
    for (std::size_t b = 0; b < branches; ++b) {
      const routing::Pool& pool = snapshot.pool(route.destinations[b].pool);
      if ((eligible >> b & 1) == 0 || bounds[i] >= pool.admitted) continue;
      open |= 1u << b;
      taken = taken || route.split.branches()[b].weight > 0;
    }
    if (!taken) {
      if (falls_back(snapshot, route, bounds[i])) continue;
      open = eligible;  // nobody else is left: whoever can takes everybody
    }
    share += (bounds[i + 1] - bounds[i]) * route.split.share(branch, open) / routing::kAdmitsAll;
  }
  return share;
}

}  // namespace segue::admin

// A set-associative table of cohorts and a ring of deliveries.
#include "telemetry/recent.h"

#include <algorithm>

#include "lib/base/hash.h"

namespace segue::telemetry {

void Recent::saw(const Sighting& sighting, std::uint64_t wall_ms) {
  if (cohorts_.empty()) cohorts_.resize(kCohorts);
  const std::size_t set = mix(sighting.hash, sighting.route.index()) % (kCohorts / kWays) * kWays;
  RecentCohort* place = &cohorts_[set];
  for (std::size_t i = 0; i < kWays; ++i) {
    RecentCohort& candidate = cohorts_[set + i];
    if (candidate.requests > 0 && candidate.hash == sighting.hash &&
        candidate.route == sighting.route) {
      place = &candidate;
      break;
    }
    if (candidate.last_ms < place->last_ms) place = &candidate;
  }
  if (place->hash != sighting.hash || place->route != sighting.route || place->requests == 0) {
    *place = {};
    place->route = sighting.route;
    place->pool = place->before = sighting.pool;
    place->hash = sighting.hash;
    place->key.set(sighting.key);
    place->session = sighting.session;
    place->first_ms = wall_ms;
  }
  if (sighting.alias != 0 && place->alias != sighting.alias) {
    place->alias = sighting.alias;
    place->name.set(sighting.name);
  }
  if (place->pool != sighting.pool) {
    place->before = place->pool;
    place->pool = sighting.pool;
    place->moved_ms = wall_ms;
  }
  place->last_ms = wall_ms;
  ++place->requests;
}

RecentDelivery& Recent::next_delivery() {
  if (deliveries_.empty()) deliveries_.resize(kDeliveries);
  RecentDelivery& place = deliveries_[next_];
  next_ = (next_ + 1) % kDeliveries;
  place = {};
  return place;
}

RecentTraffic Recent::copy() const {
  RecentTraffic out;
  std::ranges::copy_if(cohorts_, std::back_inserter(out.cohorts),
                       [](const RecentCohort& cohort) { return cohort.requests > 0; });
  std::ranges::copy_if(deliveries_, std::back_inserter(out.deliveries),
                       [](const RecentDelivery& delivery) { return delivery.wall_ms > 0; });
  return out;
}

}  // namespace segue::telemetry

// Readings of recent traffic: which cohorts were seen, where they are, and where they would be.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "admin/control.h"
#include "admin/json.h"
#include "routing/place.h"

namespace segue::admin {

/// One entry per (route, cohort), newest first: what several workers saw of it is put together.
std::vector<telemetry::RecentCohort> merged(std::vector<telemetry::RecentCohort> cohorts);

/// The route of `id` in `snapshot`; null when it is not there any more.
const routing::Route* route_of(const routing::Snapshot& snapshot, RouteId id) noexcept;

/// What its pool would be chosen by if the cohort came now.
routing::Selection selection_of(const telemetry::RecentCohort& cohort) noexcept;

/// Which of the cohorts seen lately `after` would send to another pool than `before`: how many, of
/// how many, with which part of the requests, and the first kExamples of them.
Json moves_json(const routing::Snapshot& before, const routing::Snapshot& after,
                telemetry::RecentTraffic traffic);

/// An entry of /v1/cohorts: where it was, and where it would go now.
Json cohort_json(const routing::Snapshot& snapshot, const telemetry::RecentCohort& cohort);

/// "0123456789abcdef"
std::string hex(std::uint64_t value);

}  // namespace segue::admin

// Why a request goes where it goes, in values that a person or a program can read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/message.h"
#include "routing/place.h"
#include "routing/snapshot.h"

namespace segue::routing {

struct Explanation {
  std::string route;  ///< "" when none matches
  std::string match;  ///< why this route: "host exact, path prefix /job"
  bool ambiguous = false;
  std::string cohort_source;  ///< "header:X-Repo", "client", "request", "unknown"
  std::string cohort_key;
  std::string cohort_name;  ///< the repository's, where `cohort_key` is its id
  CohortHash cohort_hash = 0;
  struct Branch {
    std::string pool;
    std::uint32_t weight = 0;
    double share = 0;  ///< effective
    double score = 0;
    bool eligible = false;
    bool admits = true;  ///< false: it is coming back after a failure, and not for this cohort yet
    std::size_t in_rotation = 0, endpoints = 0;
  };
  std::vector<Branch> branches;
  std::vector<std::string> fallback;
  std::string pool;  ///< chosen; "" when nothing is eligible, no route matches, or ambiguous
  Placement::Why why = Placement::Why::kNobody;  ///< kNobody too when it does not come so far
  std::string pin;  ///< the pool it is pinned to, followed or not; "" without a pin
  bool pin_is_hard = false;
  std::string reason;  ///< a sentence
};

/// `random` stands for the draw of a cohort = "request" route. `body` is all of the request's body,
/// without chunk framing; nothing where it is not known.
Explanation explain(const Snapshot& snapshot, const http::Head& head, std::string_view client,
                    std::uint64_t random, std::optional<std::string_view> body = std::nullopt);

/// The same for a request of which all is known: `source` and `key` are what its cohort was found
/// by.
Explanation explain_place(const Snapshot& snapshot, const Route& route, const Selection& selection,
                          std::string source, std::string key);

}  // namespace segue::routing

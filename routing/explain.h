// Why a request goes where it goes, in values that a person or a program can read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/message.h"
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
  };
  std::vector<Branch> branches;
  std::vector<std::string> fallback;
  std::string pool;    ///< chosen; "" when nothing is eligible, no route matches, or ambiguous
  std::string reason;  ///< a sentence
};

/// `random` stands for the draw of a cohort = "request" route. `body` is all of the request's body,
/// without chunk framing; nothing where it is not known.
Explanation explain(const Snapshot& snapshot, const http::Head& head, std::string_view client,
                    std::uint64_t random, std::optional<std::string_view> body = std::nullopt);

}  // namespace segue::routing

// Why a request goes where it goes, in values that a person or a program can read.
#pragma once

#include <string>
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

/// `random` stands for the draw of a cohort = "request" route.
Explanation explain(const Snapshot& snapshot, const http::Head& head, std::string_view client,
                    std::uint64_t random);

}  // namespace segue::routing

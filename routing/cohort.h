// Which key a request moves with: its cohort.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "lib/http/message.h"
#include "routing/body_scan.h"
#include "routing/split.h"

namespace segue::routing {

/// The hash of a key in plain text, ASCII letters folded to lower case: the same in every process.
/// The kind of key is not part of it, so that a repository is one cohort whether a path or a header
/// names it.
CohortHash cohort_hash(std::string_view key) noexcept;

/// A route's cohort keys, tried in order. Immutable.
class CohortKeys {
 public:
  CohortKeys() = default;
  /// `keys` come from a checked Config (a kPath pattern has exactly one "{*}").
  explicit CohortKeys(std::vector<conf::CohortKey> keys);

  enum class Found : unsigned char {
    kKey,        ///< a key was found and hashed
    kRandom,     ///< the specification says "request", or a session begins: the hash is the random
                 ///< number
    kUnknown,    ///< no key was found: the split's `unknown` pool takes it; the hash is the random
                 ///< number
    kNeedsBody,  ///< the first `index` sources of bodies() may be in the body, which comes before
                 ///< what the head has
  };
  static constexpr std::size_t kNowhere = SIZE_MAX;

  struct Cohort {
    Found found = Found::kUnknown;
    CohortHash hash = 0;
    std::string_view
        key;  ///< the key found, as sent: a view into head or body, or `client` for kClient
    std::size_t index = 0;    ///< which of the keys it was
    std::string_view name{};  ///< the repository's name where `key` is its id; may be empty
  };

  /// `client` is the address after trusted proxies: its host text, without port. `random` is used
  /// for kRequest and where no key is found. No allocation. The same key gives the same hash in
  /// every process (cohort_hash). Query values and path segments are hashed decoded. A key that is
  /// there but empty counts as absent. Views hold as long as `head`, `client` and `body` do.
  /// `session` is the id of the request's session, 0 for none: without one and without a key behind
  /// it the request begins a session, which is random.
  ///
  /// `body` is what a scan of the body has found; null where none was read yet: then kNeedsBody
  /// comes back when one should be, that is, when the request has a body that can be read.
  Cohort find(const http::Head& head, std::string_view client, std::uint64_t random,
              CohortHash session = 0, const BodyKey* body = nullptr) const noexcept;

  /// What to look for in bodies; empty when no key is in one.
  const BodyQuery& bodies() const noexcept { return bodies_; }

  /// Which of the keys is kSession; kNowhere when none is.
  std::size_t session_at() const noexcept { return session_at_; }

  const std::vector<conf::CohortKey>& keys() const noexcept { return keys_; }

  /// "/job/{*}/" in its parts. The captured segment follows `before`, ends with `tail` (cut off)
  /// and is followed by `after`, at the end of the path or of a segment. A '/' at the pattern's end
  /// may be missing at the path's end. Matched against the raw path.
  struct PathPattern {
    std::string before, tail, after;

    static PathPattern parse(std::string_view pattern);
    /// The captured text, raw and never empty, or nothing. A view into `path`.
    std::optional<std::string_view> capture(std::string_view path) const noexcept;
  };

 private:
  Cohort find_in_head(std::size_t i, const http::Head& head, std::string_view client,
                      std::uint64_t random, CohortHash session) const noexcept;

  std::vector<conf::CohortKey> keys_;
  std::vector<PathPattern> patterns_;  // by index of the key; empty for other kinds
  BodyQuery bodies_;                   // its sources are the keys of bodies, in their order
  std::size_t session_at_ = kNowhere;
};

/// "header:X-Repo", "client", "request": a key as the configuration spells it.
std::string to_string(const conf::CohortKey& key);

}  // namespace segue::routing

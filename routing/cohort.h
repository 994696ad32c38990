// Which key a request moves with: its cohort.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "lib/base/address.h"
#include "lib/http/message.h"
#include "routing/split.h"

namespace segue::routing {

/// A route's cohort keys, tried in order. Immutable.
class CohortKeys {
 public:
  CohortKeys() = default;
  /// `keys` come from a checked Config (a kPath pattern has exactly one "{*}").
  explicit CohortKeys(std::vector<conf::CohortKey> keys);

  enum class Found : unsigned char {
    kKey,      ///< a key was found and hashed
    kRandom,   ///< the specification says "request": the hash is the random number
    kUnknown,  ///< no key was found: the split's `unknown` pool takes it
  };
  struct Cohort {
    Found found = Found::kUnknown;
    CohortHash hash = 0;
    std::string_view key;   ///< the key found, a view into the head (or a static buffer for kClient: see explain); lower case only in the hash
    std::size_t index = 0;  ///< which of the keys it was
  };

  /// `client` is the address after trusted proxies: its host text, without port. `random` is used for
  /// kRequest. No allocation. The same key gives the same hash in every process; ASCII letters are
  /// folded to lower case. Views hold as long as `head` and `client` do.
  Cohort find(const http::Head& head, std::string_view client, std::uint64_t random) const noexcept;

  const std::vector<conf::CohortKey>& keys() const noexcept { return keys_; }

 private:
  std::vector<conf::CohortKey> keys_;
};

}  // namespace segue::routing

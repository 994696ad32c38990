// Forges and what their webhooks look like: who sent this, which delivery it is, and where in the
// payload the repository's identity stands. As data; docs/cohorts.md has it in words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/json_scan.h"
#include "lib/http/message.h"

namespace segue::routing {

enum class Forge : std::uint8_t {
  kNone,  ///< no forge's header: Gerrit, which has none, or somebody's script
  kGitHub,
  kGitea,  ///< and Forgejo
  kGogs,
  kGitLab,
  kBitbucket,    ///< Cloud
  kBitbucketDc,  ///< Data Center
  kCount,
};

/// "github", "bitbucket_dc"; "" for kNone. Static storage.
const char* to_string(Forge forge) noexcept;

/// What the head of a webhook says. Views into the head; empty where it says nothing.
struct Delivery {
  Forge forge = Forge::kNone;
  std::string_view id;     ///< the same when the forge sends it again, where the forge says so
  std::string_view event;  ///< "push", "Push Hook", "repo:refs_changed"
};

/// Gitea sends the headers of Gogs and GitHub beside its own, and Gogs those of GitHub: the one who
/// is imitated last is asked last.
Delivery delivery_of(const http::Head& head) noexcept;

/// Which of a repository's identities comes first.
enum class Identity : std::uint8_t { kId, kName };

/// Where the repository's identity stands in payloads of `forge`: for answer 0 ids before names, or
/// names before ids, from rank `rank` on (at most kIdentityRanks of them); for answer 1 names.
inline constexpr std::uint8_t kIdentityRanks = 3;
std::vector<http::JsonQuery::Term> identity_terms(Forge forge, Identity first, std::uint8_t rank);

/// Whether the value at `pointer` of a payload of `forge` is an id, which means nothing beyond the
/// forge, and not a name.
bool is_id(Forge forge, std::string_view pointer) noexcept;

}  // namespace segue::routing

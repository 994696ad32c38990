// The verbs of `segue ctl`. Each asks, prints and returns an exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/ctl_session.h"

namespace segue::admin {

// ctl_read.cc: the process and its parts
int ctl_status(CtlSession& session);
int ctl_listeners(CtlSession& session);
int ctl_routes(CtlSession& session);
int ctl_workers(CtlSession& session);

// ctl_pools.cc, ctl_splits.cc; "" for all
int ctl_pools(CtlSession& session);
int ctl_endpoints(CtlSession& session, const std::string& pool);
int ctl_health(CtlSession& session, const std::string& pool);
int ctl_splits(CtlSession& session, const std::string& route);

// ctl_change.cc
struct CtlChange {
  std::string reason;
  std::optional<std::uint64_t> if_match;
};
/// `words`: ROUTE POOL=WEIGHT… and again for further routes, all at once; ROUTE alone shows its
/// weights.
int ctl_weights(CtlSession& session, const std::vector<std::string>& words,
                const CtlChange& change);
/// `places`: POOL, POOL/ADDRESS or POOL ADDRESS. `state`: "ready", "drain", "out" or "auto".
int ctl_rotation(CtlSession& session, const std::vector<std::string>& places,
                 const std::string& state, const CtlChange& change);
int ctl_reload(CtlSession& session, bool weights_from_file, const CtlChange& change);

/// What all changes have in common: the members of the body, If-Match, how it went.
Json change_body(const CtlChange& change);
Fields condition(const CtlChange& change);
void tell_generation(CtlSession& session, const Json& answer);

// ctl_state.cc
struct CtlHistory {
  std::optional<std::uint64_t> revision, before;
  std::uint64_t limit = 20;
};
int ctl_state(CtlSession& session);
int ctl_history(CtlSession& session, const CtlHistory& wanted);
int ctl_undo(CtlSession& session, std::optional<std::uint64_t> revision, bool dry_run,
             const CtlChange& change);
int ctl_diff(CtlSession& session);
int ctl_backup(CtlSession& session, const std::string& file);

// ctl_explain.cc
int ctl_explain(CtlSession& session, const std::string& method, const std::string& url,
                const std::vector<std::string>& headers, const std::string& client);

// ctl_events.cc
struct CtlEvents {
  bool follow = false;
  static constexpr std::uint32_t kLast = 20;  ///< without either of these
  std::optional<std::uint32_t> last;
  std::optional<std::uint64_t> since;
};
int ctl_events(CtlSession& session, const CtlEvents& events);

// ctl_completion.cc
int ctl_completion(CtlSession& session, const std::string& shell);
/// Prints the names of all "routes", "pools" or "places" (POOL and POOL/ADDRESS), one a line, for
/// completion.
int ctl_names(CtlSession& session, const std::string& kind);

/// A verb as the help and the completion show it.
struct CtlVerb {
  std::string_view name;
  std::string_view summary;
  std::string_view examples;   ///< lines
  std::string_view completes;  ///< what its arguments are: "routes", "pools", "places" or ""
};
std::span<const CtlVerb> ctl_verbs() noexcept;

}  // namespace segue::admin

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
  std::string for_how_long;  ///< "15m"; "": it stays
  bool dry_run = false;
  std::optional<std::uint64_t> if_match;
};
Fields condition(const CtlChange& change);                            ///< If-Match
void add_options(Json& body, const CtlChange& change);                ///< reason, for, dry_run
void tell_change(CtlSession& session, const Json& answer);            ///< done, waiting, rehearsed
void tell_differences(CtlSession& session, const Json& differences);  ///< before → after
void tell_moves(CtlSession& session, const Json& moves);              ///< of a dry run
/// All of that and the warnings; returns the exit code.
int tell_outcome(CtlSession& session, const std::optional<Json>& answer);
/// `words`: ROUTE POOL=WEIGHT… and again for further routes, all at once; ROUTE alone shows its
/// weights.
int ctl_weights(CtlSession& session, const std::vector<std::string>& words,
                const CtlChange& change);
/// `places`: POOL, POOL/ADDRESS or POOL ADDRESS. `state`: "ready", "drain", "out", "up", "down" or
/// "auto".
int ctl_rotation(CtlSession& session, const std::vector<std::string>& places,
                 const std::string& state, const CtlChange& change);
// ctl_drain.cc
struct CtlWait {
  std::string what, pool;
  std::string timeout = "1h";
  bool sessions = false;  ///< they count as well
  bool progress = false;  ///< standard error is a terminal
};
int ctl_wait(CtlSession& session, const CtlWait& wait);
int ctl_close_tunnels(CtlSession& session, const std::string& pool, const std::string& over,
                      const CtlChange& change);
int ctl_failback(CtlSession& session, const std::string& pool, bool at_once,
                 const CtlChange& change);

int ctl_reload(CtlSession& session, bool weights_from_file, const CtlChange& change);

// ctl_state.cc
struct CtlHistory {
  std::optional<std::uint64_t> revision, before;
  std::uint64_t limit = 20;
};
int ctl_state(CtlSession& session);
int ctl_history(CtlSession& session, const CtlHistory& wanted);
int ctl_undo(CtlSession& session, std::optional<std::uint64_t> revision, const CtlChange& change);
int ctl_diff(CtlSession& session);
int ctl_backup(CtlSession& session, const std::string& file);

// ctl_pins.cc
struct CtlPin {
  std::string group, key, pool;
  bool hard = false;
};
int ctl_pins(CtlSession& session, const std::string& group);
int ctl_pin(CtlSession& session, const CtlPin& pin, const CtlChange& change);
int ctl_unpin(CtlSession& session, const CtlPin& pin, const CtlChange& change);
int ctl_rebalance(CtlSession& session, const std::string& group, const CtlChange& change);
int ctl_abort(CtlSession& session, const std::string& route, const std::string& to,
              const CtlChange& change);

// ctl_where.cc
int ctl_where(CtlSession& session, const std::string& key);
int ctl_delivery(CtlSession& session, const std::string& id);
int ctl_cohorts(CtlSession& session, const std::string& route);

// ctl_top.cc
struct CtlTop {
  double interval = 1;  ///< seconds
  bool once = false;    ///< one frame and no more
};
int ctl_top(CtlSession& session, const CtlTop& top);

// ctl_explain.cc
void tell_place(CtlSession& session, const Json& explanation);  ///< cohort, pool, why, branches
struct CtlExplain {
  std::string method, url, client;
  std::string body;                  ///< a file; "" for no body
  std::vector<std::string> headers;  ///< "Name: value"
};
int ctl_explain(CtlSession& session, const CtlExplain& request);

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

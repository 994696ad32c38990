// The functions behind the resources of router.cc, one file per group (api_*.cc). Each answers its
// call exactly once, now or later.
#pragma once

#include "admin/call.h"

namespace segue::admin {

// api_process.cc: the process and its parts
void get_live(Call& call);
void get_ready(Call& call);
void get_metrics(Call& call);
void get_status(Call& call);
void get_listeners(Call& call);
void get_workers(Call& call);
void get_openapi(Call& call);

// api_routing.cc: where requests go
void get_routes(Call& call);
void post_explain(Call& call);

// api_splits.cc, api_weights.cc: how routes divide
void get_splits(Call& call);
void get_split(Call& call);
void put_split(Call& call);
void patch_splits(Call& call);

// api_pins.cc: who is where whatever the weights say
void get_pins(Call& call);
void put_pin(Call& call);
void delete_pin(Call& call);
void post_rebalance(Call& call);
void post_abort(Call& call);

// api_cohorts.cc: who was seen
void get_cohorts(Call& call);
void get_where(Call& call);
void get_delivery(Call& call);

// api_pools.cc, api_rotation.cc: who answers
void get_pools(Call& call);
void get_pool(Call& call);
void get_endpoints(Call& call);
void get_endpoint(Call& call);
void get_health(Call& call);
void put_pool(Call& call);
void put_endpoint(Call& call);

// api_state.cc: what was changed, and whether it is kept
void get_state(Call& call);
void get_history(Call& call);
void get_revision(Call& call);
void get_diff(Call& call);
void post_undo(Call& call);
void post_backup(Call& call);

// api_drain.cc: letting go of a pool and taking it back
void get_drained(Call& call);
void post_failback(Call& call);
void post_close_tunnels(Call& call);

// api_events.cc, api_config.cc
void get_events(Call& call);
void get_config(Call& call);
void post_reload(Call& call);

}  // namespace segue::admin

// What lasts on a pool, streams and tunnels: counted for those who wait for it to drain, and
// tunnels ended for those who do not want to.
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace segue::proxy {

telemetry::Cell& Exchange::open_cell() {
  telemetry::PoolCells& cells = worker_.counters().pools.at(pool().id);
  return open_ == Open::kTunnel ? cells.tunnels : cells.streams;
}

void Exchange::count_open(Open what) {
  open_ = what;
  open_cell().add();
}

void Exchange::uncount_open() {
  open_cell().sub();
  open_ = Open::kNothing;
}

void Exchange::end_tunnel_at(Instant at) {
  if (state_ != State::kTunnel) return;
  tunnel_ends_ = true;
  worker_.loop().deadlines().arm(deadline_, at);
}

}  // namespace segue::proxy

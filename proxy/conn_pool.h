// Idle connections to endpoints, kept for the next exchange.
//
// A pool belongs to one worker. Connections are taken last-in-first-out: the warmest window wins
// and the cold tail can expire.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/base/ids.h"
#include "lib/base/intrusive_list.h"
#include "proxy/upstream_h1.h"

namespace segue::proxy {

class Worker;

class ConnPool {
 public:
  explicit ConnPool(Worker& worker) : worker_(worker) {}
  ~ConnPool() { close_all(); }

  /// The warmest idle connection to `endpoint`, or null. It was silent at the last turn of the loop
  /// and may still die on use. With kCareful one more look at its socket, where the loop has not
  /// just had one, narrows that race to the flight time, for requests that must not be sent twice.
  enum class Look : bool { kQuick, kCareful };
  UpstreamH1* take(EndpointId endpoint, Look look);

  /// A new connection, not yet dialled.
  UpstreamH1* make(EndpointId endpoint);

  void close_idle(EndpointId endpoint);  ///< the idle ones of an endpoint that is out
  void close_idle_all();
  void close_all();  ///< busy ones too

 private:
  friend class UpstreamH1;
  void keep(UpstreamH1& connection);  ///< takes it as idle, or closes it when there are enough
  void unlist_idle(UpstreamH1& connection);
  void forget(UpstreamH1& connection);  ///< closed: unlinked and retired

  Worker& worker_;
  IntrusiveList<UpstreamH1, &UpstreamH1::all_link_> all_;
};

}  // namespace segue::proxy

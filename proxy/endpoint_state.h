// What one worker knows of one endpoint and one pool: connections, load, waiting requests.
//
// Indexed by EndpointId and PoolId; outlives every snapshot, so a reload disturbs nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lib/base/ids.h"
#include "lib/base/intrusive_list.h"
#include "lib/net/tls_client.h"
#include "telemetry/counters.h"

namespace segue::proxy {

class UpstreamH1;
class Exchange;

/// An exchange's place in a pool's queue, a member of Exchange.
struct Waiting {
  Link link;
  Exchange* exchange = nullptr;
};

struct IdleLink {
  Link link;
  UpstreamH1* connection = nullptr;
};

struct EndpointState {
  telemetry::EndpointCells* cells = nullptr;
  PoolId pool;
  IntrusiveList<IdleLink, &IdleLink::link> idle;  ///< most recently used first
  std::uint32_t idle_count = 0;
  net::TlsSession tls_session;
};

struct PoolState {
  IntrusiveList<Waiting, &Waiting::link> queue;  ///< first come, first served
  std::uint32_t queued = 0;
  std::shared_ptr<const net::TlsClient> tls;  ///< null: plain
};

}  // namespace segue::proxy

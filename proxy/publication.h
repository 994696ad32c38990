// What the control thread has published last: where each worker looks before it begins a request.
//
// So a change holds for every request that begins after publish() has returned, also on a worker
// that waits for a processor meanwhile: nobody has to be waited for.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/base/ids.h"
#include "lib/net/tls_client.h"
#include "routing/snapshot.h"

namespace segue::proxy {

class Publication {
 public:
  struct Latest {
    std::uint64_t version = 0;  ///< grows with each change; 0: nothing yet
    std::shared_ptr<const routing::Snapshot> snapshot;
    std::vector<std::shared_ptr<const net::TlsClient>> pool_tls;  ///< by PoolId; null: plain
  };

  // The control thread:
  void publish(std::shared_ptr<const routing::Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    latest_.snapshot = std::move(snapshot);
    bump();
  }
  /// How the endpoints of a pool are spoken to from now on; before a snapshot that has the pool.
  void set_pool_tls(PoolId id, std::shared_ptr<const net::TlsClient> tls) {
    const std::lock_guard lock(mutex_);
    if (latest_.pool_tls.size() <= id.index()) latest_.pool_tls.resize(id.index() + 1);
    latest_.pool_tls[id.index()] = std::move(tls);
    bump();
  }

  // Any thread:
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
  Latest latest() const {
    const std::lock_guard lock(mutex_);
    return latest_;
  }

 private:
  void bump() { version_.store(++latest_.version, std::memory_order_release); }

  mutable std::mutex mutex_;
  Latest latest_;                           // under mutex_
  std::atomic<std::uint64_t> version_ = 0;  // latest_.version, to look at without the mutex
};

}  // namespace segue::proxy

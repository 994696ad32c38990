// Whoever was told of a change finds it, on any thread.
#include "proxy/publication.h"

#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace segue::proxy {
namespace {

std::shared_ptr<const routing::Snapshot> snapshot_of(routing::Generation generation) {
  auto made = std::make_shared<routing::Snapshot>();
  made->generation = generation;
  return made;
}

TEST_SUITE("proxy/publication") {
  TEST_CASE("what was published last is what is found, with how pools are spoken to") {
    Publication publication;
    CHECK(publication.version() == 0);
    publication.set_pool_tls(PoolId{2}, nullptr);
    publication.publish(snapshot_of(1));
    publication.publish(snapshot_of(2));
    CHECK(publication.version() == 3);
    const Publication::Latest latest = publication.latest();
    CHECK(latest.version == 3);
    CHECK(latest.snapshot->generation == 2);
    CHECK(latest.pool_tls.size() == 3);
  }

  TEST_CASE("a change that was answered is seen by everybody who looks afterwards") {
    constexpr routing::Generation kLast = 2'000;
    Publication publication;
    publication.publish(snapshot_of(1));
    std::atomic<routing::Generation> answered{1};
    std::atomic<int> behind{0};
    std::vector<std::thread> workers;
    for (int i = 0; i < 3; ++i)
      workers.emplace_back([&] {
        std::uint64_t version = 0;
        routing::Generation serving = 0;
        while (serving < kLast) {
          const routing::Generation told = answered.load(std::memory_order_acquire);
          if (publication.version() != version) {
            const Publication::Latest latest = publication.latest();
            version = latest.version;
            serving = latest.snapshot->generation;
          }
          if (serving < told) ++behind;
        }
      });
    for (routing::Generation next = 2; next <= kLast; ++next) {
      publication.publish(snapshot_of(next));
      answered.store(next, std::memory_order_release);
    }
    for (std::thread& worker : workers) worker.join();
    CHECK(behind == 0);
  }
}

}  // namespace
}  // namespace segue::proxy

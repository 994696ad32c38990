// getrlimit(2), and the arithmetic of the plan.
#include "app/descriptors.h"

#include <algorithm>

#include <sys/resource.h>

#include "admin/limits.h"

namespace segue::app {
namespace {

// The process: standard streams, log files, configuration and certificates being read, the
// resolver's sockets and those of libuv, with room to spare.
constexpr std::uint64_t kProcess = 64;
// A worker: epoll, its wake-ups, timers, and a pipe for long bodies.
constexpr std::uint64_t kWorker = 10;
// A listener on a worker: the socket, and the place it refuses from when descriptors run out.
constexpr std::uint64_t kListener = 2;
// Both admin doors, with those who are told that there is no room.
constexpr std::uint64_t kAdminDoors = 2 * 2;
// Idle connections to endpoints are worth this part of the limit at most: they can be dialled anew.
constexpr std::uint64_t kIdlePart = 4;

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur == limit.rlim_max) return limit.rlim_cur;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

std::uint32_t DescriptorPlan::share(std::uint32_t connections_max) const noexcept {
  if (!short_of()) return connections_max;
  // Below 2^20 each, so that the product fits.
  const std::uint64_t part = connections_max * given / asked;
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(part, 1));
}

DescriptorPlan plan_descriptors(const conf::Config& config, std::uint32_t workers,
                                std::uint64_t limit) {
  DescriptorPlan plan;
  plan.limit = limit;
  std::uint64_t idle = 0, checks = 0;
  for (const conf::Pool& pool : config.pools) {
    idle += std::uint64_t{pool.idle_connections_max} * pool.endpoints.size() * workers;
    if (pool.health.kind != conf::Health::Kind::kNone) checks += pool.endpoints.size();
  }
  plan.reserve = kProcess + workers * (kWorker + kListener * config.listeners.size()) +
                 kAdminDoors * admin::Limits{}.connections + checks +
                 std::min(idle, limit / kIdlePart);
  for (const conf::Listener& listener : config.listeners) plan.asked += listener.connections_max;
  const std::uint64_t room = limit > plan.reserve ? (limit - plan.reserve) / 2 : 0;
  plan.given = std::min(plan.asked, room);
  return plan;
}

}  // namespace segue::app

// File descriptors are connections: how many there may be, and how many of them clients get.
//
// Clients must not take the last descriptor: the admin socket, checks and connections to endpoints
// need theirs most when there is a crowd.
#pragma once

#include <cstdint>

#include "conf/config.h"

namespace segue::app {

/// Raises this process's soft limit to the hard one; returns the limit that holds then.
std::uint64_t raise_descriptor_limit();

/// How the descriptors are shared out.
struct DescriptorPlan {
  std::uint64_t limit = 0;    ///< RLIMIT_NOFILE
  std::uint64_t reserve = 0;  ///< kept from clients: listeners, logs, admin, checks, idle upstreams
  std::uint64_t asked = 0;    ///< the sum of connections_max
  std::uint64_t given = 0;  ///< what the listeners get of it together; as much as asked if it fits

  bool short_of() const noexcept { return given < asked; }
  std::uint64_t wanted() const noexcept { return 2 * asked + reserve; }  ///< a limit that is enough

  /// What a listener gets that asks for `connections_max`: in proportion, at least 1.
  std::uint32_t share(std::uint32_t connections_max) const noexcept;
};

/// Two descriptors per client connection, its own and one to an endpoint.
DescriptorPlan plan_descriptors(const conf::Config& config, std::uint32_t workers,
                                std::uint64_t limit);

}  // namespace segue::app

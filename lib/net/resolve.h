// Names to addresses with the system's resolver, off the loop, answered by callback.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/address.h"
#include "lib/base/result.h"
#include "lib/net/loop.h"

namespace segue::net {

/// Belongs to one loop's thread. Its destructor silences every answer that is still to come; the
/// lookups themselves may run on in libuv's threads, and the loop waits for them when it ends.
class Resolver {
 public:
  static constexpr std::size_t kPendingMax = 256;  ///< lookups at once

  /// Addresses without repetition, in the resolver's order and with the port that was asked for;
  /// never empty. Or a sentence.
  using Done = std::function<void(Result<std::vector<SocketAddress>, std::string>)>;

  explicit Resolver(Loop& loop) : loop_(loop) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Looks `host` up (a name or an address, without port or brackets). `done` comes exactly once,
  /// from the loop and never from inside this call, unless the resolver is destroyed before; it may
  /// destroy the resolver. Errors, and then no `done`: a sentence, when kPendingMax lookups are
  /// under way or `host` cannot be a name.
  Status<std::string> resolve(const std::string& host, std::uint16_t port, Done done);

  std::size_t pending() const noexcept { return pending_.size(); }

 private:
  struct Lookup;
  static void on_answer(uv_getaddrinfo_t* request, int status, addrinfo* found) noexcept;

  Loop& loop_;
  std::vector<Lookup*> pending_;  // each frees itself when libuv answers
};

}  // namespace segue::net

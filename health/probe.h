// One active check of one endpoint: look the address up if it is a name, call, judge the answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "health/check_rules.h"
#include "lib/base/chunk.h"
#include "lib/base/deadlines.h"
#include "lib/call/call.h"
#include "lib/net/loop.h"
#include "lib/net/resolve.h"

namespace segue::health {

class Probe final : private Deadline::Owner {
 public:
  using Done = std::function<void(Finding)>;

  /// Begins. `endpoint` is where traffic goes and `name` what it is called in the configuration
  /// (for Host); `check.address` may lead elsewhere. `done` comes exactly once within check.timeout
  /// (and Deadlines::kTickUs), from the loop and never from inside this call; it may destroy the
  /// Probe. Destroying the Probe before ends it without `done`.
  Probe(net::Loop& loop, ChunkPool& chunks, const conf::Health& check,
        const SocketAddress& endpoint, const std::string& name,
        std::shared_ptr<const net::TlsClient> tls, Done done);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

 private:
  void begin(const SocketAddress& endpoint);
  void look_up(const std::string& address);
  void begin_call(const SocketAddress& to);
  void fail_later(std::string evidence);
  void finish(Finding finding);  // `this` may be gone when it returns
  void on_deadline(Deadline& deadline) override;

  net::Loop& loop_;
  ChunkPool& chunks_;
  const conf::Health check_;
  const std::string name_;
  const std::shared_ptr<const net::TlsClient> tls_;
  Done done_;
  Instant started_ = now();
  std::string evidence_;  // of what went wrong before the first turn of the loop
  Deadline deadline_{*this};
  net::Resolver resolver_;
  std::optional<call::Call> call_;
};

}  // namespace segue::health

// What an exchange knows of its client: the stream, who is there, and how the connection goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/address.h"
#include "lib/base/ids.h"
#include "lib/http/stream.h"
#include "lib/net/tls_server.h"
#include "proxy/reply.h"
#include "routing/snapshot.h"

namespace segue::proxy {

/// One listener of the configuration, shared by all workers. Immutable once they have it.
struct ListenerState {
  ListenerId id;
  conf::Listener settings;
  std::vector<AddressRange> trusted;
  std::uint16_t port = 0;                     ///< as bound
  std::string port_text;                      ///< for X-Forwarded-Port
  std::shared_ptr<const net::TlsServer> tls;  ///< null: plain
  /// Open now, over all workers; moves once per connection, and survives a change of settings.
  std::shared_ptr<std::atomic<std::uint32_t>> connections =
      std::make_shared<std::atomic<std::uint32_t>>(0);
};

/// What a client's certificate says, verified. For headers: printable ASCII alone.
struct ClientCertificate {
  std::string subject;      ///< RFC 4514, "CN=agent-7,O=Example"
  std::string fingerprint;  ///< SHA-256 of its DER, in hex
};

/// Who is at the other end. Views hold as long as the connection.
struct ClientInfo {
  std::string_view host;  ///< the address without port: "192.0.2.7", "::1", "unix"
  bool trusted = false;   ///< within the listener's trusted_proxies
  const ListenerState* listener = nullptr;
  const ClientCertificate* certificate = nullptr;  ///< null: it showed none

  bool encrypted() const noexcept { return listener->tls != nullptr; }
};

/// How a connection goes on after an exchange.
enum class After : std::uint8_t {
  kNext,    ///< waits for another request
  kClose,   ///< closes once everything has left
  kLinger,  ///< the same, but reads and drops for a while what the client is still sending
  kAbort,   ///< closes at once with a reset: a truncated response must not look complete
};

class Client : public http::Stream {
 public:
  virtual ClientInfo info() const noexcept = 0;

  /// Whether the connection may take another request: kept alive, not draining, below its limits.
  virtual bool may_persist() const noexcept = 0;

  /// An answer of our own: a complete message (reply.h).
  virtual void send_reply(std::uint16_t status, std::string_view head_fields, std::string_view body,
                          Body wanted) = 0;

  /// For the PROXY protocol on the way out: who connected, and to which address of ours.
  virtual SocketAddress peer_address() const = 0;
  virtual SocketAddress local_address() const = 0;

  /// The connection becomes a byte pipe: what comes is on_body(), send_body() sends as is.
  virtual void become_tunnel() = 0;

  /// Bytes since the exchange began: that came, that were sent or wait for the turn's end.
  virtual std::uint64_t bytes_in() const noexcept = 0;
  virtual std::uint64_t bytes_out() const noexcept = 0;

  /// What was sent but has not left is not to leave: After::kAbort follows.
  virtual void drop_unsent() noexcept = 0;

  /// The exchange is over; nothing more is told to it. The last call an exchange makes: the next
  /// exchange may begin and end within it.
  virtual void end_exchange(After after) = 0;

 protected:
  ~Client() = default;
};

}  // namespace segue::proxy

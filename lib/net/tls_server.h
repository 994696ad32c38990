// What a listener needs to speak TLS: its certificates by name, its tickets, what it asks of
// clients. Immutable; a reload makes another one, and connections keep the one they began with.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/base/result.h"
#include "lib/net/certificate.h"
#include "lib/net/ssl.h"
#include "lib/net/tls_tickets.h"

namespace segue::net {

/// What the other side of a handshake has shown and what was verified.
struct PeerCertificate {
  std::string subject;  ///< RFC 4514, "CN=agent-7,O=Example": printable ASCII
  std::string sha256;   ///< of its DER, lower-case hex
};
std::optional<PeerCertificate> peer_certificate(SSL* ssl);

enum class ClientAuth : std::uint8_t { kNone, kOptional, kRequired };

struct TlsServerOptions {
  bool only_13 = false;  ///< else TLS 1.2 as well
  ClientAuth client_auth = ClientAuth::kNone;
  std::string client_ca;  ///< PEM file; only when clients are asked
};

class TlsServer {
 public:
  /// `certificates` are in the order of preference, at least one. Errors: a sentence.
  static Result<std::shared_ptr<const TlsServer>, std::string> make(
      const TlsServerOptions& options, std::vector<Certificate> certificates,
      std::shared_ptr<TlsTickets> tickets);

  /// A handshake's object, in accept state. It must not outlive this server.
  SslPtr accept() const;

  const std::vector<Certificate>& certificates() const noexcept { return certificates_; }

 private:
  TlsServer() = default;
  Result<SSL_CTX*, std::string> context_for(const std::vector<std::size_t>& certificates);
  SSL_CTX* find(std::string_view name) const;
  static int on_server_name(SSL* ssl, int* alert, void* self);
  static int on_status(SSL* ssl, void* self);
  static int on_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_length,
                     const unsigned char* in, unsigned in_length, void* self);
  static int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                       EVP_MAC_CTX* mac, int encrypt);

  TlsServerOptions options_;
  std::vector<Certificate> certificates_;
  std::shared_ptr<TlsTickets> tickets_;
  std::string session_context_;  // sessions are resumed where clients are asked for the same
  std::vector<SslContextPtr> contexts_;                // the first is the default
  std::unordered_map<std::string, SSL_CTX*> by_name_;  // "ci.example.com", "*.example.com"
};

}  // namespace segue::net

// What it takes to speak TLS to the endpoints of a pool: whom to trust, by which name, and as whom.
// Immutable; a reload makes another one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "lib/net/certificate.h"
#include "lib/net/ssl.h"

namespace segue::net {

struct TlsClientOptions {
  bool verify = true;
  std::string ca;           ///< PEM file; "": the system's authorities
  std::string server_name;  ///< "": the name given to connect()
  bool only_13 = false;
  CertificateFiles identity;  ///< shown when asked; files of "" for none
};

/// The last session with one endpoint, to be resumed. One thread.
class TlsSession {
 private:
  friend class TlsClient;
  SslSessionPtr session_;
  std::uint64_t client_ = 0;  // whose verification it stands for
};

class TlsClient {
 public:
  /// Errors: a sentence.
  static Result<std::shared_ptr<const TlsClient>, std::string> make(
      const TlsClientOptions& options);

  /// A handshake's object, in connect state, for the server at `host` (a name or a number without
  /// port). `session`, or null, is resumed and gets the next one; it outlives the object.
  SslPtr connect(const std::string& host, TlsSession* session) const;

 private:
  TlsClient() = default;
  static int on_session(SSL* ssl, SSL_SESSION* session);

  TlsClientOptions options_;
  SslContextPtr context_;
  std::uint64_t id_ = 0;  // no two have the same
};

}  // namespace segue::net

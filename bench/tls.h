// TLS for the load generator: OpenSSL straight over a socket, with send() and recv() as sockets
// have them.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/types.h>

namespace segue::bench {

/// A client that trusts anybody. With `resume` each connection resumes the session of the one
/// before.
class TlsContext {
 public:
  explicit TlsContext(bool resume) : context_(SSL_CTX_new(TLS_client_method())) {
    if (context_ == nullptr) std::abort();
    SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!resume) return;
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context_, this);
    SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
      auto* self = static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      SSL_SESSION_free(self->session_);
      self->session_ = session;
      return 1;
    });
  }
  ~TlsContext() {
    SSL_SESSION_free(session_);
    SSL_CTX_free(context_);
  }
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL* connect(int fd) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, "ci.example.com");
    if (session_ != nullptr) SSL_set_session(ssl, session_);
    SSL_set_connect_state(ssl);
    return ssl;
  }

 private:
  SSL_CTX* context_;
  SSL_SESSION* session_ = nullptr;
};

/// As send(): bytes taken, or -1 with errno; EAGAIN while the handshake or the socket is waited
/// for.
inline ssize_t tls_result(SSL* ssl, int outcome) {
  if (outcome > 0) return outcome;
  switch (SSL_get_error(ssl, outcome)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: errno = EAGAIN; return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    default: errno = EPROTO; return -1;
  }
}
inline ssize_t tls_send(SSL* ssl, const char* bytes, std::size_t size) {
  ERR_clear_error();
  return tls_result(ssl, SSL_write(ssl, bytes, static_cast<int>(size)));
}
inline ssize_t tls_recv(SSL* ssl, char* space, std::size_t size) {
  ERR_clear_error();
  return tls_result(ssl, SSL_read(ssl, space, static_cast<int>(size)));
}

}  // namespace segue::bench

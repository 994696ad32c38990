// Verification by chain and name (RFC 9525), sessions handed to their endpoint.
#include "lib/net/tls_client.h"

#include <atomic>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "lib/base/address.h"
#include "lib/base/check.h"

namespace segue::net {
namespace {

bool is_number(const std::string& host) {
  return SocketAddress::parse(host + ":0").ok() || SocketAddress::parse("[" + host + "]:0").ok();
}

}  // namespace

Result<std::shared_ptr<const TlsClient>, std::string> TlsClient::make(
    const TlsClientOptions& options) {
  ERR_clear_error();
  std::shared_ptr<TlsClient> client(new TlsClient);
  static std::atomic<std::uint64_t> next_id{1};
  client->id_ = next_id.fetch_add(1, std::memory_order_relaxed);
  client->options_ = options;
  client->context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = client->context_.get();
  if (context == nullptr) return fail("TLS cannot be set up (" + take_ssl_error() + ")");
  SSL_CTX_set_min_proto_version(context, options.only_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_session);
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context, kProtocols, sizeof(kProtocols) - 1);
  if (options.verify) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const int loaded = options.ca.empty() ? SSL_CTX_set_default_verify_paths(context)
                                          : SSL_CTX_load_verify_file(context, options.ca.c_str());
    if (loaded != 1)
      return fail((options.ca.empty() ? "the system's authorities" : options.ca) +
                  " cannot be used: no certificates in PEM form (" + take_ssl_error() + ")");
  }
  if (!options.identity.cert.empty()) {
    auto identity = load_certificate(options.identity);
    if (!identity) return fail(std::move(identity).error());
    STACK_OF(X509)* chain = sk_X509_new_null();
    for (const X509Ptr& link : identity->chain) sk_X509_push(chain, link.get());
    const int used =
        SSL_CTX_use_cert_and_key(context, identity->leaf.get(), identity->key.get(), chain, 1);
    sk_X509_free(chain);
    if (used != 1)
      return fail(options.identity.cert + " cannot be used (" + take_ssl_error() + ")");
  }
  return std::shared_ptr<const TlsClient>(std::move(client));
}

SslPtr TlsClient::connect(const std::string& host, TlsSession* session) const {
  SslPtr ssl(SSL_new(context_.get()));
  SEGUE_CHECK(ssl != nullptr, "memory for a TLS connection");
  const std::string& name = options_.server_name.empty() ? host : options_.server_name;
  const bool number = is_number(name);
  if (!number && !name.empty()) SSL_set_tlsext_host_name(ssl.get(), name.c_str());
  if (options_.verify) {
    X509_VERIFY_PARAM* expected = SSL_get0_param(ssl.get());
    X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int set = number ? X509_VERIFY_PARAM_set1_ip_asc(expected, name.c_str())
                           : X509_VERIFY_PARAM_set1_host(expected, name.data(), name.size());
    // A name that cannot be expected matches no certificate.
    if (set != 1 || name.empty()) X509_VERIFY_PARAM_set1_host(expected, "unnamed.invalid", 0);
  }
  if (session != nullptr) {
    // A session that other authorities vouched for would go round these.
    if (session->client_ != id_) session->session_.reset();
    session->client_ = id_;
    SSL_set_app_data(ssl.get(), session);
    if (session->session_ != nullptr) SSL_set_session(ssl.get(), session->session_.get());
  }
  SSL_set_connect_state(ssl.get());
  ERR_clear_error();
  return ssl;
}

int TlsClient::on_session(SSL* ssl, SSL_SESSION* session) {
  auto* keeper = static_cast<TlsSession*>(SSL_get_app_data(ssl));
  if (keeper == nullptr) return 0;
  keeper->session_.reset(session);
  return 1;
}

}  // namespace segue::net

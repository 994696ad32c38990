// One SSL_CTX per set of certificates that stand side by side for a name.
#include "lib/net/tls_server.h"

#include <algorithm>
#include <map>

#include <openssl/err.h>

#include "lib/base/check.h"

namespace segue::net {
namespace {

// Forward secret and authenticated alone (RFC 9325 §4.2); TLS 1.3 has no others.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kCiphers13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kGroups = "X25519:P-256:P-384";

constexpr long kTicketLifetimeSeconds = 24 * 3600;

// Names are longer nowhere (RFC 1035 §2.3.4).
constexpr std::size_t kNameMax = 255;

std::string_view kind_of(const Certificate& certificate) {
  const char* name = EVP_PKEY_get0_type_name(certificate.key.get());
  return name == nullptr ? "" : name;
}

}  // namespace

std::optional<PeerCertificate> peer_certificate(SSL* ssl) {
  X509* shown = SSL_get0_peer_certificate(ssl);
  if (shown == nullptr) return std::nullopt;
  PeerCertificate peer;
  const BioPtr text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(shown), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(text.get(), &bytes);
  peer.subject.assign(bytes, static_cast<std::size_t>(length));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(shown, EVP_sha256(), digest, &size) != 1) size = 0;
  constexpr char kDigits[] = "0123456789abcdef";
  for (unsigned i = 0; i < size; ++i) {
    peer.sha256 += kDigits[digest[i] >> 4];
    peer.sha256 += kDigits[digest[i] & 15];
  }
  return peer;
}

Result<std::shared_ptr<const TlsServer>, std::string> TlsServer::make(
    const TlsServerOptions& options, std::vector<Certificate> certificates,
    std::shared_ptr<TlsTickets> tickets) {
  SEGUE_CHECK(!certificates.empty(), "a server shows a certificate");
  std::shared_ptr<TlsServer> server(new TlsServer);
  server->options_ = options;
  server->certificates_ = std::move(certificates);
  server->tickets_ = std::move(tickets);
  if (options.client_auth != ClientAuth::kNone) {
    auto authorities = read_small_file(options.client_ca);
    if (!authorities) return fail(std::move(authorities).error());
    server->session_context_ = std::move(*authorities);
  }
  // A ticket names it: whoever shares ticket keys and asks clients for something else must not
  // resume a session in which nobody was asked for that.
  server->session_context_ = sha256(static_cast<char>('0' + static_cast<int>(options.client_auth)) +
                                    server->session_context_);

  // Which certificates stand for a name: of each kind of key the first.
  std::map<std::string, std::vector<std::size_t>> by_name;
  for (std::size_t i = 0; i < server->certificates_.size(); ++i) {
    for (const std::string& name : server->certificates_[i].names) {
      auto& those = by_name[name];
      const bool there = std::any_of(those.begin(), those.end(), [&](std::size_t other) {
        return kind_of(server->certificates_[other]) == kind_of(server->certificates_[i]);
      });
      if (!there) those.push_back(i);
    }
  }
  std::map<std::vector<std::size_t>, SSL_CTX*> made;
  const auto context = [&](const std::vector<std::size_t>& those) -> Result<SSL_CTX*, std::string> {
    if (const auto known = made.find(those); known != made.end()) return known->second;
    auto fresh = server->context_for(those);
    if (fresh) made[those] = *fresh;
    return fresh;
  };

  // The default: the first certificate, and what stands beside it for its own names.
  std::vector<std::size_t> first{0};
  for (const std::string& name : server->certificates_[0].names)
    if (const auto& those = by_name[name]; those.size() > first.size()) first = those;
  if (auto made_first = context(first); !made_first) return fail(std::move(made_first).error());
  for (const auto& [name, those] : by_name) {
    auto found = context(those);
    if (!found) return fail(std::move(found).error());
    server->by_name_[name] = *found;
  }
  return std::shared_ptr<const TlsServer>(std::move(server));
}

Result<SSL_CTX*, std::string> TlsServer::context_for(const std::vector<std::size_t>& those) {
  ERR_clear_error();
  SslContextPtr made(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = made.get();
  const auto broken = [](const std::string& what) {
    return fail(what + " (" + take_ssl_error() + ")");
  };
  if (context == nullptr) return broken("TLS cannot be set up");
  SSL_CTX_set_min_proto_version(context, options_.only_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets alone: nothing is kept
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_timeout(context, kTicketLifetimeSeconds);
  if (SSL_CTX_set_cipher_list(context, kCiphers12) != 1 ||
      SSL_CTX_set_ciphersuites(context, kCiphers13) != 1 ||
      SSL_CTX_set1_groups_list(context, kGroups) != 1 ||
      SSL_CTX_set_session_id_context(
          context, reinterpret_cast<const unsigned char*>(session_context_.data()),
          static_cast<unsigned>(session_context_.size())) != 1)
    return broken("TLS cannot be set up");

  for (const std::size_t index : those) {
    const Certificate& certificate = certificates_[index];
    STACK_OF(X509)* chain = sk_X509_new_null();
    for (const X509Ptr& link : certificate.chain) sk_X509_push(chain, link.get());
    const int used =
        SSL_CTX_use_cert_and_key(context, certificate.leaf.get(), certificate.key.get(), chain, 1);
    sk_X509_free(chain);
    if (used != 1) return broken(certificate.files.cert + " cannot be used");
  }

  if (options_.client_auth != ClientAuth::kNone) {
    if (SSL_CTX_load_verify_file(context, options_.client_ca.c_str()) != 1)
      return broken(options_.client_ca + " holds no authorities in PEM form");
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(options_.client_ca.c_str()));
    const int required =
        options_.client_auth == ClientAuth::kRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
    ERR_clear_error();
  }

  SSL_CTX_set_tlsext_servername_callback(context, on_server_name);
  SSL_CTX_set_tlsext_servername_arg(context, this);
  SSL_CTX_set_tlsext_status_cb(context, on_status);
  SSL_CTX_set_tlsext_status_arg(context, this);
  SSL_CTX_set_alpn_select_cb(context, on_alpn, this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
  contexts_.push_back(std::move(made));
  return context;
}

SslPtr TlsServer::accept() const {
  SslPtr ssl(SSL_new(contexts_.front().get()));
  SEGUE_CHECK(ssl != nullptr, "memory for a TLS connection");
  SSL_set_app_data(ssl.get(), const_cast<TlsServer*>(this));
  SSL_set_accept_state(ssl.get());
  return ssl;
}

SSL_CTX* TlsServer::find(std::string_view name) const {
  char folded[kNameMax];
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kNameMax) return nullptr;
  std::transform(name.begin(), name.end(), folded, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  std::string key(folded, name.size());
  if (const auto exact = by_name_.find(key); exact != by_name_.end()) return exact->second;
  const std::size_t dot = key.find('.');  // a wildcard stands for one label (RFC 6125 §6.4.3)
  if (dot == std::string::npos || dot == 0) return nullptr;
  const auto wild = by_name_.find("*" + key.substr(dot));
  return wild == by_name_.end() ? nullptr : wild->second;
}

int TlsServer::on_server_name(SSL* ssl, int*, void* self) {
  const auto* server = static_cast<const TlsServer*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* context = server->find(name);
  if (context == nullptr) return SSL_TLSEXT_ERR_NOACK;  // the default certificate
  if (context != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

int TlsServer::on_status(SSL* ssl, void* self) {
  const auto* server = static_cast<const TlsServer*>(self);
  const X509* shown = SSL_get_certificate(ssl);
  for (const Certificate& certificate : server->certificates_) {
    if (certificate.leaf.get() != shown || certificate.ocsp.empty()) continue;
    auto* copy = static_cast<unsigned char*>(
        OPENSSL_memdup(certificate.ocsp.data(), certificate.ocsp.size()));
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(certificate.ocsp.size()));
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_NOACK;
}

/// RFC 7301 §3.2: a client that offers protocols and not ours is told so.
int TlsServer::on_alpn(SSL*, const unsigned char** out, unsigned char* out_length,
                       const unsigned char* in, unsigned in_length, void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1\x08http/1.0";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_length, kOurs, sizeof(kOurs) - 1, in, in_length) !=
      OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int TlsServer::on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                         EVP_MAC_CTX* mac, int encrypt) {
  const auto* server = static_cast<const TlsServer*>(SSL_get_app_data(ssl));
  return server->tickets_->use(name, iv, cipher, mac, encrypt != 0);
}

}  // namespace segue::net

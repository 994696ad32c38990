// The keys of session tickets: made here and replaced in time, or read from a file that several
// machines share.
//
// A ticket is what a client shows to resume its session (RFC 5077, RFC 8446 §4.6.1). Whoever has
// the keys reads recorded sessions of TLS 1.2, so they live hours, in memory alone.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace segue::net {

class TlsTickets {
 public:
  static constexpr std::size_t kKeyBytes = 80;  ///< in a file: name 16, HMAC key 32, AES key 32
  static constexpr std::size_t kFileKeysMax = 8;
  static constexpr Seconds kRotateEvery{12 * 3600};
  static constexpr std::size_t kOwnKeys = 3;  ///< the newest encrypts; a ticket lives up to 24 h

  TlsTickets();  ///< with one key of its own
  ~TlsTickets();
  TlsTickets(const TlsTickets&) = delete;
  TlsTickets& operator=(const TlsTickets&) = delete;

  /// Takes the keys of `bytes` (a file's): the first encrypts, all decrypt. Errors: a sentence.
  Status<std::string> set(const std::string& bytes);

  /// Makes a new key of its own when the newest is older than kRotateEvery.
  void rotate(Instant now);

  /// OpenSSL's ticket callback (SSL_CTX_set_tlsext_ticket_key_evp_cb) for these keys: 1 used, 2
  /// used and to be renewed, 0 not known, -1 broken. Any thread.
  int use(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
          bool encrypt) const;

 private:
  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> hmac, aes;
  };
  static Key fresh();

  mutable std::mutex mutex_;  // handshakes of all workers; held for a copy
  std::vector<Key> keys_;
  Instant made_ = now();
  bool own_ = true;
};

}  // namespace segue::net

// AES-256-CBC and HMAC-SHA-256 by the book of RFC 5077 §4.
#include "lib/net/tls_tickets.h"

#include <algorithm>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "lib/base/check.h"

namespace segue::net {

TlsTickets::Key TlsTickets::fresh() {
  Key key;
  const bool random = RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) == 1 &&
                      RAND_priv_bytes(key.hmac.data(), static_cast<int>(key.hmac.size())) == 1 &&
                      RAND_priv_bytes(key.aes.data(), static_cast<int>(key.aes.size())) == 1;
  SEGUE_CHECK(random, "OpenSSL has random bytes");
  return key;
}

TlsTickets::TlsTickets() : keys_{fresh()} {}

TlsTickets::~TlsTickets() {
  OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key));
}

Status<std::string> TlsTickets::set(const std::string& bytes) {
  const std::size_t count = bytes.size() / kKeyBytes;
  if (count == 0 || count > kFileKeysMax || bytes.size() % kKeyBytes != 0)
    return fail(std::to_string(bytes.size()) + " bytes, expected 1 to " +
                std::to_string(kFileKeysMax) + " keys of " + std::to_string(kKeyBytes) +
                " bytes each (openssl rand 80 > FILE)");
  std::vector<Key> keys(count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* at = bytes.data() + i * kKeyBytes;
    std::memcpy(keys[i].name.data(), at, keys[i].name.size());
    std::memcpy(keys[i].hmac.data(), at + 16, keys[i].hmac.size());
    std::memcpy(keys[i].aes.data(), at + 48, keys[i].aes.size());
  }
  const std::lock_guard lock(mutex_);
  keys_.swap(keys);
  own_ = false;
  OPENSSL_cleanse(keys.data(), keys.size() * sizeof(Key));
  return Done{};
}

void TlsTickets::rotate(Instant at) {
  if (!own_ || at < made_ + kRotateEvery) return;
  const Key key = fresh();
  const std::lock_guard lock(mutex_);
  keys_.insert(keys_.begin(), key);
  if (keys_.size() > kOwnKeys) {
    OPENSSL_cleanse(&keys_.back(), sizeof(Key));
    keys_.pop_back();
  }
  made_ = at;
}

int TlsTickets::use(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                    EVP_MAC_CTX* mac, bool encrypt) const {
  static const EVP_CIPHER* const aes = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  Key key;
  bool newest = true;
  {
    const std::lock_guard lock(mutex_);
    auto at = keys_.begin();
    if (!encrypt) {
      at = std::find_if(keys_.begin(), keys_.end(), [&](const Key& candidate) {
        return CRYPTO_memcmp(candidate.name.data(), name, candidate.name.size()) == 0;
      });
      if (at == keys_.end()) return 0;
      newest = at == keys_.begin();
    }
    key = *at;
  }
  int outcome = newest ? 1 : 2;
  if (encrypt) {
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes)) != 1) outcome = -1;
  }
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.hmac.data(), key.hmac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  const int ready = encrypt ? EVP_EncryptInit_ex(cipher, aes, nullptr, key.aes.data(), iv)
                            : EVP_DecryptInit_ex(cipher, aes, nullptr, key.aes.data(), iv);
  if (ready != 1 || EVP_MAC_CTX_set_params(mac, parameters) != 1) outcome = -1;
  OPENSSL_cleanse(&key, sizeof(key));
  return outcome;
}

}  // namespace segue::net

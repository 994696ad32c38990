// The error queue.
#include "lib/net/ssl.h"

#include <openssl/err.h>

#include "lib/base/check.h"

namespace segue::net {

std::string take_ssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

std::string sha256(std::string_view bytes) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  SEGUE_CHECK(EVP_Digest(bytes.data(), bytes.size(), sum, &size, EVP_sha256(), nullptr) == 1,
              "OpenSSL has SHA-256");
  return {reinterpret_cast<char*>(sum), size};
}

}  // namespace segue::net

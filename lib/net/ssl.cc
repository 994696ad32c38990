// The error queue.
#include "lib/net/ssl.h"

#include <openssl/err.h>

namespace segue::net {

std::string take_ssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown error" : reason;
}

}  // namespace segue::net

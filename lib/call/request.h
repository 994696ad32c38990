// What is asked of another server, and its bytes on the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/address.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/net/tls_client.h"

namespace segue::call {

struct Request {
  enum class Kind : std::uint8_t {
    kHttp,
    kConnect,  ///< a connection is the whole answer; method, target and the like are not used
  } kind = Kind::kHttp;
  SocketAddress to;
  std::string method = "GET";
  std::string target = "/";  ///< in origin form
  std::string host;          ///< Host; "" leaves it to `headers`, or sends an empty one
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< none about framing or the connection
  std::string body;
  std::shared_ptr<const net::TlsClient> tls;  ///< null: plain
  std::string tls_host;                       ///< whom TLS expects unless its settings say
  Millis timeout{3000};                       ///< from the start until the answer is complete
  std::size_t body_max =
      64 * 1024;  ///< bytes of the answer's body that are kept; the rest is not read
};

/// An HTTP/1.1 request that closes its connection. Errors: a sentence, when something would not
/// stay where it belongs (a line break in a header) or is ours to say (Content-Length).
Result<std::string, std::string> write_request(const Request& request);

}  // namespace segue::call

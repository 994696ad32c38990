// Putting an answer of our own on the wire.
#include "proxy/reply.h"

namespace segue::proxy {

std::string reply_fields(Fault fault, http::Page page) {
  std::string fields = "X-Segue-Reason: " + std::string(to_string(fault)) +
                       "\r\nContent-Type: " + std::string(http::content_type(page)) +
                       "\r\nCache-Control: no-store\r\n";
  const bool later = fault == Fault::kNoEndpoint || fault == Fault::kQueueFull ||
                     fault == Fault::kQueueTimeout || fault == Fault::kOverloaded ||
                     fault == Fault::kDraining;
  if (later) fields += "Retry-After: " + std::to_string(kRetryAfterSeconds) + "\r\n";
  if (fault == Fault::kMethodRefused)  // RFC 9110 §15.5.6
    fields += "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n";
  return fields;
}

void write_reply(Gather& out, std::uint16_t status, std::string_view head_fields,
                 std::string_view body, http::Persistence persistence, Body wanted) {
  out.copy("HTTP/1.1 ");
  out.copy(std::to_string(status));
  out.copy(" ");
  out.copy(http::reason_phrase(status));
  out.copy("\r\n");
  out.copy(head_fields);
  out.copy("Content-Length: ");
  out.copy(std::to_string(body.size()));
  out.copy("\r\n");
  if (persistence == http::Persistence::kClose) out.copy("Connection: close\r\n");
  if (persistence == http::Persistence::kKeepAlive) out.copy("Connection: keep-alive\r\n");
  out.copy("\r\n");
  if (wanted == Body::kSend) out.copy(body);
}

}  // namespace segue::proxy

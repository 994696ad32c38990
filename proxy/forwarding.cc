// Building the added fields, without printf and without heap.
#include "proxy/forwarding.h"

#include <cstring>

#include <arpa/inet.h>

#include "lib/http/field.h"

namespace segue::proxy {
namespace {

using http::Field;
using http::FieldId;

char* hex(char* out, std::uint64_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) *out++ = kDigits[(value >> shift) & 15];
  return out;
}

// A request id that a trusted peer sends is passed on when it is short and printable.
constexpr std::size_t kRequestIdMax = 128;

bool is_usable_id(std::string_view id) {
  if (id.empty() || id.size() > kRequestIdMax) return false;
  for (const char c : id)
    if (c < '!' || c > '~' || c == '"' || c == '\\') return false;
  return true;
}

/// W3C Trace Context: version-traceid-parentid-flags, lower-case hex, ids not all zero.
bool is_traceparent(std::string_view value) {
  if (value.size() < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-') return false;
  const std::string_view version = value.substr(0, 2);
  if (version == "ff") return false;
  // Later versions may add to it, behind another dash.
  if (value.size() > 55 && (version == "00" || value[55] != '-')) return false;
  const auto is_hex = [](std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  };
  const auto is_id = [&](std::string_view id) {
    return is_hex(id) && id.find_first_not_of('0') != std::string_view::npos;
  };
  return is_hex(version) && is_id(value.substr(3, 32)) && is_id(value.substr(36, 16)) &&
         is_hex(value.substr(53, 2));
}

/// An address without port, as X-Forwarded-For has them. No allocation.
bool parse_host(std::string_view text, SocketAddress& out) {
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(copy)) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, copy, &v4.sin_addr) == 1) {
    out = SocketAddress::from(reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
    return true;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (inet_pton(AF_INET6, copy, &v6.sin6_addr) != 1) return false;
  out = SocketAddress::from(reinterpret_cast<sockaddr*>(&v6), sizeof(v6));
  return true;
}

}  // namespace

void ForwardedFields::add(std::string_view name, std::string_view value) {
  fields_[count_++] = {name, value, FieldId::kOther, false};
}

std::span<const Field> ForwardedFields::make(http::Head& head, const ClientInfo& client,
                                             const conf::Forwarding& settings, Rng& rng) {
  count_ = 0;
  request_id_ = {};
  const Field* came[4] = {};  // For, Proto, Host, Port as received
  bool traced = false;
  const bool certified = client.listener->settings.client_auth != conf::Listener::ClientAuth::kNone;
  forwarded_for_.clear();
  for (Field& field : head.fields) {
    switch (field.id) {
      case FieldId::kXForwardedFor:
        // Always rewritten: replaced, or appended to as one list.
        if (client.trusted) {
          if (!forwarded_for_.empty()) forwarded_for_ += ", ";
          forwarded_for_ += field.value;
        }
        field.hop_by_hop = true;
        break;
      case FieldId::kXForwardedProto:
      case FieldId::kXForwardedHost:
      case FieldId::kXForwardedPort: {
        const auto which =
            static_cast<std::size_t>(field.id) - static_cast<std::size_t>(FieldId::kXForwardedFor);
        if (client.trusted && came[which] == nullptr) {
          came[which] = &field;
        } else {
          field.hop_by_hop = true;
        }
        break;
      }
      case FieldId::kXSslClient:
        // Ours to say where clients are asked for certificates; a stranger's word nowhere.
        if (!client.trusted || certified) field.hop_by_hop = true;
        break;
      case FieldId::kForwarded:
      case FieldId::kXForwardedOther:
      case FieldId::kXRealIp:
        if (!client.trusted) field.hop_by_hop = true;
        break;
      case FieldId::kXRequestId:
        if (client.trusted && request_id_.empty() && is_usable_id(field.value)) {
          request_id_ = field.value;
        } else {
          field.hop_by_hop = true;
        }
        break;
      case FieldId::kTraceparent:
        if (!traced && is_traceparent(field.value)) {
          traced = true;
        } else {
          field.hop_by_hop = true;
        }
        break;
      default: break;
    }
  }

  if (forwarded_for_.empty()) {
    add("X-Forwarded-For", client.host);
  } else {
    forwarded_for_ += ", ";
    forwarded_for_ += client.host;
    add("X-Forwarded-For", forwarded_for_);
  }
  const std::string_view scheme = client.encrypted() ? "https" : "http";
  if (came[1] == nullptr) add("X-Forwarded-Proto", scheme);
  if (came[2] == nullptr && !head.authority.empty()) add("X-Forwarded-Host", head.authority);
  if (came[3] == nullptr) add("X-Forwarded-Port", client.listener->port_text);
  if (request_id_.empty()) {
    hex(hex(id_.data(), rng.next()), rng.next());
    request_id_ = {id_.data(), id_.size()};
    add("X-Request-Id", request_id_);
  }
  if (!traced) {
    char* at = trace_.data();
    *at++ = '0';
    *at++ = '0';
    *at++ = '-';
    at = hex(hex(at, rng.next() | 1), rng.next());
    *at++ = '-';
    at = hex(at, rng.next() | 1);
    *at++ = '-';
    *at++ = '0';
    *at++ = '0';  // not sampled: the decision is for whoever records traces
    add("traceparent", {trace_.data(), trace_.size()});
  }
  if (settings.forwarded) {
    const bool six = client.host.find(':') != std::string_view::npos;
    forwarded_ = "for=";
    forwarded_ += six ? "\"[" : "";
    forwarded_ += client.host;
    forwarded_ += six ? "]\"" : "";
    forwarded_ += ";proto=";
    forwarded_ += scheme;
    if (!head.authority.empty()) {
      forwarded_ += ";host=\"";
      forwarded_ += head.authority;
      forwarded_ += '"';
    }
    add("Forwarded", forwarded_);
  }
  if (certified) {
    add("X-SSL-Client-Verify", client.certificate == nullptr ? "NONE" : "SUCCESS");
    if (client.certificate != nullptr) {
      add("X-SSL-Client-Subject", client.certificate->subject);
      add("X-SSL-Client-Fingerprint", client.certificate->fingerprint);
    }
  }
  if (settings.via) add("Via", head.minor == 0 ? "1.0 segue" : "1.1 segue");
  return {fields_.data(), count_};
}

std::string_view client_address(const http::Head& head, const ClientInfo& client) noexcept {
  if (!client.trusted) return client.host;
  // From the right: each proxy appended the address it saw; the first one we do not trust is the
  // client.
  std::string_view found = client.host;
  for (std::size_t i = head.fields.size(); i-- > 0;) {
    if (head.fields[i].id != FieldId::kXForwardedFor) continue;
    std::string_view list = head.fields[i].value;
    while (!list.empty()) {
      const std::size_t comma = list.rfind(',');
      const std::string_view element =
          http::trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
      list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
      if (element.empty()) continue;
      SocketAddress address;
      if (!parse_host(element, address)) return found;
      found = element;
      if (!contains(client.listener->trusted, address)) return found;
    }
  }
  return found;
}

}  // namespace segue::proxy

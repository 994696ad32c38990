// Addresses, ranges and hosts.
#include <algorithm>

#include "conf/judge.h"
#include "lib/base/address.h"

namespace segue::conf {
namespace {

constexpr std::size_t kHostNameMax = 253;  // RFC 1035 §2.3.4, without the root's dot

bool is_lower_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// A name of labels, or four numbers. Underscores are no part of DNS host names but of many
// container networks.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostNameMax || text.front() == '.' || text.front() == '-')
    return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(
      text, [](char c) { return is_lower_alnum(lower(c)) || c == '.' || c == '-' || c == '_'; });
}

bool is_numeric(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

std::string without_scheme(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return "";
  const std::string_view rest = text.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (!is_host_name(authority.substr(0, authority.find(':')))) return "";
  const bool has_port = authority.find(':') != std::string_view::npos;
  return " is a URL, expected \"" + std::string(authority) + (has_port ? "" : ":80") + "\"";
}

}  // namespace

std::string judge_listen_address(std::string_view text) {
  if (SocketAddress::parse(text)) return "";
  return " is not an address to listen on, expected one such as \"0.0.0.0:8080\", \"[::]:8080\" or "
         "\"unix:/run/segue/edge.sock\"";
}

std::string judge_tcp_address(std::string_view text) {
  const auto address = SocketAddress::parse(text);
  if (address && address->family() != AF_UNIX) return "";
  return " is not an address to listen on, expected one such as \"127.0.0.1:9090\" or "
         "\"[::1]:9090\"";
}

std::string judge_endpoint(std::string_view text) {
  if (const std::string hint = without_scheme(text); !hint.empty()) return hint;
  const std::string expected =
      ", expected one such as \"10.0.0.5:8080\", \"ci.internal:8080\", \"[::1]:8080\" or "
      "\"unix:/run/ci.sock\"";
  if (text.starts_with("unix:"))
    return SocketAddress::parse(text) ? "" : " is not the address of an endpoint" + expected;
  const auto parts = split_host_port(text);
  if (!parts && is_host_name(text)) return " has no port" + expected;
  const bool name = parts && is_host_name(parts->host) && !is_numeric(parts->host);
  const bool number = parts && !parts->host.empty() && SocketAddress::parse(text);
  if (!name && !number) return " is not the address of an endpoint" + expected;
  return parts->port == 0 ? " has port 0, which nobody can connect to" : "";
}

std::string judge_check_address(std::string_view text) {
  const bool port_only = text.starts_with(':');
  return judge_endpoint(port_only ? "localhost" + std::string(text) : std::string(text)).empty()
             ? ""
             : " is not an address for checks, expected \"host:port\" or \":port\"";
}

std::string judge_range(std::string_view text) {
  return AddressRange::parse(text)
             ? ""
             : " is not a range of addresses, expected one such as \"10.0.0.0/8\", \"::1\" or "
               "\"unix\"";
}

std::string judge_host_pattern(std::string_view text) {
  if (const std::string hint = without_scheme(text); !hint.empty())
    return " is a URL, expected the host alone";
  const std::string expected = ", expected one such as \"ci.example.com\" or \"*.example.com\"";
  if (text.starts_with('[')) {  // an IPv6 literal keeps its brackets in a Host field
    const bool literal = text.ends_with(']') && SocketAddress::parse(std::string(text) + ":0");
    return literal ? "" : " is not a host" + expected;
  }
  const std::string_view name = text.starts_with("*.") ? text.substr(2) : text;
  if (is_host_name(name)) return "";
  if (split_host_port(text)) return " has a port; hosts are matched without it";
  return " is not a host" + expected;
}

std::string judge_host_field(std::string_view text) {
  const bool plain = is_host_name(text) || (text.starts_with('[') && text.ends_with(']'));
  const auto parts = split_host_port(text);
  const bool with_port =
      parts && (is_host_name(parts->host) || (text.starts_with('[') && !parts->host.empty()));
  return plain || with_port ? "" : " is not a host, expected one such as \"ci.example.com\"";
}

std::string judge_server_name(std::string_view text) {
  const bool number = SocketAddress::parse(std::string(text) + ":0") ||
                      SocketAddress::parse("[" + std::string(text) + "]:0");
  return is_host_name(text) || number
             ? ""
             : " is not the name of a server, expected one such as \"ci.example.com\"";
}

}  // namespace segue::conf

// Parsing is strict: a header that is not exactly what the specification says ends the connection.
#include "proxy/proxy_protocol.h"

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include <arpa/inet.h>

namespace segue::proxy {
namespace {

using std::string_literals::operator""s;
using std::string_view_literals::operator""sv;

constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;  // §2.2
constexpr std::size_t kV1Max = 107;                                // §2.1
constexpr std::size_t kV2Max =
    520;  // of addresses and TLVs: with them the header fits the 536 of §2.2

ProxyHeader bad() {
  return {ProxyHeader::Outcome::kBad, 0, {}};
}

/// One end of a TCP4 or TCP6 line. The port is decimal, without leading zeros (§2.1).
bool parse_end(std::string_view family, std::string_view host, std::string_view port,
               SocketAddress& out) {
  if (port.size() > 1 && port.front() == '0') return false;
  const bool six = family == "TCP6";
  // Brackets and prefixes are our notation, not the protocol's.
  if (host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  const std::string text = six ? "[" + std::string(host) + "]" : std::string(host);
  auto address = SocketAddress::parse(text + ":" + std::string(port));
  if (!address || address->family() != (six ? AF_INET6 : AF_INET)) return false;
  out = *address;
  return true;
}

bool next_word(std::string_view& line, std::string_view& word) {
  const std::size_t space = line.find(' ');
  word = line.substr(0, space);
  line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  return !word.empty();
}

ProxyHeader parse_v1(std::string_view text) {
  const std::size_t end = text.substr(0, kV1Max).find("\r\n");
  if (end == std::string_view::npos) return text.size() < kV1Max ? ProxyHeader{} : bad();
  std::string_view line = text.substr(6, end - 6);
  ProxyHeader header{ProxyHeader::Outcome::kOk, end + 2, {}};
  std::string_view family, source, destination, source_port, destination_port;
  if (!next_word(line, family)) return bad();
  if (family == "UNKNOWN") return header;
  if (family != "TCP4" && family != "TCP6") return bad();
  if (line.ends_with(' ') || !next_word(line, source) || !next_word(line, destination) ||
      !next_word(line, source_port) || !next_word(line, destination_port) || !line.empty())
    return bad();
  SocketAddress ignored;
  if (!parse_end(family, source, source_port, header.source) ||
      !parse_end(family, destination, destination_port, ignored))
    return bad();
  return header;
}

ProxyHeader parse_v2(std::string_view text) {
  if (text.size() < 16) return {};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = static_cast<std::size_t>(byte(14) << 8 | byte(15));
  if (byte(12) >> 4 != 2 || (byte(12) & 15) > 1 || length > kV2Max) return bad();
  if (text.size() < 16 + length) return {};
  ProxyHeader header{ProxyHeader::Outcome::kOk, 16 + length, {}};
  if ((byte(12) & 15) == 0) return header;  // LOCAL: the proxy's own check
  if (byte(13) == 0x11) {
    if (length < 12) return bad();
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    std::memcpy(&v4.sin_addr, text.data() + 16, 4);
    std::memcpy(&v4.sin_port, text.data() + 24, 2);
    header.source = SocketAddress::from(reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
  } else if (byte(13) == 0x21) {
    if (length < 36) return bad();
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, text.data() + 16, 16);
    std::memcpy(&v6.sin6_port, text.data() + 48, 2);
    header.source = SocketAddress::from(reinterpret_cast<sockaddr*>(&v6), sizeof(v6));
  } else if (byte(13) >> 4 > 3 || (byte(13) & 15) > 2) {
    return bad();  // neither an address family nor a transport of §2.2
  }
  return header;
}

}  // namespace

ProxyHeader parse_proxy_header(std::span<const char> bytes) noexcept {
  const std::string_view text(bytes.data(), bytes.size());
  constexpr std::string_view kV1 = "PROXY ";
  if (text.starts_with(kV1)) return parse_v1(text);
  if (text.starts_with(kSignature)) return parse_v2(text);
  if (kV1.starts_with(text) || kSignature.starts_with(text)) return {};
  return bad();
}

std::string make_proxy_header_v1(const SocketAddress& source, const SocketAddress& destination) {
  if (source.family() != destination.family() ||
      (source.family() != AF_INET && source.family() != AF_INET6))
    return "PROXY UNKNOWN\r\n";
  char from[INET6_ADDRSTRLEN] = "", to[INET6_ADDRSTRLEN] = "";
  const auto text = [](const SocketAddress& address, char* out) {
    const void* bytes = address.family() == AF_INET
                            ? static_cast<const void*>(
                                  &reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr)
                            : &reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr;
    inet_ntop(address.family(), bytes, out, INET6_ADDRSTRLEN);
  };
  text(source, from);
  text(destination, to);
  return std::string("PROXY ") + (source.family() == AF_INET ? "TCP4 " : "TCP6 ") + from + " " +
         to + " " + std::to_string(source.port()) + " " + std::to_string(destination.port()) +
         "\r\n";
}

std::string make_proxy_header_v2(const SocketAddress& source, const SocketAddress& destination) {
  std::string out(kSignature);
  const bool four = source.family() == AF_INET && destination.family() == AF_INET;
  const bool six = source.family() == AF_INET6 && destination.family() == AF_INET6;
  if (!four && !six) return out + "\x20\x00\x00\x00"s;
  out += '\x21';
  out += four ? '\x11' : '\x21';
  out += '\0';
  out += four ? '\x0c' : '\x24';
  const auto add = [&](const void* bytes, std::size_t n) {
    out.append(static_cast<const char*>(bytes), n);
  };
  if (four) {
    const auto& from = *reinterpret_cast<const sockaddr_in*>(source.get());
    const auto& to = *reinterpret_cast<const sockaddr_in*>(destination.get());
    add(&from.sin_addr, 4);
    add(&to.sin_addr, 4);
    add(&from.sin_port, 2);
    add(&to.sin_port, 2);
  } else {
    const auto& from = *reinterpret_cast<const sockaddr_in6*>(source.get());
    const auto& to = *reinterpret_cast<const sockaddr_in6*>(destination.get());
    add(&from.sin6_addr, 16);
    add(&to.sin6_addr, 16);
    add(&from.sin6_port, 2);
    add(&to.sin6_port, 2);
  }
  return out;
}

}  // namespace segue::proxy

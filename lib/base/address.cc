// Parsing and printing of socket addresses and ranges, by inet_pton and inet_ntop.
#include "lib/base/address.h"

#include <charconv>
#include <cstddef>
#include <cstring>

#include <arpa/inet.h>

namespace segue {
namespace {

Result<std::uint16_t, std::string> parse_port(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > 65'535)
    return fail("port '" + std::string(text) + "' is not a number from 0 to 65535");
  return static_cast<std::uint16_t>(value);
}

}  // namespace

Result<HostPort, std::string> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return fail("'" + std::string(text) + "' has no port; write host:port");
  std::string_view host = text.substr(0, colon);
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']') return fail("'" + std::string(text) + "' has no closing bracket");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail("IPv6 addresses need brackets: [" + std::string(host) + "]:port");
  }
  auto port = parse_port(text.substr(colon + 1));
  if (!port) return fail(std::move(port).error());
  return HostPort{host, *port};
}

Result<SocketAddress, std::string> SocketAddress::parse(std::string_view text) {
  SocketAddress address;
  // Below here texts are C strings, which would end at it.
  if (text.find('\0') != std::string_view::npos)
    return fail(std::string("an address has no NUL byte"));
  if (text.starts_with("unix:")) {
    const std::string_view path = text.substr(5);
    auto& un = address.storage_.unix_;
    if (path.empty() || path.size() >= sizeof(un.sun_path))
      return fail("UNIX socket path must have 1 to " + std::to_string(sizeof(un.sun_path) - 1) +
                  " bytes");
    un.sun_family = AF_UNIX;
    std::memset(un.sun_path, 0, sizeof(un.sun_path));
    std::memcpy(un.sun_path, path.data(), path.size());
    const bool abstract = path.front() == '@';
    if (abstract) un.sun_path[0] = '\0';
    address.length_ =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
    return address;
  }
  auto parts = split_host_port(text);
  if (!parts) return fail(std::move(parts).error());
  const bool brackets = text.front() == '[';
  const std::string host(parts->host.empty() && !brackets ? "0.0.0.0" : parts->host);
  auto& v4 = address.storage_.v4;
  v4 = {};
  if (!brackets && inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(parts->port);
    address.length_ = sizeof(v4);
    return address;
  }
  auto& v6 = address.storage_.v6;
  v6 = {};
  if (inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(parts->port);
    address.length_ = sizeof(v6);
    return address;
  }
  return fail("'" + host + "' is not an IP address");
}

SocketAddress SocketAddress::from(const sockaddr* address, socklen_t length) noexcept {
  SocketAddress result;
  if (address == nullptr || length > sizeof(result.storage_)) return result;
  std::memcpy(&result.storage_, address, length);
  result.length_ = length;
  return result;
}

socklen_t SocketAddress::length() const noexcept {
  return length_;
}

std::uint16_t SocketAddress::port() const noexcept {
  if (family() == AF_INET) return ntohs(storage_.v4.sin_port);
  if (family() == AF_INET6) return ntohs(storage_.v6.sin6_port);
  return 0;
}

void SocketAddress::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET) storage_.v4.sin_port = htons(port);
  if (family() == AF_INET6) storage_.v6.sin6_port = htons(port);
}

std::size_t SocketAddress::write_host(char* out) const noexcept {
  if (family() == AF_INET ||
      (family() == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&storage_.v6.sin6_addr))) {
    const auto* octets = family() == AF_INET
                             ? reinterpret_cast<const unsigned char*>(&storage_.v4.sin_addr)
                             : reinterpret_cast<const unsigned char*>(&storage_.v6.sin6_addr) + 12;
    char* at = out;
    for (int i = 0; i < 4; ++i) {
      if (i > 0) *at++ = '.';
      at = std::to_chars(at, at + 3, octets[i]).ptr;
    }
    return static_cast<std::size_t>(at - out);
  }
  if (family() == AF_INET6) {
    inet_ntop(AF_INET6, &storage_.v6.sin6_addr, out, kHostMax);
    return std::strlen(out);
  }
  std::memcpy(out, "unix", 4);
  return 4;
}

std::string SocketAddress::to_string() const {
  if (family() == AF_UNIX) {
    const std::size_t path_length = length_ - offsetof(sockaddr_un, sun_path);
    if (path_length == 0) return "unix:";
    std::string path(storage_.unix_.sun_path, path_length);
    if (path.front() == '\0') {
      path.front() = '@';
    } else {
      path.resize(std::strlen(path.c_str()));
    }
    return "unix:" + path;
  }
  if (family() == AF_UNSPEC) return "none";
  char host[kHostMax];
  const std::string text(host, write_host(host));
  const bool brackets = text.find(':') != std::string::npos;
  return (brackets ? "[" + text + "]" : text) + ":" + std::to_string(port());
}

bool SocketAddress::operator==(const SocketAddress& other) const noexcept {
  return length_ == other.length_ && std::memcmp(&storage_, &other.storage_, length_) == 0;
}

namespace {

std::array<std::uint8_t, 16> mapped(const in_addr& v4) noexcept {
  std::array<std::uint8_t, 16> bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, &v4, 4);
  return bytes;
}

}  // namespace

Result<AddressRange, std::string> AddressRange::parse(std::string_view text) {
  AddressRange range;
  if (text == "unix") {
    range.unix_ = true;
    return range;
  }
  if (text.find('\0') != std::string_view::npos)
    return fail(std::string("a range has no NUL byte"));
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  in_addr v4;
  in6_addr v6;
  unsigned offset = 0;
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    range.prefix_ = mapped(v4);
    offset = 96;
  } else if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) {
    std::memcpy(range.prefix_.data(), &v6, 16);
  } else {
    return fail("'" + host + "' is not an IP address; write a range as 10.0.0.0/8 or ::1");
  }
  unsigned bits = 128 - offset;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (error != std::errc{} || end != digits.data() + digits.size() || bits > 128 - offset)
      return fail("prefix length '" + std::string(digits) + "' is not a number from 0 to " +
                  std::to_string(128 - offset));
  }
  range.bits_ = static_cast<std::uint8_t>(bits + offset);
  return range;
}

bool AddressRange::contains(const SocketAddress& address) const noexcept {
  if (address.family() == AF_UNIX || unix_) return unix_ && address.family() == AF_UNIX;
  std::array<std::uint8_t, 16> bytes{};
  if (address.family() == AF_INET) {
    bytes = mapped(reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr);
  } else if (address.family() == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr, 16);
  } else {
    return false;
  }
  const std::size_t whole = bits_ / 8u;
  if (std::memcmp(bytes.data(), prefix_.data(), whole) != 0) return false;
  const unsigned rest = bits_ % 8u;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((bytes[whole] ^ prefix_[whole]) & mask) == 0;
}

bool contains(const std::vector<AddressRange>& ranges, const SocketAddress& address) noexcept {
  for (const AddressRange& range : ranges)
    if (range.contains(address)) return true;
  return false;
}

}  // namespace segue

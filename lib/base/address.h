// Socket addresses and address ranges as values: parse, print, compare, contain. No I/O, no names.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/result.h"

namespace segue {

/// An IPv4, IPv6 or UNIX socket address.
class SocketAddress {
 public:
  SocketAddress() noexcept { storage_.any.sa_family = AF_UNSPEC; }

  /// From "127.0.0.1:8080", "[::1]:8080" or "unix:/path" ("unix:@name" is abstract). Names are not
  /// resolved. Errors: a sentence that says what is wrong.
  static Result<SocketAddress, std::string> parse(std::string_view text);
  static SocketAddress from(const sockaddr* address, socklen_t length) noexcept;

  const sockaddr* get() const noexcept { return &storage_.any; }
  socklen_t length() const noexcept;
  int family() const noexcept { return storage_.any.sa_family; }
  std::uint16_t port() const noexcept;  ///< 0 for UNIX sockets
  void set_port(std::uint16_t port) noexcept;

  /// "127.0.0.1:8080", "[::1]:8080", "unix:/path".
  std::string to_string() const;

  /// Writes the address without port ("127.0.0.1", "::1", "unix") and returns its length, at most
  /// kHostMax. No allocation. IPv4-mapped IPv6 addresses are written as IPv4.
  static constexpr std::size_t kHostMax = 46;
  std::size_t write_host(char* out) const noexcept;

  bool operator==(const SocketAddress& other) const noexcept;

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_un unix_;
  } storage_;
  socklen_t length_ = 0;
};

/// The host and port of "name:port", "1.2.3.4:port" or "[::1]:port". Views into `text`.
struct HostPort {
  std::string_view host;  ///< without brackets
  std::uint16_t port = 0;
};
Result<HostPort, std::string> split_host_port(std::string_view text);

/// A range such as "10.0.0.0/8", "::1" or "unix" (every UNIX peer).
class AddressRange {
 public:
  static Result<AddressRange, std::string> parse(std::string_view text);
  bool contains(const SocketAddress& address) const noexcept;

 private:
  std::array<std::uint8_t, 16> prefix_{};  // IPv4 as IPv4-mapped IPv6
  std::uint8_t bits_ = 0;                  // of 128
  bool unix_ = false;
};

bool contains(const std::vector<AddressRange>& ranges, const SocketAddress& address) noexcept;

}  // namespace segue

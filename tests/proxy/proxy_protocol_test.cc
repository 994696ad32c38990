// The PROXY protocol: cut anywhere, there and back, and nothing but what the specification says.
#include "proxy/proxy_protocol.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace segue::proxy {
namespace {

using Outcome = ProxyHeader::Outcome;
using std::string_literals::operator""s;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;

SocketAddress address(std::string_view text) {
  return *SocketAddress::parse(text);
}
ProxyHeader parse(const std::string& bytes) {
  return parse_proxy_header(bytes);
}

/// A v2 header with `command`, `family` and as many zero bytes of addresses.
std::string v2(int command, int family, std::size_t length) {
  return kSignature + static_cast<char>(command) + static_cast<char>(family) +
         static_cast<char>(length >> 8) + static_cast<char>(length & 255) +
         std::string(length, '\0');
}

/// Complete exactly at `header`'s last byte, and never bad before.
void check_cuts(const std::string& header, const std::string& source) {
  for (std::size_t n = 0; n < header.size(); ++n) {
    CAPTURE(n);
    CHECK((parse(header.substr(0, n)).outcome == Outcome::kMore));
  }
  for (const std::string rest : {"", "GET / HTTP/1.1\r\n", "\r\n"}) {
    const ProxyHeader whole = parse(header + rest);
    REQUIRE((whole.outcome == Outcome::kOk));
    CHECK(whole.bytes == header.size());
    CHECK(whole.source.to_string() == source);
  }
}

}  // namespace

TEST_SUITE("proxy/proxy_protocol") {
  TEST_CASE("what is made is read again, at every cut") {
    const SocketAddress four = address("192.0.2.7:40000"), here = address("10.0.0.1:443");
    const SocketAddress six = address("[2001:db8::7]:65535"), there = address("[::1]:1");
    check_cuts(make_proxy_header_v1(four, here), "192.0.2.7:40000");
    check_cuts(make_proxy_header_v2(four, here), "192.0.2.7:40000");
    check_cuts(make_proxy_header_v1(six, there), "[2001:db8::7]:65535");
    check_cuts(make_proxy_header_v2(six, there), "[2001:db8::7]:65535");
    for (const SocketAddress& odd : {address("unix:/a"), SocketAddress(), six}) {
      check_cuts(make_proxy_header_v1(odd, here), "none");
      check_cuts(make_proxy_header_v2(odd, here), "none");
    }
  }

  TEST_CASE("the bytes are those of the specification") {
    CHECK(make_proxy_header_v1(address("192.0.2.7:40000"), address("10.0.0.1:443")) ==
          "PROXY TCP4 192.0.2.7 10.0.0.1 40000 443\r\n");
    CHECK(make_proxy_header_v2(address("1.2.3.4:258"), address("5.6.7.8:772")) ==
          kSignature + "\x21\x11\x00\x0c\x01\x02\x03\x04\x05\x06\x07\x08\x01\x02\x03\x04"s);
  }

  TEST_CASE("§2.1: UNKNOWN keeps the real peer, whatever follows on the line") {
    check_cuts("PROXY UNKNOWN\r\n", "none");
    check_cuts("PROXY UNKNOWN ffff::1 ::1 1 2 and more\r\n", "none");
  }

  TEST_CASE("§2.1: the longest line is 107 bytes") {
    const std::string longest =
        "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n";
    REQUIRE(longest.size() == 107);
    check_cuts(longest, "none");
    CHECK((parse("PROXY UNKNOWN " + std::string(100, 'x')).outcome == Outcome::kBad));
    CHECK((parse("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n").outcome == Outcome::kBad));
  }

  TEST_CASE("§2.1: a line that is not exactly right is refused") {
    for (const std::string_view line : {"",
                                        "TCP4",
                                        "TCP4 ",
                                        "TCP5 1.2.3.4 5.6.7.8 1 2",
                                        "tcp4 1.2.3.4 5.6.7.8 1 2",
                                        "UNKNOWNX",
                                        "TCP4 1.2.3.4 5.6.7.8 1",
                                        "TCP4 1.2.3.4 5.6.7.8 1 2 3",
                                        "TCP4 1.2.3.4 5.6.7.8 1 2 ",
                                        "TCP4  1.2.3.4 5.6.7.8 1 2",
                                        "TCP4 ::1 ::1 1 2",
                                        "TCP6 1.2.3.4 5.6.7.8 1 2",
                                        "TCP4 1.2.3 5.6.7.8 1 2",
                                        "TCP4 1.2.3.4 5.6.7.8 65536 2",
                                        "TCP4 1.2.3.4 5.6.7.8 -1 2",
                                        "TCP4 1.2.3.4 5.6.7.8 x 2",
                                        "TCP4 1.2.3.4 5.6.7.8 1 65536",
                                        "TCP4 1.2.3.4 5.6.7.8 1 x",
                                        "TCP4 1.2.3.4 x 1 2",
                                        "TCP4 1.2.3.4 ::1 1 2",
                                        "TCP4 1.2.3.4 5.6.7.8 01 2",
                                        "TCP4 [1.2.3.4] 5.6.7.8 1 2",
                                        "TCP4 unix:/a 5.6.7.8 1 2",
                                        "TCP6 [::1] ::1 1 2",
                                        "TCP4 1.2.3.4\t5.6.7.8 1 2",
                                        "TCP4 1.2.3.4 5.6.7.8 1 2\n"}) {
      CAPTURE(line);
      CHECK((parse("PROXY " + std::string(line) + "\r\n").outcome == Outcome::kBad));
    }
    CHECK((parse("PROXY TCP4 1.2.3.4\0x 5.6.7.8 1 2\r\n"s).outcome == Outcome::kBad));
    CHECK((parse("GET / HTTP/1.1\r\n").outcome == Outcome::kBad));
    CHECK((parse("PROXYX").outcome == Outcome::kBad));
    CHECK((parse("proxy TCP4").outcome == Outcome::kBad));
  }

  TEST_CASE(
      "§2.2: LOCAL and unspecified addresses keep the real peer, and what is appended is skipped") {
    check_cuts(v2(0x20, 0x00, 0), "none");
    check_cuts(v2(0x20, 0x11, 12), "none");
    check_cuts(v2(0x21, 0x00, 40), "none");
    check_cuts(v2(0x21, 0x12, 12), "none");
    check_cuts(v2(0x21, 0x31, 216), "none");
    check_cuts(v2(0x21, 0x11, 12 + 256), "0.0.0.0:0");
    check_cuts(v2(0x21, 0x21, 520), "[::]:0");
  }

  TEST_CASE("§2.2: another version, command or family, or too few or too many bytes, are refused") {
    for (const std::string& header :
         {v2(0x11, 0x11, 12), v2(0x31, 0x11, 12), v2(0x22, 0x11, 12), v2(0x2f, 0x11, 12),
          v2(0x21, 0x11, 11), v2(0x21, 0x21, 35), v2(0x21, 0x11, 521), v2(0x21, 0x11, 65'535),
          v2(0x21, 0x41, 40), v2(0x21, 0x13, 40)})
      CHECK((parse(header).outcome == Outcome::kBad));
    for (std::size_t i = 1; i < kSignature.size(); ++i) {
      std::string wrong = kSignature;
      wrong[i] = 'x';
      CHECK((parse(wrong).outcome == Outcome::kBad));
    }
  }
}

}  // namespace segue::proxy

// Addresses and ranges: what is written is what is read, and what is wrong is a sentence.
#include "lib/base/address.h"

#include <cstring>
#include <string>

#include <doctest/doctest.h>

namespace segue {
namespace {

SocketAddress address(std::string_view text) {
  auto parsed = SocketAddress::parse(text);
  REQUIRE_MESSAGE(parsed.ok(), std::string(text));
  return *parsed;
}

AddressRange range(std::string_view text) {
  auto parsed = AddressRange::parse(text);
  REQUIRE_MESSAGE(parsed.ok(), std::string(text));
  return *parsed;
}

std::string host(const SocketAddress& of) {
  char out[SocketAddress::kHostMax];
  return std::string(out, of.write_host(out));
}

}  // namespace

TEST_SUITE("lib/base/address") {
  TEST_CASE("an address is printed as it was written") {
    for (const std::string_view text :
         {"127.0.0.1:8080", "255.255.255.255:65535", "0.0.0.0:0", "[::1]:8080", "[2001:db8::7]:443",
          "unix:/run/segue/edge.sock", "unix:@abstract"}) {
      CAPTURE(text);
      CHECK(address(text).to_string() == text);
      CHECK(address(text) == address(text));
    }
    CHECK(address(":8080").to_string() == "0.0.0.0:8080");
    CHECK(SocketAddress().to_string() == "none");
  }

  TEST_CASE("what is no address is refused with a sentence") {
    for (const std::string_view text : {"",
                                        ":",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:-1",
                                        "127.0.0.1:+1",
                                        "127.0.0.1: 80",
                                        "127.0.0.1:80 ",
                                        "127.0.0.1:8x",
                                        "127.0.0.1:99999999999999999999",
                                        "256.0.0.1:80",
                                        "1.2.3:80",
                                        "1.2.3.4.5:80",
                                        "localhost:80",
                                        "::1:80",
                                        "[::1:80",
                                        "[::1]80",
                                        "[::1]",
                                        "[:::]:80",
                                        "[]:80",
                                        "[127.0.0.1]:80",
                                        "[fe80::1%eth0]:80",
                                        "unix:"}) {
      CAPTURE(text);
      const auto parsed = SocketAddress::parse(text);
      REQUIRE_FALSE(parsed.ok());
      CHECK_FALSE(parsed.error().empty());
    }
    using std::string_view_literals::operator""sv;
    CHECK_FALSE(SocketAddress::parse("127.0.0.1\0.evil:80"sv).ok());
    CHECK_FALSE(SocketAddress::parse("unix:/run/a\0b"sv).ok());
    CHECK_FALSE(AddressRange::parse("10.0.0.0\0/8"sv).ok());
  }

  TEST_CASE("a socket path may be as long as the kernel's, and no longer") {
    const std::string longest = "unix:/" + std::string(106, 'a');
    CHECK(address(longest).to_string() == longest);
    CHECK_FALSE(SocketAddress::parse(longest + "a").ok());
  }

  TEST_CASE("a port can be read and changed, and UNIX sockets have none") {
    SocketAddress four = address("10.0.0.5:80"), six = address("[::1]:80"),
                  path = address("unix:/a");
    CHECK(four.port() == 80);
    CHECK(six.port() == 80);
    CHECK(path.port() == 0);
    for (SocketAddress* each : {&four, &six, &path}) each->set_port(65'535);
    CHECK(four == address("10.0.0.5:65535"));
    CHECK(six == address("[::1]:65535"));
    CHECK(path == address("unix:/a"));
    CHECK_FALSE(four == address("10.0.0.5:1"));
    CHECK_FALSE(four == six);
  }

  TEST_CASE("a host is written without port, and an IPv4 address in IPv6 clothes as IPv4") {
    CHECK(host(address("192.0.2.7:80")) == "192.0.2.7");
    CHECK(host(address("255.255.255.255:80")) == "255.255.255.255");
    CHECK(host(address("[::ffff:192.0.2.7]:80")) == "192.0.2.7");
    CHECK(host(address("[2001:db8:0:0:1:0:0:1]:80")) == "2001:db8::1:0:0:1");
    CHECK(host(address("unix:/a")) == "unix");
    CHECK(host(address("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:80")).size() <
          SocketAddress::kHostMax);
  }

  TEST_CASE("what the kernel reports becomes an address, and what is too long becomes none") {
    sockaddr_un unnamed{};
    unnamed.sun_family = AF_UNIX;
    const auto peer =
        SocketAddress::from(reinterpret_cast<sockaddr*>(&unnamed), sizeof(sa_family_t));
    CHECK(peer.to_string() == "unix:");
    CHECK(SocketAddress::from(nullptr, 0).family() == AF_UNSPEC);
    const std::string large(4096, '\x02');
    CHECK(SocketAddress::from(reinterpret_cast<const sockaddr*>(large.data()), 4096).family() ==
          AF_UNSPEC);
    const SocketAddress four = address("10.0.0.5:80");
    CHECK(SocketAddress::from(four.get(), four.length()) == four);
  }

  TEST_CASE("host and port are divided at the last colon") {
    CHECK(split_host_port("ci.example.com:8080")->host == "ci.example.com");
    CHECK(split_host_port("ci.example.com:8080")->port == 8080);
    CHECK(split_host_port("[::1]:80")->host == "::1");
    for (const std::string_view bad : {"name", "name:", "name:http", "a:b:80", "[::1:80"}) {
      CAPTURE(bad);
      CHECK_FALSE(split_host_port(bad).ok());
    }
  }

  TEST_CASE("a range holds the addresses whose first bits are its own") {
    struct Case {
      std::string_view range, address;
      bool within;
    };
    constexpr Case kCases[] = {
        {"10.0.0.0/8", "10.255.255.255:1", true},
        {"10.0.0.0/8", "11.0.0.0:1", false},
        {"10.0.0.0/8", "[::ffff:10.1.2.3]:1", true},
        {"192.168.4.0/22", "192.168.7.255:1", true},
        {"192.168.4.0/22", "192.168.8.0:1", false},
        {"192.168.4.0/22", "192.168.3.255:1", false},
        {"10.1.2.3", "10.1.2.3:1", true},
        {"10.1.2.3", "10.1.2.2:1", false},
        {"10.1.2.3/32", "10.1.2.3:1", true},
        {"10.1.2.2/31", "10.1.2.3:1", true},
        {"10.1.2.2/31", "10.1.2.4:1", false},
        {"128.0.0.0/1", "255.0.0.1:1", true},
        {"128.0.0.0/1", "127.0.0.1:1", false},
        {"0.0.0.0/0", "1.2.3.4:1", true},
        {"0.0.0.0/0", "[::1]:1", false},
        {"::1", "[::1]:1", true},
        {"::1", "[::2]:1", false},
        {"2001:db8::/33", "[2001:db8:7fff::1]:1", true},
        {"2001:db8::/33", "[2001:db8:8000::1]:1", false},
        {"::/0", "[2001:db8::1]:1", true},
        {"::1", "0.0.0.1:1", false},
        {"unix", "unix:/a", true},
        {"unix", "127.0.0.1:1", false},
        {"0.0.0.0/0", "unix:/a", false},
        {"::/0", "unix:/a", false},
    };
    for (const Case& c : kCases) {
      CAPTURE(c.range);
      CAPTURE(c.address);
      CHECK(range(c.range).contains(address(c.address)) == c.within);
    }
    CHECK_FALSE(range("::/0").contains(SocketAddress()));
    CHECK_FALSE(range("unix").contains(SocketAddress()));
  }

  TEST_CASE("what is no range is refused with a sentence") {
    for (const std::string_view text :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/8 ",
          "10/8", "::1/129", "::/256", "name", "unix/1", "[::1]"}) {
      CAPTURE(text);
      const auto parsed = AddressRange::parse(text);
      REQUIRE_FALSE(parsed.ok());
      CHECK_FALSE(parsed.error().empty());
    }
  }

  TEST_CASE("an address is within a list when it is within one of its ranges") {
    const std::vector<AddressRange> list{range("10.0.0.0/8"), range("unix")};
    CHECK(contains(list, address("10.0.0.1:1")));
    CHECK(contains(list, address("unix:/a")));
    CHECK_FALSE(contains(list, address("[::1]:1")));
    CHECK_FALSE(contains({}, address("10.0.0.1:1")));
  }
}

}  // namespace segue

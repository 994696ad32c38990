// Ticket keys: the newest encrypts, the ones before it still decrypt, and then no more.
#include "lib/net/tls_tickets.h"

#include <array>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "lib/net/ssl.h"

namespace segue::net {
namespace {

using Name = std::array<unsigned char, 16>;

struct Contexts {
  std::unique_ptr<EVP_CIPHER_CTX, FreedBy<EVP_CIPHER_CTX_free>> cipher{EVP_CIPHER_CTX_new()};
  std::unique_ptr<EVP_MAC, FreedBy<EVP_MAC_free>> hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  std::unique_ptr<EVP_MAC_CTX, FreedBy<EVP_MAC_CTX_free>> mac{EVP_MAC_CTX_new(hmac.get())};
  std::array<unsigned char, EVP_MAX_IV_LENGTH> iv{};
};

Name encrypting_key(const TlsTickets& tickets) {
  Contexts with;
  Name name{};
  REQUIRE(tickets.use(name.data(), with.iv.data(), with.cipher.get(), with.mac.get(), true) == 1);
  return name;
}

int decrypts(const TlsTickets& tickets, Name name) {
  Contexts with;
  return tickets.use(name.data(), with.iv.data(), with.cipher.get(), with.mac.get(), false);
}

TEST_SUITE("lib/net/tls_tickets") {
  TEST_CASE("keys of its own are replaced in time, and decrypt for two times longer") {
    TlsTickets tickets;
    const Name first = encrypting_key(tickets);
    CHECK(decrypts(tickets, first) == 1);
    Instant at = now();
    tickets.rotate(at);
    CHECK(encrypting_key(tickets) == first);  // too young
    for (std::size_t i = 1; i < TlsTickets::kOwnKeys; ++i) {
      at = at + TlsTickets::kRotateEvery + Seconds(1);
      tickets.rotate(at);
      CHECK(encrypting_key(tickets) != first);
      CHECK(decrypts(tickets, first) == 2);  // used, and to be renewed
    }
    tickets.rotate(at + TlsTickets::kRotateEvery + Seconds(1));
    CHECK(decrypts(tickets, first) == 0);
  }

  TEST_CASE("two of them know nothing of each other's") {
    TlsTickets one, other;
    CHECK(decrypts(other, encrypting_key(one)) == 0);
  }

  TEST_CASE("of a file's keys the first encrypts, all decrypt, and none is replaced") {
    const std::string older(TlsTickets::kKeyBytes, 'a'), newer(TlsTickets::kKeyBytes, 'b');
    TlsTickets tickets;
    REQUIRE(tickets.set(older).ok());
    const Name first = encrypting_key(tickets);
    REQUIRE(tickets.set(newer + older).ok());
    CHECK(encrypting_key(tickets) != first);
    CHECK(decrypts(tickets, first) == 2);
    tickets.rotate(now() + TlsTickets::kRotateEvery * 2);
    CHECK(decrypts(tickets, first) == 2);
  }

  TEST_CASE("a file of another length is refused with what it should be") {
    TlsTickets tickets;
    const Name before = encrypting_key(tickets);
    for (const std::size_t size : {0u, 1u, 79u, 81u, 80u * 9})
      CHECK_FALSE(tickets.set(std::string(size, 'x')).ok());
    CHECK(tickets.set("x").error().find("80 bytes each") != std::string::npos);
    CHECK(encrypting_key(tickets) == before);
  }
}

}  // namespace
}  // namespace segue::net

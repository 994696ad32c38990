// Who may start, and as whom; becoming somebody is tried in tests/e2e/hardening_test.py.
#include "app/privileges.h"

#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <unistd.h>

namespace segue::app {
namespace {

conf::Config with(std::string user, std::string group = "", bool allow_root = false) {
  conf::Config config;
  config.file = "segue.toml";
  config.process.user = std::move(user);
  config.process.group = std::move(group);
  config.process.allow_root = allow_root;
  return config;
}

TEST_SUITE("app/privileges") {
  TEST_CASE("root without a user is refused with three ways out, anybody else is not") {
    const auto account = Account::of(with(""));
    if (geteuid() != 0) {
      REQUIRE(account.ok());
      CHECK_FALSE(account->has_value());
      return;
    }
    REQUIRE_FALSE(account.ok());
    for (const char* way : {"[process] user in segue.toml", "as another user", "--allow-root"})
      CHECK(account.error().find(way) != std::string::npos);
  }

  TEST_CASE("root that was told so stays root") {
    const auto account = Account::of(with("", "", true));
    REQUIRE(account.ok());
    CHECK_FALSE(account->has_value());
  }

  TEST_CASE("a user or group that is not there is named") {
    CHECK(Account::of(with("no-such-user")).error() ==
          "[process] user \"no-such-user\": there is no such user on this machine; make it or name "
          "another");
    CHECK(Account::of(with("nobody", "no-such-group")).error() ==
          "[process] group \"no-such-group\": there is no such group on this machine; make it or "
          "name another");
  }

  TEST_CASE("the user root is root") {
    const auto account = Account::of(with("root"));
    REQUIRE_FALSE(account.ok());
    CHECK(account.error().find("is root") != std::string::npos);
  }

  TEST_CASE("who is not root cannot become another, and is told") {
    const auto account = Account::of(with("nobody"));
    if (geteuid() == 0) {
      REQUIRE(account.ok());
      CHECK((*account)->user() == "nobody");
      CHECK((*account)->uid() != 0);
    } else {
      REQUIRE_FALSE(account.ok());
      CHECK(account.error().find("cannot become") != std::string::npos);
    }
  }

  TEST_CASE("a free port is never out of reach") {
    CHECK_FALSE(port_is_out_of_reach(0));
    CHECK_FALSE(port_is_out_of_reach(65'535));
  }
}

}  // namespace
}  // namespace segue::app

// A value or the reason why there is none.
#include "lib/base/result.h"

#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace segue {

TEST_SUITE("lib/base/result") {
  TEST_CASE("a result holds a value or an error, also when both have one type") {
    const Result<std::string, std::string> good(std::string("yes"));
    const Result<std::string, std::string> bad = fail(std::string("no"));
    REQUIRE(good.ok());
    CHECK(*good == "yes");
    CHECK(good->size() == 3);
    REQUIRE_FALSE(bad);
    CHECK(bad.error() == "no");
  }

  TEST_CASE("a false value is not an error") {
    const Result<bool> no = false;
    CHECK(no.ok());
    CHECK_FALSE(*no);
  }

  TEST_CASE("what can only be moved is moved out") {
    Result<std::unique_ptr<int>, std::unique_ptr<int>> good(std::make_unique<int>(7));
    const std::unique_ptr<int> value = std::move(good).value();
    CHECK(*value == 7);
    Result<std::unique_ptr<int>, std::unique_ptr<int>> bad = fail(std::make_unique<int>(8));
    const std::unique_ptr<int> error = std::move(bad).error();
    CHECK(*error == 8);
  }

  TEST_CASE("a status that is done says nothing, and one that is not says why") {
    const auto status = [](bool works) -> Status<> {
      if (works) return Done{};
      return fail(Error{Fault::kReset, Side::kUpstream});
    };
    CHECK(status(true).ok());
    CHECK(status(false).error().fault == Fault::kReset);
    CHECK(status(false).error().side == Side::kUpstream);
  }
}

}  // namespace segue

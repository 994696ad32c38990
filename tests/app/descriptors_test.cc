// The plan for descriptors, as arithmetic.
#include "app/descriptors.h"

#include <doctest/doctest.h>

namespace segue::app {
namespace {

conf::Config with(std::initializer_list<std::uint32_t> connections_max) {
  conf::Config config;
  for (const std::uint32_t connections : connections_max) {
    conf::Listener listener;
    listener.connections_max = connections;
    config.listeners.push_back(listener);
  }
  return config;
}

TEST_SUITE("app/descriptors") {
  TEST_CASE("with descriptors for everybody, everybody gets what was asked for") {
    const DescriptorPlan plan = plan_descriptors(with({10'000, 500}), 4, 1'000'000);
    CHECK_FALSE(plan.short_of());
    CHECK(plan.share(10'000) == 10'000);
    CHECK(plan.share(500) == 500);
    CHECK(plan.wanted() == 2 * 10'500 + plan.reserve);
  }

  TEST_CASE("the limit that the plan wants is enough, and one less is not") {
    const conf::Config config = with({10'000});
    const std::uint64_t wanted = plan_descriptors(config, 4, 1'000'000).wanted();
    CHECK_FALSE(plan_descriptors(config, 4, wanted).short_of());
    CHECK(plan_descriptors(config, 4, wanted - 1).short_of());
  }

  TEST_CASE("what clients may take leaves the reserve, whatever the numbers") {
    for (const std::uint64_t limit : {1'024u, 4'096u, 20'000u, 65'536u})
      for (const std::uint32_t workers : {1u, 8u})
        for (const std::uint32_t asked : {1'000u, 10'000u, 1'000'000u}) {
          const DescriptorPlan plan = plan_descriptors(with({asked, asked / 10}), workers, limit);
          CAPTURE(limit);
          CAPTURE(workers);
          CAPTURE(asked);
          const std::uint64_t clients = plan.share(asked) + plan.share(asked / 10);
          CHECK((2 * clients + plan.reserve <= limit || plan.given < 2));
          CHECK(plan.share(asked) >= 1);
        }
  }

  TEST_CASE("listeners give up in proportion, and none is left with nothing") {
    const DescriptorPlan plan = plan_descriptors(with({90'000, 10'000, 1}), 1, 2'000);
    CHECK(plan.short_of());
    CHECK(plan.share(90'000) > 8 * plan.share(10'000));
    CHECK(plan.share(1) == 1);
  }

  TEST_CASE("idle connections to endpoints are kept room for, up to a quarter of the limit") {
    conf::Config config = with({100});
    conf::Pool pool;
    pool.health.kind = conf::Health::Kind::kNone;
    pool.endpoints.resize(2);
    pool.idle_connections_max = 10;
    const std::uint64_t before = plan_descriptors(config, 3, 10'000).reserve;
    config.pools = {pool};
    CHECK(plan_descriptors(config, 3, 10'000).reserve == before + 60);
    config.pools[0].idle_connections_max = 100'000;
    CHECK(plan_descriptors(config, 3, 10'000).reserve == before + 2'500);
  }

  TEST_CASE("a limit below the reserve still lets one client in per listener") {
    const DescriptorPlan plan = plan_descriptors(with({1'000}), 2, 64);
    CHECK(plan.given == 0);
    CHECK(plan.share(1'000) == 1);
  }

  TEST_CASE("no listener at all is no division by zero") {
    CHECK(plan_descriptors(conf::Config{}, 1, 0).share(1) == 1);
  }
}

}  // namespace
}  // namespace segue::app

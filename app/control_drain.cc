// What operators ask of a pool besides its weight: to take its cohorts back, to let go of tunnels.
#include "app/control.h"

namespace segue::app {
namespace {

FailbackDesk::Facts facts_of(const admin::Author& author) {
  FailbackDesk::Facts facts = {
      {"by", author.name.empty() ? "uid " + std::to_string(author.uid) : author.name}};
  if (!author.reason.empty()) facts.emplace_back("reason", author.reason);
  return facts;
}

}  // namespace

void Control::release(std::string pool, health::Failback::Ramp ramp, admin::Author author,
                      Done done) {
  if (auto refusal = refused(std::nullopt)) return done(fail(std::move(*refusal)));
  if (!failback_.release(pool, ramp, facts_of(author), now()))
    return answer({.changed = false}, done);
  if (Status<Problems> built = commit(); !built)
    return done(fail(admin::Refusal{admin::Refusal::Kind::kInvalid,
                                    built.error().front().to_string(), built.error()}));
  answer({}, done);
}

void Control::close_tunnels(const routing::Pool& pool, Millis over, admin::Author author) {
  FailbackDesk::Facts facts = {{"pool", pool.name}, {"over", std::to_string(over.count()) + "ms"}};
  for (auto& fact : facts_of(author)) facts.push_back(std::move(fact));
  workers_.close_tunnels(pool.id, over);
  events_.emit("tunnels.closed", std::move(facts));
}

}  // namespace segue::app

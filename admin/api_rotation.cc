// The operator's word about an endpoint, or about all endpoints of a pool.
#include <utility>

#include "admin/change.h"
#include "admin/problem_json.h"
#include "admin/readings.h"
#include "admin/resources.h"
#include "conf/suggest.h"
#include "conf/text.h"

namespace segue::admin {
namespace {

using routing::Word;

constexpr Word kStates[] = {Word::kReady, Word::kDrain, Word::kOut,
                            Word::kUp,    Word::kDown,  Word::kNone};

std::optional<Word> state_of(const Json& body, Problems& problems) {
  const std::string expected = R"(, expected "ready", "drain", "out", "up", "down" or "auto")";
  const Json value = body.value("state", Json());
  if (!value.is_string()) {
    problems.push_back(
        {"", 0, 0, "state",
         (value.is_null() ? "is missing" : std::string("is ") + kind_of(value)) + expected});
    return std::nullopt;
  }
  std::vector<std::string_view> known;
  for (const Word state : kStates) {
    known.emplace_back(to_string(state));
    if (value.get_ref<const std::string&>() == known.back()) return state;
  }
  const std::string& given = value.get_ref<const std::string&>();
  problems.push_back({"", 0, 0, "state",
                      "is " + conf::quoted(given) + expected + conf::did_you_mean(given, known)});
  return std::nullopt;
}

// `address` "" is every endpoint of the pool.
void change_state(Call& call, const routing::Pool& pool, const std::string& address) {
  const std::optional<Json> body = body_object(call, change_members({"state", "for"}));
  if (!body) return;
  Problems problems;
  const auto state = state_of(*body, problems);
  const std::uint64_t until_ms = until_of(*body, problems);
  if (!problems.empty())
    return call.refuse(422, problems.front().path + " " + problems.front().text, problems);

  Json changes = Json::array();
  for (const routing::Endpoint& endpoint : pool.endpoints)
    if (address.empty() || endpoint.address == address)
      changes.push_back({{"pool", pool.name},
                         {"address", endpoint.address},
                         {"before", to_string(operator_of(call.control(), endpoint.id))},
                         {"after", to_string(*state)}});
  const auto describe = [changes = std::move(changes)](const routing::Snapshot&, const Applied&) {
    return Json{{"changes", changes}};
  };
  submit(call, *body, {routing::Say{pool.name, address, {*state, until_ms}}}, {}, describe);
}

}  // namespace

void put_pool(Call& call) {
  if (const routing::Pool* pool = require_pool(call, call.argument(0)))
    change_state(call, *pool, "");
}

void put_endpoint(Call& call) {
  const routing::Pool* pool = require_pool(call, call.argument(0));
  if (pool == nullptr) return;
  if (const routing::Endpoint* endpoint = require_endpoint(call, *pool, call.argument(1)))
    change_state(call, *pool, endpoint->address);
}

}  // namespace segue::admin

// Pins: cohorts that go to one pool whatever the weights say.
#include <utility>

#include "admin/change.h"
#include "admin/problem_json.h"
#include "admin/readings.h"
#include "admin/recent.h"
#include "admin/resources.h"
#include "conf/text.h"

namespace segue::admin {
namespace {

Json pin_json(const std::string& group, const std::string& key, const routing::Pin& pin) {
  return {{"group", group},
          {"key", key},
          {"pool", pin.pool},
          {"hard", pin.hard},
          {"by", pin.by},
          {"reason", pin.reason},
          {"since", timestamp(pin.since_ms)},
          {"until", timestamp(pin.until_ms)}};
}

// A member of the body that must be a string, or "" with a problem.
std::string text_of(const Json& body, const char* name, Problems& problems) {
  const Json value = body.value(name, Json());
  if (value.is_string()) return value.get<std::string>();
  problems.push_back({"", 0, 0, name,
                      (value.is_null() ? "is missing" : std::string("is ") + kind_of(value)) +
                          ", expected the name of a pool"});
  return "";
}

bool flag_of(const Json& body, const char* name, Problems& problems) {
  const Json value = body.value(name, Json(false));
  if (value.is_boolean()) return value.get<bool>();
  problems.push_back(
      {"", 0, 0, name, std::string("is ") + kind_of(value) + ", expected true or false"});
  return false;
}

std::string author_name(const Call& call) {
  const Author& author = call.request.author;
  return author.name.empty() ? "uid " + std::to_string(author.uid) : author.name;
}

}  // namespace

void get_pins(Call& call) {
  const std::string* group = call.parameter("group");
  Json pins = Json::array();
  for (const auto& [name, keys] : call.control().desired().runtime.pins) {
    if (group != nullptr && *group != name) continue;
    for (const auto& [key, pin] : keys) pins.push_back(pin_json(name, key, pin));
  }
  call.send({{"generation", call.snapshot->generation}, {"pins", std::move(pins)}});
}

void put_pin(Call& call) {
  const auto body = body_object(call, change_members({"pool", "hard", "for"}));
  if (!body) return;
  Problems problems;
  routing::SetPin wanted{call.argument(0), call.argument(1), {}};
  wanted.pin.pool = text_of(*body, "pool", problems);
  wanted.pin.hard = flag_of(*body, "hard", problems);
  wanted.pin.until_ms = until_of(*body, problems);
  wanted.pin.by = author_name(call);
  Problems ignored;  // submit() tells what is wrong with the reason
  wanted.pin.reason = author_of(call, *body, ignored).reason;
  wanted.pin.since_ms = wall_clock_ms();
  submit(call, *body, {std::move(wanted)}, std::move(problems));
}

void delete_pin(Call& call) {
  const auto body = body_object(call, change_members({}));
  if (!body) return;
  submit(call, *body, {routing::Unpin{call.argument(0), call.argument(1)}}, {});
}

void post_rebalance(Call& call) {
  const auto body = body_object(call, change_members({}));
  if (!body) return;
  submit(call, *body, {routing::Rebalance{call.argument(0)}}, {});
}

void post_abort(Call& call) {
  const routing::Route* route = require_route(call, call.argument(0));
  if (route == nullptr) return;
  const auto body = body_object(call, change_members({"to"}));
  if (!body) return;
  Problems problems;
  const std::string to = text_of(*body, "to", problems);
  submit(call, *body, {routing::Abort{route->settings.name, to}}, std::move(problems));
}

}  // namespace segue::admin

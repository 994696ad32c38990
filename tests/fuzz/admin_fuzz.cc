// Bytes as they may come to the admin socket: parsed whole and in two pieces, which must be the
// same; routed, and read as JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/json.h"
#include "admin/parser.h"
#include "admin/router.h"
#include "admin/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace segue::admin;
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = bytes.empty() ? 0 : data[0] % (bytes.size() + 1);
  const Limits limits;
  // In memory of their own, so that overreading shows.
  const std::string whole(bytes), head(bytes.substr(0, cut)), tail(bytes.substr(cut));
  RequestParser parser(limits), other(limits);
  const std::size_t taken = parser.feed(whole);
  std::size_t taken_in_two = other.feed(head);
  if (taken_in_two == head.size()) taken_in_two += other.feed(tail);
  if (parser.state() != other.state()) __builtin_trap();
  if (parser.state() == RequestParser::State::kComplete) {
    if (taken != taken_in_two || parser.request().method != other.request().method ||
        parser.request().target != other.request().target ||
        parser.request().body != other.request().body ||
        parser.request().fields != other.request().fields)
      __builtin_trap();
    const Routed routed = route(parser.request());
    if (routed.resource == nullptr && routed.refusal.status < 400) __builtin_trap();
    if (const auto json = parse_json(parser.request().body, limits.json); json.ok()) to_text(*json);
  }
  if (const auto json = parse_json(bytes, limits.json); json.ok()) to_text(*json);
  display_width(printable(bytes));
  return 0;
}

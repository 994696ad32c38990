// Bytes as they may come to the admin socket: parsed in two pieces, routed, and read as JSON.
#include <cstddef>
#include <cstdint>
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
  RequestParser parser(limits);
  std::string head(bytes.substr(0, cut)),
      tail(bytes.substr(cut));  // own memory, so that overreading shows
  head.erase(0, parser.feed(head));
  if (head.empty()) parser.feed(tail);
  if (parser.state() == RequestParser::State::kComplete) {
    const Routed routed = route(parser.request());
    if (routed.resource == nullptr && routed.refusal.status < 400) __builtin_trap();
    if (const auto json = parse_json(parser.request().body, limits.json); json.ok()) to_text(*json);
  }
  if (const auto json = parse_json(bytes, limits.json); json.ok()) to_text(*json);
  display_width(printable(bytes));
  return 0;
}

// Words, and the next thing that ends by itself.
#include "routing/runtime.h"

namespace segue::routing {
namespace {

void earlier(std::uint64_t& end, std::uint64_t at) noexcept {
  if (at != 0 && (end == 0 || at < end)) end = at;
}

}  // namespace

const char* to_string(Word word) noexcept {
  switch (word) {
    case Word::kNone: return "auto";
    case Word::kReady: return "ready";
    case Word::kDrain: return "drain";
    case Word::kOut: return "out";
    case Word::kUp: return "up";
    case Word::kDown: return "down";
  }
  return "auto";
}

std::uint64_t next_end(const Runtime& runtime) noexcept {
  std::uint64_t end = 0;
  for (const auto& [route, revert] : runtime.reverts) earlier(end, revert.at_ms);
  for (const auto& [group, pins] : runtime.pins)
    for (const auto& [key, pin] : pins) earlier(end, pin.until_ms);
  for (const auto& [pool, addresses] : runtime.endpoints)
    for (const auto& [address, said] : addresses) earlier(end, said.until_ms);
  return end;
}

}  // namespace segue::routing

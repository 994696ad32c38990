// Taking a tester's word apart.
#include "routing/tester.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "lib/http/field.h"
#include "lib/http/target.h"

namespace segue::routing {
namespace {

// Longer words than any pool with any sensible secret are refused without a look.
constexpr std::size_t kWordMax = 1024;

/// Takes as long for a wrong secret as for the right one of the same length.
bool same_secret(std::string_view said, std::string_view secret) noexcept {
  if (said.size() != secret.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < said.size(); ++i)
    difference |= static_cast<unsigned char>(said[i] ^ secret[i]);
  return difference == 0;
}

/// The pool that "POOL" or "POOL:SECRET" names; nothing when it is not for the one who says so.
std::string_view pool_named(std::string_view word, std::string_view secret) noexcept {
  if (secret.empty()) return word;
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos || !same_secret(word.substr(colon + 1), secret)) return {};
  return word.substr(0, colon);
}

std::optional<std::string> word_in(const conf::Override& way, const http::Head& head) {
  if (!way.header.empty()) {
    for (const http::Field& field : head.fields)
      if (http::same_name(field.name, way.header))
        return std::string(field.value.substr(0, kWordMax + 1));
  }
  if (way.query.empty()) return std::nullopt;
  const auto parameter = http::find_parameter(head.query, way.query);
  if (!parameter) return std::nullopt;
  std::string word;
  http::Decoder decoder(*parameter, http::Decoder::Plus::kSpace);
  while (!decoder.done() && word.size() <= kWordMax) word += decoder.next();
  return word;
}

}  // namespace

TesterWord tester_word(const Snapshot& snapshot, const Route& route, const http::Head& head) {
  TesterWord out;
  const conf::Override& way = route.settings.tester_override;
  const std::optional<std::string> word = word_in(way, head);
  if (!word) return out;
  out.said = true;
  const std::string_view name =
      word->size() > kWordMax ? std::string_view() : pool_named(*word, way.secret);
  for (std::size_t i = 0; i < route.destinations.size(); ++i)
    if (snapshot.pool(route.destinations[i].pool).name == name) out.destination = i;
  return out;
}

}  // namespace segue::routing

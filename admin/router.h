// Which resource a request means: the table of everything the admin API offers, and who answers it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.h"

namespace segue::admin {

struct Call;

struct Resource {
  std::string_view method;   ///< "GET" (answers HEAD too), "PUT", …
  std::string_view pattern;  ///< "/v1/pools/{pool}"; a name in braces takes one segment
  bool on_tcp;               ///< also through Door::kTcp
  void (*answer)(Call& call);
};

/// Every resource there is; admin/openapi.cc describes the same ones.
std::span<const Resource> resources() noexcept;

/// What a target leads to: a resource with its arguments, or a refusal.
struct Routed {
  const Resource* resource = nullptr;  ///< null: `refusal` is the answer
  std::vector<std::string> arguments;  ///< decoded segments, in the pattern's order
  std::string query;                   ///< raw, without '?'
  Response refusal;                    ///< 400, 404 or 405
};
Routed route(const Request& request);

/// "%2F" → "/"; false when an escape is malformed. '+' stays.
bool percent_decode(std::string_view text, std::string& out);
/// Everything but unreserved characters and ':' as %XX: one segment of a path.
std::string percent_encode(std::string_view text);

/// The decoded value of parameter `name`, or none.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace segue::admin

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

  // For the OpenAPI document.
  std::string_view id, tag, summary;
  /// The schema of the answer, "pools:Pool" for a list under a name, "Changed" for a change, a
  /// media type with a slash, "" for plain text.
  std::string_view gives = {};
  std::string_view takes = {};  ///< the schema of the body; "" for none
  std::string_view query = {};  ///< names of its query parameters, a space between them
};

/// Every resource there is; admin/openapi.cc describes them.
std::span<const Resource> resources() noexcept;

/// The words of `text`, which a space separates each.
std::vector<std::string_view> words_of(std::string_view text);

/// What a target leads to: a resource with its arguments, or a refusal.
struct Routed {
  const Resource* resource = nullptr;  ///< null: `refusal` is the answer
  std::vector<std::string> arguments;  ///< decoded segments, in the pattern's order
  Fields query;                        ///< parameters that the resource has, decoded, each once
  Response refusal;                    ///< 400, 404 or 405
};
Routed route(const Request& request);

/// "%2F" → "/"; false when an escape is malformed. '+' stays.
bool percent_decode(std::string_view text, std::string& out);
/// Everything but unreserved characters and ':' as %XX: one segment of a path.
std::string percent_encode(std::string_view text);

}  // namespace segue::admin

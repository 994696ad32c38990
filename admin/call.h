// One request on its way through the API: what it asks, what it may touch, how it is answered.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/control.h"
#include "admin/json.h"
#include "admin/limits.h"
#include "admin/message.h"
#include "admin/observed.h"
#include "admin/pending.h"
#include "lib/base/rng.h"

namespace segue::admin {

/// What all resources share. Owned by Api.
struct Context {
  Control& control;
  const Limits& limits;
  Observed observed;
  Pending pending;
  Rng random;
  std::string tcp_address;  ///< where metrics and liveness are shown; "" when nowhere
};

struct Call {
  Context& context;
  const Request& request;
  Reply reply;
  std::vector<std::string> arguments;                 ///< the segments that the pattern names
  Fields query;                                       ///< decoded parameters
  std::shared_ptr<const routing::Snapshot> snapshot;  ///< the newest; one for the whole answer

  Control& control() const { return context.control; }
  const std::string& argument(std::size_t i) const { return arguments[i]; }
  /// The value of a query parameter, or null.
  const std::string* parameter(std::string_view name) const;

  /// Answers 200 with `body` and the generation as ETag.
  void send(const Json& body) const;
  void send_text(std::string_view content_type, std::string body, int status = 200) const;
  void refuse(int status, std::string_view detail, const Problems& errors = {}) const;
  void refuse(const Refusal& refusal) const;
};

/// 200 with `body` and the generation as ETag, for answers that come later.
Response json_response(const routing::Snapshot& snapshot, const Json& body);

/// "\"17\"": how a generation stands in ETag and If-Match.
std::string etag(routing::Generation generation);

/// The request's If-Match: the newest generation when it is listed (or "*"), else one that is
/// listed; none without the field. Errors: a sentence for 400.
Result<std::optional<routing::Generation>, std::string> if_match(const Call& call);

/// The body as a JSON object whose members are all in `known`. Refuses (400, 415, 422) and returns
/// none otherwise. No body is an empty object.
std::optional<Json> body_object(const Call& call, const std::vector<std::string>& known);

/// The author of the request with the body's "reason"; problems go to `problems`.
Author author_of(const Call& call, const Json& body, Problems& problems);

/// Refuses with 404 and a suggestion unless there is such a route or pool.
const routing::Route* require_route(const Call& call, const std::string& name);
const routing::Pool* require_pool(const Call& call, const std::string& name);
/// The same for an endpoint of `pool`, by its configured address.
const routing::Endpoint* require_endpoint(const Call& call, const routing::Pool& pool,
                                          const std::string& address);

std::vector<std::string> route_names(const routing::Snapshot& snapshot);
std::vector<std::string> pool_names(const routing::Snapshot& snapshot);

}  // namespace segue::admin

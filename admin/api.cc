// The way of a request: find the resource, make the call, let the resource answer.
#include "admin/api.h"

#include <utility>

#include "admin/problem_json.h"
#include "admin/router.h"

namespace segue::admin {

Api::Api(Control& control, Limits limits)
    : limits_(limits), context_{control, limits_, {}, {}, Rng(now().us), {}} {
  context_.observed.tick(control, now());
}

void Api::on_request(Request request, Reply reply) {
  Routed routed = route(request);
  if (routed.resource == nullptr) return reply.send(std::move(routed.refusal));
  Call call{context_,
            request,
            std::move(reply),
            std::move(routed.arguments),
            std::move(routed.query),
            context_.control.snapshot()};
  if (call.snapshot == nullptr && routed.resource->pattern.starts_with("/v1/"))
    return call.refuse(503, "segue is starting and serves nothing yet; try again in a moment");
  routed.resource->answer(call);
}

void Api::on_tick(Instant now) {
  context_.observed.tick(context_.control, now);
  context_.pending.tick(now);
}

void Api::on_tcp_listening(const std::string& address) {
  context_.tcp_address = address;
}

}  // namespace segue::admin

// Answers of changes, in time or late.
#include "admin/change.h"

#include <utility>

#include "admin/problem_json.h"
#include "admin/readings.h"

namespace segue::admin {
namespace {

Response changed(Context& context, int status, bool settled, routing::Generation generation,
                 const std::function<Json(const routing::Snapshot&)>& describe) {
  const auto snapshot = context.control.snapshot();
  Json body = {{"generation", generation}, {"settled", settled}};
  body.update(describe(*snapshot));
  body["warnings"] = warnings(context.control, *snapshot);
  Response response;
  response.status = status;
  response.body = to_text(body);
  response.fields.emplace_back("ETag", etag(generation));
  return response;
}

}  // namespace

bool check_if_match(const Call& call, std::optional<routing::Generation>& matched) {
  Result<std::optional<routing::Generation>, std::string> condition = if_match(call);
  if (!condition) {
    call.refuse(400, condition.error());
    return false;
  }
  matched = *condition;
  if (!matched || *matched == call.snapshot->generation) return true;
  call.refuse(412, "the newest generation is " + std::to_string(call.snapshot->generation) +
                       ", not the one of If-Match: somebody changed something in between; "
                       "read again, then decide again");
  return false;
}

Control::Done answer_when_settled(const Call& call,
                                  std::function<Json(const routing::Snapshot&)> describe) {
  Context& context = call.context;
  return context.pending.wait(
      call.reply, now() + context.limits.settle,
      [&context, describe](const Applied& applied) {
        context.observed.mark_weights(context.control, now());
        return changed(context, 200, true, applied.generation, describe);
      },
      [&context, describe] {
        return changed(context, 202, false, context.control.snapshot()->generation, describe);
      });
}

}  // namespace segue::admin

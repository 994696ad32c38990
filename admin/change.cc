// Answers of changes, in time or late.
#include "admin/change.h"

#include <utility>

#include "admin/problem_json.h"
#include "admin/readings.h"

namespace segue::admin {
namespace {

Response changed(Context& context, int status, bool settled, const Applied& applied,
                 const Describe& describe) {
  const auto snapshot = context.control.snapshot();
  Json body = {
      {"generation", applied.generation}, {"settled", settled}, {"changed", applied.changed}};
  body["revision"] = applied.revision == 0 ? Json() : Json(applied.revision);
  body["kept"] = applied.kept;
  body.update(describe(*snapshot, applied));
  body["warnings"] = warnings(context.control, *snapshot);
  Response response;
  response.status = status;
  response.body = to_text(body);
  response.fields.emplace_back("ETag", etag(applied.generation));
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

Control::Done answer_when_settled(const Call& call, Describe describe) {
  Context& context = call.context;
  return context.pending.wait(
      call.reply, now() + context.limits.settle,
      [&context, describe](const Applied& applied) {
        context.observed.mark_weights(context.control, now());
        return changed(context, 200, true, applied, describe);
      },
      [&context, describe] {
        return changed(context, 202, false, Applied{context.control.snapshot()->generation},
                       describe);
      });
}

}  // namespace segue::admin

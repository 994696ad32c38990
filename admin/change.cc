// Answers of changes, in time or late.
#include "admin/change.h"

#include <utility>

#include "admin/problem_json.h"
#include "admin/readings.h"
#include "admin/recent.h"
#include "admin/runtime_json.h"
#include "conf/text.h"
#include "conf/units.h"

namespace segue::admin {
namespace {

Response changed(Context& context, int status, bool settled, const Applied& applied,
                 const Describe& describe) {
  const auto snapshot = context.control.snapshot();
  Json body = {
      {"generation", applied.generation}, {"settled", settled}, {"changed", applied.changed}};
  body["revision"] = applied.revision == 0 ? Json() : Json(applied.revision);
  body["kept"] = applied.kept;
  if (!applied.differences.empty()) body["differences"] = differences_json(applied.differences);
  if (describe) body.update(describe(*snapshot, applied));
  body["warnings"] = warnings(context.control, *snapshot);
  Response response;
  response.status = status;
  response.body = to_text(body);
  response.fields.emplace_back("ETag", etag(applied.generation));
  return response;
}

/// Answers what would move, once the workers have told whom they saw lately.
Control::Done answer_rehearsal(const Call& call) {
  Context& context = call.context;
  return [&context, reply = call.reply, before = call.snapshot](Result<Applied, Refusal> result) {
    if (!result) return reply.send(problem_response(result.error()));
    context.control.recent(
        [&context, reply, before, applied = *std::move(result)](telemetry::RecentTraffic traffic) {
          Json body = {{"generation", before->generation},
                       {"settled", false},
                       {"dry_run", true},
                       {"changed", applied.changed},
                       {"differences", differences_json(applied.differences)},
                       {"moves", moves_json(*before, *applied.would_serve, std::move(traffic))},
                       {"warnings", Json::array()}};
          reply.send(json_response(*before, body));
        });
  };
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

std::vector<std::string> change_members(std::vector<std::string> own) {
  own.insert(own.end(), {"reason", "dry_run"});
  return own;
}

std::uint64_t until_of(const Json& body, Problems& problems) {
  const auto given = body.find("for");
  if (given == body.end()) return 0;
  const auto duration = given->is_string()
                            ? conf::parse_duration(given->get_ref<const std::string&>())
                            : std::nullopt;
  if (duration && duration->count() > 0)
    return wall_clock_ms() + static_cast<std::uint64_t>(duration->count());
  problems.push_back({"", 0, 0, "for",
                      "is " +
                          (given->is_string() ? conf::quoted(given->get<std::string>())
                                              : std::string(kind_of(*given))) +
                          ", expected a duration like \"15m\" or \"2h\""});
  return 0;
}

void submit(Call& call, const Json& body, std::vector<routing::Operation> operations,
            Problems problems, Describe describe, std::string_view sentence) {
  submit(
      call, body,
      [&control = call.control(), operations = std::move(operations)](Change change,
                                                                      Control::Done done) {
        change.operations = operations;
        control.change(std::move(change), std::move(done));
      },
      std::move(problems), std::move(describe), sentence);
}

void submit(Call& call, const Json& body, const Ask& ask, Problems problems, Describe describe,
            std::string_view sentence) {
  Author author = author_of(call, body, problems);
  const Json dry_run = body.value("dry_run", Json(false));
  if (!dry_run.is_boolean())
    problems.push_back(
        {"", 0, 0, "dry_run", std::string("is ") + kind_of(dry_run) + ", expected true or false"});
  if (!problems.empty()) {
    const Problem& first = problems.front();
    return call.refuse(
        422, problems.size() == 1 ? first.path + ": " + first.text : std::string(sentence),
        problems);
  }
  std::optional<routing::Generation> matched;
  if (!check_if_match(call, matched)) return;
  const bool rehearse = dry_run.get<bool>();
  Control::Done done =
      rehearse ? answer_rehearsal(call) : answer_when_settled(call, std::move(describe));
  ask({{}, matched, std::move(author), rehearse}, std::move(done));
}

}  // namespace segue::admin

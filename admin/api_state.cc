// What was changed and whether it is kept: history, undo, the difference from the file, backups.
#include <charconv>
#include <utility>

#include "admin/change.h"
#include "admin/history.h"
#include "admin/problem_json.h"
#include "admin/resources.h"
#include "admin/runtime_json.h"
#include "conf/text.h"

namespace segue::admin {
namespace {

constexpr std::uint64_t kHistoryDefault = 20, kHistoryMax = 1000;  // revisions of one answer

Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}
Json or_null(std::uint64_t number) {
  return number == 0 ? Json() : Json(number);
}

std::string author_of(const RevisionInfo& info) {
  return info.name.empty() ? "uid " + std::to_string(info.uid) : info.name;
}

Json info_json(const RevisionInfo& info) {
  return {{"revision", info.number}, {"at", timestamp(info.at_ms)},
          {"by", author_of(info)},   {"uid", info.uid},
          {"what", info.what},       {"reason", or_null(info.reason)}};
}

// A whole number from `least`; false after refusing with what `name` is.
bool whole_number(const Call& call, std::string_view name, std::string_view text,
                  std::uint64_t least, std::uint64_t most, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc{} && end == text.data() + text.size() && out >= least && out <= most)
    return true;
  call.refuse(422, std::string(name) + " is " + conf::quoted(text) + ", expected a whole number " +
                       std::to_string(least) + "…" +
                       (most == UINT64_MAX ? "" : std::to_string(most)));
  return false;
}

// The answer to a reading that took its time: the newest generation is that of now.
template <typename T, typename Make>
History::Told<T> answer(const Call& call, Make make) {
  return [reply = call.reply, &control = call.control(), make](const Result<T, Refusal>& told) {
    if (!told) return reply.send(problem_response(told.error()));
    const auto snapshot = control.snapshot();
    reply.send(json_response(*snapshot, make(*told, snapshot->generation)));
  };
}

}  // namespace

void get_state(Call& call) {
  const StateInfo state = call.control().history().state();
  const bool kept = !state.dir.empty();
  call.send({{"generation", call.snapshot->generation},
             {"dir", or_null(state.dir)},
             {"survives_restart", kept && state.problem.empty() && state.unwritten == 0},
             {"writable", state.problem.empty()},
             {"problem", or_null(state.problem)},
             {"problem_since", state.problem.empty() ? Json() : timestamp(state.problem_since_ms)},
             {"revision", or_null(state.revision)},
             {"first_revision", or_null(state.first_revision)},
             {"unwritten", state.unwritten},
             {"bytes", state.bytes},
             {"backups",
              {{"dir", or_null(state.backup_dir)},
               {"every_seconds", or_null(state.backup_every_ms / 1000)},
               {"last", timestamp(state.backup_last_ms)},
               {"next", timestamp(state.backup_next_ms)},
               {"problem", or_null(state.backup_problem)}}}});
}

void get_history(Call& call) {
  std::uint64_t limit = kHistoryDefault, before = 0;
  if (const std::string* text = call.parameter("limit"))
    if (!whole_number(call, "limit", *text, 1, kHistoryMax, limit)) return;
  if (const std::string* text = call.parameter("before"))
    if (!whole_number(call, "before", *text, 1, UINT64_MAX, before)) return;
  History& history = call.control().history();
  const auto make = [&history](const std::vector<RevisionInfo>& list, routing::Generation now) {
    const StateInfo state = history.state();
    Json revisions = Json::array();
    for (const RevisionInfo& info : list) revisions.push_back(info_json(info));
    const bool more = !list.empty() && list.back().number > state.first_revision;
    return Json{{"generation", now},
                {"revision", or_null(state.revision)},
                {"first_revision", or_null(state.first_revision)},
                {"next_before", more ? Json(list.back().number) : Json()},
                {"revisions", std::move(revisions)}};
  };
  history.list(before, limit, answer<std::vector<RevisionInfo>>(call, make));
}

void get_revision(Call& call) {
  std::uint64_t number = 0;
  if (!whole_number(call, "the revision", call.argument(0), 1, UINT64_MAX, number)) return;
  const auto make = [config = call.snapshot->config](const RevisionDetail& found,
                                                     routing::Generation now) {
    Json body = {{"generation", now}};
    body.update(info_json(found.info));
    body["differences"] =
        found.before ? differences_json(routing::difference(*config, *found.before, found.after))
                     : Json::array();
    body["before"] = found.before ? runtime_json(*found.before) : Json();
    body["after"] = runtime_json(found.after);
    return body;
  };
  call.control().history().find(number, answer<RevisionDetail>(call, make));
}

void get_diff(Call& call) {
  const routing::Runtime& runtime = call.control().desired().runtime;
  routing::Runtime file;
  file.epochs = runtime.epochs;  // how often sessions were drawn is nothing that a file could say
  const auto differences = routing::difference(*call.snapshot->config, file, runtime);
  call.send({{"generation", call.snapshot->generation},
             {"config_file", call.snapshot->config->file},
             {"same", differences.empty()},
             {"differences", differences_json(differences)},
             {"runtime", runtime_json(runtime)}});
}

void post_undo(Call& call) {
  const std::optional<Json> body = body_object(call, change_members({"revision"}));
  if (!body) return;
  Problems problems;
  std::optional<std::uint64_t> number;
  if (const Json wanted = body->value("revision", Json()); wanted.is_number_unsigned())
    number = wanted.get<std::uint64_t>();
  else if (!wanted.is_null())
    problems.push_back({"", 0, 0, "revision",
                        std::string("is ") + kind_of(wanted) + ", expected a revision's number"});
  const Ask ask = [&history = call.control().history(), number](Change change, Control::Done done) {
    history.undo(number, std::move(change), std::move(done));
  };
  submit(call, *body, ask, std::move(problems));
}

void post_backup(Call& call) {
  if (!body_object(call, {})) return;
  call.control().history().image([reply = call.reply](const Result<std::string, Refusal>& image) {
    if (!image) return reply.send(problem_response(image.error()));
    Response response;
    response.content_type = "application/vnd.sqlite3";
    response.body = *image;
    reply.send(std::move(response));
  });
}

}  // namespace segue::admin

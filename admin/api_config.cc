// The configuration that runs, in its canonical form, and the command to read the file again.
#include <utility>

#include "admin/change.h"
#include "admin/resources.h"
#include "conf/print.h"
#include "conf/redact.h"

namespace segue::admin {

void get_config(Call& call) {
  call.send_text("application/toml; charset=utf-8",
                 conf::print(conf::redacted(*call.snapshot->config)));
}

void post_reload(Call& call) {
  const std::optional<Json> body = body_object(call, {"weights_from_file", "reason"});
  if (!body) return;
  Problems problems;
  const Json from_file = body->value("weights_from_file", Json(false));
  if (!from_file.is_boolean())
    problems.push_back({"", 0, 0, "weights_from_file",
                        std::string("is ") + kind_of(from_file) + ", expected true or false"});
  Author author = author_of(call, *body, problems);
  if (!problems.empty())
    return call.refuse(422, problems.front().path + " " + problems.front().text, problems);
  std::optional<routing::Generation>
      matched;  // control takes no condition here: nothing runs in between
  if (!check_if_match(call, matched)) return;
  const auto describe = [before = call.snapshot->generation](const routing::Snapshot& snapshot,
                                                             const Applied& applied) {
    return Json{{"before", before},
                {"config_file", snapshot.config->file},
                {"needs_restart", applied.needs_restart}};
  };
  Control::Done done = answer_when_settled(call, describe);
  call.control().reload(from_file.get<bool>(), std::move(author), std::move(done));
}

}  // namespace segue::admin

// Events: the kept ones as a list, or a stream that goes on (server-sent events or lines of JSON).
#include <algorithm>
#include <charconv>
#include <deque>
#include <memory>
#include <string>

#include "admin/readings.h"
#include "admin/resources.h"
#include "conf/text.h"
#include "lib/http/field.h"

namespace segue::admin {
namespace {

enum class Form : std::uint8_t { kList, kServerSent, kLines };

Form form_of(const Request& request) {
  Form form = Form::kList;
  const auto accept = find_field(request.fields, "accept");
  if (!accept) return form;
  http::for_each_token(*accept, [&](std::string_view element) {
    const std::string_view type = http::trim(element.substr(0, element.find(';')));
    if (form != Form::kList) return;
    if (http::same_name(type, "text/event-stream")) form = Form::kServerSent;
    if (http::same_name(type, "application/x-ndjson")) form = Form::kLines;
  });
  return form;
}

std::string text_of(const telemetry::Event& event, Form form) {
  const std::string line = to_line(event_json(event));
  if (form == Form::kLines) return line + "\n";
  // One line of data: JSON escapes line ends. The browser sends the id back as Last-Event-ID.
  return "id: " + std::to_string(event.id) + "\nevent: " + event.name + "\ndata: " + line + "\n\n";
}

// Which of the kept events are asked for.
struct Wanted {
  std::optional<std::uint64_t> since, last;
};

// A whole number into `value`, none without `text`; false after refusing.
bool number_of(const Call& call, std::string_view name, std::optional<std::string_view> text,
               std::string_view what, std::optional<std::uint64_t>& value) {
  if (!text) return true;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), value.emplace());
  if (error == std::errc{} && end == text->data() + text->size()) return true;
  call.refuse(422, std::string(name) + " is " + conf::quoted(*text) + ", expected " +
                       std::string(what) + ": a whole number");
  return false;
}

bool wanted_of(const Call& call, Wanted& wanted) {
  std::optional<std::string_view> since, last;
  if (const std::string* text = call.parameter("since"))
    since = *text;
  else
    since = find_field(call.request.fields, "last-event-id");
  if (const std::string* text = call.parameter("last")) last = *text;
  if (!number_of(call, "since", since, "the id of an event", wanted.since)) return false;
  if (!number_of(call, "last", last, "how many events", wanted.last)) return false;
  // An id that has not been given yet comes from before a restart: then everything is news.
  const auto& recent = call.control().events().recent();
  const std::uint64_t newest = recent.empty() ? 0 : recent.back().id;
  if (wanted.since.value_or(0) > newest) wanted.since = 0;
  return true;
}

// The index of the first that is wanted; all after it are, too.
std::size_t first_of(const std::deque<telemetry::Event>& recent, const Wanted& wanted) {
  const auto after = std::find_if(recent.begin(), recent.end(), [&](const telemetry::Event& event) {
    return event.id > wanted.since.value_or(0);
  });
  const auto first = static_cast<std::size_t>(after - recent.begin());
  const std::size_t most = static_cast<std::size_t>(
      std::min<std::uint64_t>(wanted.last.value_or(recent.size()), recent.size()));
  return std::max(first, recent.size() - most);
}

void send_list(Call& call, const Wanted& wanted) {
  const auto& recent = call.control().events().recent();
  Json events = Json::array();
  for (std::size_t i = first_of(recent, wanted); i < recent.size(); ++i)
    events.push_back(event_json(recent[i]));
  call.send({{"generation", call.snapshot->generation},
             {"oldest_id", recent.empty() ? Json() : Json(recent.front().id)},
             {"newest_id", recent.empty() ? Json() : Json(recent.back().id)},
             {"events", std::move(events)}});
}

void stream(Call& call, Form form, const Wanted& wanted) {
  telemetry::EventLog& log = call.control().events();
  Response head;
  head.content_type = form == Form::kLines ? "application/x-ndjson" : "text/event-stream";
  head.fields.emplace_back("ETag", etag(call.snapshot->generation));
  head.body = form == Form::kLines ? "" : ": segue events\n\n";
  const auto& recent = log.recent();
  if (wanted.since || wanted.last)
    for (std::size_t i = first_of(recent, wanted); i < recent.size(); ++i)
      head.body += text_of(recent[i], form);

  struct Listening {
    std::uint64_t token = 0;  // known only once the stream is
    bool closed = false;
  };
  const auto listening = std::make_shared<Listening>();
  const Stream out =
      call.reply.stream(std::move(head), form == Form::kLines ? "" : ":\n\n", [&log, listening] {
        listening->closed = true;
        log.unlisten(listening->token);
      });
  if (listening->closed) return;
  listening->token =
      log.listen([out, form](const telemetry::Event& event) { out.write(text_of(event, form)); });
}

}  // namespace

void get_events(Call& call) {
  Wanted wanted;
  if (!wanted_of(call, wanted)) return;
  const Form form = form_of(call.request);
  if (form == Form::kList) return send_list(call, wanted);
  stream(call, form, wanted);
}

}  // namespace segue::admin

// Events: the kept ones as a list, or a stream that goes on (server-sent events or lines of JSON).
#include <charconv>
#include <memory>
#include <string>

#include "admin/readings.h"
#include "admin/resources.h"
#include "admin/router.h"
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

// The id after which events are wanted; false after refusing.
bool since_of(const Call& call, std::optional<std::uint64_t>& since) {
  auto text = query_value(call.query, "since");
  if (!text)
    if (const auto last = find_field(call.request.fields, "last-event-id"))
      text = std::string(*last);
  if (!text) return true;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) {
    call.refuse(
        422, "since is " + conf::quoted(*text) + ", expected the id of an event: a whole number");
    return false;
  }
  // An id that has not been given yet comes from before a restart: then everything is news.
  const auto& recent = call.control().events().recent();
  const std::uint64_t newest = recent.empty() ? 0 : recent.back().id;
  since = value > newest ? 0 : value;
  return true;
}

void send_list(Call& call, std::uint64_t since) {
  const auto& recent = call.control().events().recent();
  Json events = Json::array();
  for (const telemetry::Event& event : recent)
    if (event.id > since) events.push_back(event_json(event));
  call.send({{"generation", call.snapshot->generation},
             {"oldest_id", recent.empty() ? Json() : Json(recent.front().id)},
             {"newest_id", recent.empty() ? Json() : Json(recent.back().id)},
             {"events", std::move(events)}});
}

void stream(Call& call, Form form, std::optional<std::uint64_t> since) {
  telemetry::EventLog& log = call.control().events();
  Response head;
  head.content_type = form == Form::kLines ? "application/x-ndjson" : "text/event-stream";
  head.fields.emplace_back("ETag", etag(call.snapshot->generation));
  head.body = form == Form::kLines ? "" : ": segue events\n\n";
  if (since)
    for (const telemetry::Event& event : log.recent())
      if (event.id > *since) head.body += text_of(event, form);

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
  std::optional<std::uint64_t> since;
  if (!since_of(call, since)) return;
  const Form form = form_of(call.request);
  if (form == Form::kList) return send_list(call, since.value_or(0));
  stream(call, form, since);
}

}  // namespace segue::admin

// The process and its parts as tables.
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

std::string joined(const Json& list, std::string_view between) {
  std::string text;
  for (const Json& item : list) text += (text.empty() ? "" : std::string(between)) + text_of(item);
  return text;
}

std::string match_text(const Json& match) {
  std::string text;
  for (const auto& [key, value] : match.items()) {
    std::string one = key + "=";
    if (value.is_array())
      one += joined(value, ",");
    else if (value.is_object())
      for (const auto& [name, wanted] : value.items())
        one += (one.back() == '=' ? "" : ",") + name + ":" + text_of(wanted);
    else
      one += text_of(value);
    text += (text.empty() ? "" : " ") + one;
  }
  return text.empty() ? "everything" : text;
}

std::string weights_text(const Json& weights) {
  std::string text;
  for (const auto& [pool, weight] : weights.items())
    text += (text.empty() ? "" : " ") + pool + "=" + text_of(weight);
  return text;
}

std::string count_or_dash(const Json& json, std::string_view name) {
  return member(json, name).is_null() ? "–" : human_count(number_of(json, name));
}

std::string state_of(const Json& status, const Paint& paint) {
  if (member(status, "draining") == true) return paint(Tone::kWarn, "draining");
  return member(status, "ready") == true ? paint(Tone::kGood, "ready")
                                         : paint(Tone::kBad, "not ready");
}

}  // namespace

int ctl_status(CtlSession& session) {
  const auto status = session.ask("GET", "/v1/status");
  if (!status) return session.code;
  const Json& requests = member(*status, "requests");
  const Json& per_second = member(requests, "per_second");
  const Json& memory = member(*status, "memory");
  const Json& pools = member(*status, "pools");
  const Json& endpoints = member(*status, "endpoints");
  const std::uint64_t total = number_of(requests, "total"),
                      failures = number_of(requests, "failures");
  const std::uint64_t generation = number_of(*status, "generation"),
                      settled = number_of(*status, "settled_generation");
  const Paint& paint = session.paint;
  const auto label = [&](std::string_view name) {
    return paint(Tone::kDim, std::string(name) + std::string(12 - name.size(), ' '));
  };

  session.out << paint(Tone::kBold, "segue " + printable(string_of(*status, "version"))) << " ("
              << printable(string_of(*status, "commit")) << "), pid " << number_of(*status, "pid")
              << ", up " << human_seconds(number_of(*status, "uptime_seconds")) << ", "
              << state_of(*status, paint) << "\n";
  session.out << label("config") << printable(string_of(*status, "config_file")) << "\n";
  session.out << label("generation") << generation
              << (settled >= generation ? ", served by every worker"
                                        : ", not served by every worker yet")
              << "\n";
  session.out << label("traffic")
              << human_rate(per_second.is_number() ? per_second.get<double>() : 0)
              << " requests/s, " << human_count(total) << " in all, " << human_count(failures)
              << " failed ("
              << human_percent(
                     total == 0 ? 0 : static_cast<double>(failures) / static_cast<double>(total))
              << "), " << human_count(number_of(requests, "in_flight")) << " in flight\n";
  session.out << label("pools") << human_count(number_of(pools, "eligible")) << " of "
              << human_count(number_of(pools, "total")) << " can take traffic, "
              << counted(number_of(endpoints, "in_rotation"), number_of(endpoints, "total"),
                         "endpoint")
              << " in rotation\n";
  session.out << label("parts") << counted(number_of(*status, "listeners"), "listener") << ", "
              << counted(number_of(*status, "routes"), "route") << ", "
              << counted(number_of(*status, "workers"), "worker") << "\n";
  session.out << label("memory") << human_bytes(number_of(memory, "resident_bytes"));
  if (const std::uint64_t limit = number_of(memory, "max_bytes"); limit > 0)
    session.out << " of " << human_bytes(limit);
  session.out << "\n";
  session.warn(member(*status, "warnings"));
  session.out << "\n";
  if (const int code = ctl_splits(session, ""); code != kExitDone) return code;
  session.out << "\n";
  return ctl_endpoints(session, "");
}

int ctl_listeners(CtlSession& session) {
  const auto answer = session.ask("GET", "/v1/listeners");
  if (!answer) return session.code;
  Table table({{"LISTENER"},
               {"ADDRESS"},
               {"CONNECTIONS", Align::kRight},
               {"MAX", Align::kRight},
               {"ACCEPTED", Align::kRight},
               {"REFUSED", Align::kRight}});
  for (const Json& listener : member(*answer, "listeners")) {
    const std::uint64_t refused = number_of(listener, "refused");
    table.row({{string_of(listener, "listener"), Tone::kBold},
               {string_of(listener, "address")},
               {count_or_dash(listener, "connections")},
               {count_or_dash(listener, "connections_max")},
               {count_or_dash(listener, "accepted")},
               {count_or_dash(listener, "refused"), refused > 0 ? Tone::kWarn : Tone::kPlain}});
  }
  session.out << table.render(session.paint);
  return session.code;
}

int ctl_routes(CtlSession& session) {
  const auto answer = session.ask("GET", "/v1/routes");
  if (!answer) return session.code;
  Table table({{"ROUTE"}, {"MATCHES"}, {"WEIGHTS"}, {"COHORT"}, {"FALLBACK"}, {"KIND"}});
  for (const Json& route : member(*answer, "routes"))
    table.row({{string_of(route, "route"), Tone::kBold},
               {match_text(member(route, "match"))},
               {weights_text(member(route, "weights"))},
               {joined(member(route, "cohort"), ", ")},
               {joined(member(route, "fallback"), ", ")},
               {string_of(route, "kind")}});
  session.out << table.render(session.paint);
  return session.code;
}

int ctl_workers(CtlSession& session) {
  const auto answer = session.ask("GET", "/v1/workers");
  if (!answer) return session.code;
  Table table({{"WORKER", Align::kRight},
               {"BUSY", Align::kRight},
               {"REQUESTS", Align::kRight},
               {"ABORTED", Align::kRight},
               {"TUNNELS", Align::kRight},
               {"BUFFERS", Align::kRight},
               {"GENERATION", Align::kRight},
               {"LOG LOST", Align::kRight},
               {"OWN ANSWERS"}});
  for (const Json& worker : member(*answer, "workers")) {
    const Json& busy = member(worker, "busy");
    std::string replies;
    for (const auto& [fault, count] : member(worker, "local_replies").items())
      replies += (replies.empty() ? "" : " ") + fault + "=" +
                 human_count(count.is_number_unsigned() ? count.get<std::uint64_t>() : 0);
    const std::uint64_t lost = number_of(worker, "access_dropped");
    table.row({{text_of(member(worker, "worker"))},
               {percent_of(busy)},
               {human_count(number_of(worker, "requests"))},
               {human_count(number_of(worker, "client_aborts"))},
               {human_count(number_of(worker, "tunnels"))},
               {human_bytes(number_of(worker, "buffer_bytes"))},
               {text_of(member(worker, "generation"))},
               {human_count(lost), lost > 0 ? Tone::kWarn : Tone::kPlain},
               {replies}});
  }
  session.out << table.render(session.paint);
  return session.code;
}

}  // namespace segue::admin

// Asking, complaining, exit codes.
#include "admin/ctl_session.h"

#include <ostream>
#include <utility>

#include "admin/units.h"

namespace segue::admin {
namespace {

const Json kNull;

int code_of(int status) {
  if (status == 202) return kExitWaiting;
  if (status < 300) return kExitDone;
  return status < 500 ? kExitRefused : kExitFailed;
}

// What a server sends is shown, so it must not steer the terminal.
std::string shown(const Json& value) {
  return value.is_string() ? printable(value.get_ref<const std::string&>()) : "";
}

}  // namespace

std::optional<Json> CtlSession::ask(std::string_view method, std::string_view target,
                                    const Json& body, const Fields& fields) {
  const bool change = method != "GET" && target != "/v1/explain";
  const auto response = client.request(method, target, body.is_null() ? "" : to_line(body), fields);
  if (!response) {
    tell(response.error(), change);
    return std::nullopt;
  }
  code = code_of(response->status);
  if (json) {
    out << response->body;
    return std::nullopt;
  }
  if (response->status >= 300) {
    tell_problem(response->status, response->body);
    return std::nullopt;
  }
  Json parsed = Json::parse(response->body, nullptr, false);
  if (parsed.is_object()) return parsed;
  complain("what listens at " + client.socket() + " did not answer in JSON; is it segue?");
  code = kExitFailed;
  return std::nullopt;
}

std::optional<std::string> CtlSession::fetch(std::string_view method, std::string_view target) {
  auto response = client.request(method, target);
  if (!response) {
    tell(response.error(), false);
    return std::nullopt;
  }
  code = code_of(response->status);
  if (response->status < 300) return std::move(response->body);
  tell_problem(response->status, response->body);
  return std::nullopt;
}

int CtlSession::print_raw(std::string_view target) {
  const auto response = client.request("GET", target);
  if (!response) {
    tell(response.error(), false);
    return code;
  }
  if (response->status < 300)
    out << response->body;
  else
    tell_problem(response->status, response->body);
  return code_of(response->status);
}

void CtlSession::tell(const ClientError& error, bool change) {
  complain(error.sentence);
  code = change && error.kind == ClientError::Kind::kLate ? kExitWaiting : kExitFailed;
}

void CtlSession::complain(std::string_view sentence) {
  if (json) {
    out << problem_line(sentence);
    return;
  }
  err << err_paint(Tone::kBad, "segue ctl:") << " " << printable(sentence) << "\n";
}

void CtlSession::warn(const Json& warnings) {
  if (!warnings.is_array()) return;
  for (const Json& warning : warnings)
    err << err_paint(Tone::kWarn, "!") << " " << shown(warning) << "\n";
}

void CtlSession::tell_problem(int status, std::string_view body) {
  if (json) {
    out << body;
    return;
  }
  const Json problem = Json::parse(body, nullptr, false);
  const Json& detail = member(problem, "detail");
  if (!detail.is_string())
    return complain(body.empty() ? "refused with status " + std::to_string(status)
                                 : std::string(body));
  complain(detail.get_ref<const std::string&>());
  const Json& errors = member(problem, "errors");
  if (!errors.is_array()) return;
  if (errors.size() == 1 && !errors[0].contains("file")) {
    // One mistake is usually the sentence itself.
    const std::string text = string_of(errors[0], "detail");
    if (detail.get_ref<const std::string&>().find(text) != std::string::npos) return;
  }
  for (const Json& error : errors) {
    std::string place = shown(member(error, "file"));
    if (!place.empty() && member(error, "line").is_number())
      place += ":" + member(error, "line").dump() + ":" + member(error, "column").dump();
    if (!place.empty()) place += ": ";
    const std::string path = shown(member(error, "path"));
    err << "  " << place << (path.empty() ? "" : err_paint(Tone::kBold, path) + ": ")
        << shown(member(error, "detail")) << "\n";
  }
}

std::string problem_line(std::string_view sentence) {
  return to_line({{"type", "urn:segue:problem:ctl"},
                  {"title", "segue ctl could not do it"},
                  {"detail", sentence}}) +
         "\n";
}

std::string text_of(const Json& value) {
  if (value.is_null()) return "–";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return value.dump();
}

std::string exact_of(const Json& value) {
  return value.is_number_unsigned() ? human_exact(value.get<std::uint64_t>()) : text_of(value);
}

std::string percent_of(const Json& share) {
  return share.is_number() ? human_percent(share.get<double>()) : "–";
}

std::string label(const Paint& paint, std::string_view name) {
  constexpr std::size_t kWidth = 10;
  return paint(Tone::kDim, std::string(name) + std::string(kWidth - name.size(), ' '));
}

const Json& member(const Json& json, std::string_view name) {
  if (!json.is_object()) return kNull;
  const auto found = json.find(std::string(name));
  return found == json.end() ? kNull : *found;
}

std::uint64_t number_of(const Json& json, std::string_view name) {
  const Json& value = member(json, name);
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string string_of(const Json& json, std::string_view name) {
  const Json& value = member(json, name);
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace segue::admin

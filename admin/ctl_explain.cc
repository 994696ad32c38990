// The story of one request, told by the running process.
#include <fstream>
#include <iterator>
#include <ostream>

#include "admin/ctl_verbs.h"
#include "admin/units.h"

namespace segue::admin {
namespace {

// "Name: value" into headers[name]; several of one name become a list.
bool add_header(Json& headers, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0) return false;
  std::string value = text.substr(colon + 1);
  value.erase(0, value.find_first_not_of(" \t"));
  Json& values = headers[text.substr(0, colon)];
  if (values.is_null()) values = Json::array();
  values.push_back(value);
  return true;
}

std::string endpoints_text(const Json& branch) {
  return text_of(member(branch, "in_rotation")) + "/" + text_of(member(branch, "endpoints"));
}

}  // namespace

void tell_place(CtlSession& session, const Json& explanation) {
  const Paint& paint = session.paint;
  const Json& cohort = member(explanation, "cohort");
  if (!string_of(cohort, "source").empty()) {
    session.out << label(paint, "cohort") << printable(string_of(cohort, "source"));
    if (!string_of(cohort, "key").empty())
      session.out << " " << printable(string_of(cohort, "key"));
    session.out << "  " << paint(Tone::kDim, "hash " + printable(string_of(cohort, "hash")))
                << "\n";
  }
  const std::string pool = string_of(explanation, "pool");
  session.out << label(paint, "pool")
              << (pool.empty() ? paint(Tone::kBad, "none") : paint(Tone::kGood, printable(pool)))
              << "\n";
  session.out << label(paint, "why") << printable(string_of(explanation, "reason")) << "\n";
  Table table({{"POOL"},
               {"WEIGHT", Align::kRight},
               {"SHARE", Align::kRight},
               {"SCORE", Align::kRight},
               {"ENDPOINTS", Align::kRight},
               {"ELIGIBLE"}});
  for (const Json& branch : member(explanation, "branches")) {
    const Json& share = member(branch, "effective_share");
    const bool coming_back = member(branch, "admits") == false;
    table.row({{string_of(branch, "pool"),
                string_of(branch, "pool") == pool ? Tone::kGood : Tone::kPlain},
               {exact_of(member(branch, "weight"))},
               {percent_of(share)},
               {text_of(member(branch, "score"))},
               {endpoints_text(branch)},
               {text_of(member(branch, "eligible")) + (coming_back ? ", coming back" : "")}});
  }
  if (!table.empty()) session.out << table.render(paint);
}

int ctl_explain(CtlSession& session, const CtlExplain& request) {
  const auto& [method, url, client, file, headers] = request;
  Json body = {{"method", method}, {"url", url}, {"headers", Json::object()}};
  if (!client.empty()) body["client"] = client;
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
      session.complain("--body \"" + file + "\" cannot be read");
      return kExitRefused;
    }
    body["body"] = std::string(std::istreambuf_iterator<char>(in), {});
  }
  for (const std::string& header : headers)
    if (!add_header(body["headers"], header)) {
      session.complain("-H \"" + header + "\" is no header, expected \"Name: value\"");
      return kExitRefused;
    }
  const auto answer = session.ask("POST", "/v1/explain", body);
  if (!answer) return session.code;
  session.out << session.paint(Tone::kBold, printable(method + " " + url)) << "\n";
  const bool routed = member(*answer, "route").is_string();
  session.out << label(session.paint, "route")
              << (routed ? printable(string_of(*answer, "route"))
                         : session.paint(Tone::kBad, "none"))
              << "  " << session.paint(Tone::kDim, printable(string_of(*answer, "match"))) << "\n";
  tell_place(session, *answer);
  return session.code;
}

}  // namespace segue::admin

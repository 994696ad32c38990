// The story of one request, told by the running process.
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

}  // namespace

int ctl_explain(CtlSession& session, const std::string& method, const std::string& url,
                const std::vector<std::string>& headers, const std::string& client) {
  Json body = {{"method", method}, {"url", url}, {"headers", Json::object()}};
  if (!client.empty()) body["client"] = client;
  for (const std::string& header : headers)
    if (!add_header(body["headers"], header)) {
      session.complain("-H \"" + header + "\" is no header, expected \"Name: value\"");
      return kExitRefused;
    }
  const auto answer = session.ask("POST", "/v1/explain", body);
  if (!answer) return session.code;
  const Paint& paint = session.paint;
  const auto label = [&](std::string_view name) {
    return paint(Tone::kDim, std::string(name) + std::string(10 - name.size(), ' '));
  };

  session.out << paint(Tone::kBold, printable(method + " " + url)) << "\n";
  const Json& cohort = member(*answer, "cohort");
  const bool routed = member(*answer, "route").is_string();
  session.out << label("route")
              << (routed ? printable(string_of(*answer, "route")) : paint(Tone::kBad, "none"))
              << "  " << paint(Tone::kDim, printable(string_of(*answer, "match"))) << "\n";
  if (routed) {
    session.out << label("cohort") << printable(string_of(cohort, "source"));
    if (!string_of(cohort, "key").empty())
      session.out << " " << printable(string_of(cohort, "key"));
    session.out << "  " << paint(Tone::kDim, "hash " + printable(string_of(cohort, "hash")))
                << "\n";
  }
  const std::string pool = string_of(*answer, "pool");
  session.out << label("pool")
              << (pool.empty() ? paint(Tone::kBad, "none") : paint(Tone::kGood, printable(pool)))
              << "\n";
  session.out << label("why") << printable(string_of(*answer, "reason")) << "\n";
  Table table({{"POOL"},
               {"WEIGHT", Align::kRight},
               {"SHARE", Align::kRight},
               {"SCORE", Align::kRight},
               {"ELIGIBLE"}});
  for (const Json& branch : member(*answer, "branches")) {
    const Json& share = member(branch, "effective_share");
    table.row({{string_of(branch, "pool"),
                string_of(branch, "pool") == pool ? Tone::kGood : Tone::kPlain},
               {exact_of(member(branch, "weight"))},
               {share.is_number() ? human_percent(share.get<double>()) : "–"},
               {text_of(member(branch, "score"))},
               {text_of(member(branch, "eligible"))}});
  }
  if (!table.empty()) session.out << table.render(paint);
  return session.code;
}

}  // namespace segue::admin

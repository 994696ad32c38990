// Any bytes as cookies: nobody gets another pool's or segue's own, and what a pool sets comes back.
//   first line: a Set-Cookie field's value; the others: Cookie fields
#include "proxy/cookies.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/cookie.h"
#include "routing/session.h"

namespace {

using segue::http::Field;
using segue::http::FieldId;

constexpr std::string_view kOwn = "segue_s";

void must(bool holds) {
  if (!holds) std::abort();
}

std::vector<Field> cookie_fields(const std::vector<std::string_view>& values) {
  std::vector<Field> fields;
  for (const std::string_view value : values)
    fields.push_back({"Cookie", segue::http::trim(value), FieldId::kCookie});
  return fields;
}

void show_to(std::vector<Field> fields, const segue::proxy::Isolation& isolation) {
  const std::vector<Field> before = fields;
  segue::proxy::ShownCookies cookies;
  cookies.show(fields, kOwn, isolation);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    must(fields[i].value.size() <= 2 * before[i].value.size());
    must(!fields[i].hop_by_hop || fields[i].value.empty());
    segue::http::for_each_cookie(fields[i].value, [&](const segue::http::Cookie& cookie) {
      must(cookie.name != kOwn || before[i].value.find(".segue_s") != std::string_view::npos);
    });
  }
  cookies.undo();
  for (std::size_t i = 0; i < fields.size(); ++i)
    must(fields[i].value.data() == before[i].value.data() &&
         fields[i].value.size() == before[i].value.size());
}

/// What `pool` sets comes back to it, and to nobody else.
void there_and_back(std::string_view set_cookie, const std::vector<std::string>& names) {
  std::string out;
  if (!segue::proxy::rename_set_cookie(set_cookie, {"new", names}, out)) return must(out.empty());
  const std::string pair(segue::http::trim(std::string_view(out).substr(0, out.find(';'))));
  const std::string_view was = segue::http::trim(set_cookie.substr(0, set_cookie.find(';')));
  std::vector<Field> fields = cookie_fields({pair});
  segue::proxy::ShownCookies cookies;
  cookies.show(fields, kOwn, {"new", names});
  must(fields[0].value == was);
  cookies.undo();
  cookies.show(fields, kOwn, {"old", names});
  must(fields[0].hop_by_hop);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> lines;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  const std::string_view set_cookie = segue::http::trim(lines.front());
  const std::vector<Field> fields = cookie_fields({lines.begin() + 1, lines.end()});
  const std::vector<std::string> all = {"*"}, some = {"JSESSIONID*", "__Host-sid"}, none;
  there_and_back(set_cookie, all);
  there_and_back(set_cookie, some);
  segue::proxy::is_removal(set_cookie);
  segue::proxy::was_sent_plain(set_cookie, fields);
  for (const auto* names : {&all, &some, &none})
    for (const std::string_view pool : {"new", "old", "a.b"}) show_to(fields, {pool, *names});

  // A session is found only where this key signed one; what is made is found again.
  const segue::HashKey key = segue::routing::session_key("fuzz");
  const auto found = segue::routing::find_session(fields, kOwn, 1, key);
  const segue::routing::Session session{1, 2, 3, size};
  const segue::routing::SessionValue value(session, fields, kOwn, key);
  const std::string cookie = std::string(kOwn) + "=" + std::string(value.text());
  must(segue::routing::find_session(cookie_fields({cookie}), kOwn, 1, key) == session);
  must(!found || found->group == 1);
  return 0;
}

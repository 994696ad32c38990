// override = { … } of a route
#include "conf/judge.h"
#include "conf/secret.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

void read_override_secret(const Cursor& at, const Shape&, Override& out) {
  std::string named;
  read_value(at, text(nullptr, Empty::kAllowed), named);
  if (named.empty()) return;
  auto secret = read_secret(named);
  if (!secret) return at.complain(secret.error());
  out.secret = *std::move(secret);
}

std::string judge_parameter(std::string_view text) {
  return text.find_first_of("=&#?") == std::string_view::npos ? "" : " is not a parameter's name";
}

constexpr Key<Override> kKeys[] = {
    key<&Override::header>("header", text(judge_field_name, Empty::kAllowed),
                           "Request field that names the pool; it never travels on."),
    key<&Override::query>("query", text(judge_parameter, Empty::kAllowed),
                          "Query parameter that does; it never travels on."),
    secret(Key<Override>{"secret", text(nullptr, Empty::kAllowed),
                         "With it the value is `POOL:SECRET`. `file:/path` reads it from there.",
                         read_override_secret,
                         [](const Shape& shape, const Override& tester_override) {
                           return print_value(shape, tester_override.secret);
                         }}),
};

}  // namespace

void read_override(const Cursor& at, Override& out) {
  read_section(at, kKeys, out);
  if (out.header.empty() && out.query.empty())
    at.complain("names neither header nor query, expected at least one of them");
}

std::string print_override(const Override& tester_override) {
  return tester_override == Override{} ? "" : print_inline(kKeys, tester_override);
}

SectionInfo describe_override() {
  return describe("override", "override = { … }",
                  "How testers choose the pool of a request. On a route with sessions they stay "
                  "there.",
                  kKeys, Override{});
}

}  // namespace segue::conf

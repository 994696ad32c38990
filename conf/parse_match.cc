// match = { … } of a route
#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

std::string judge_query_name(std::string_view text) {
  return text.empty() ? " is no name" : "";
}

constexpr std::string_view kPairsSchema =
    R"({"type":"object","minProperties":1,"additionalProperties":{"type":"string"}})";

void read_headers(const Cursor& at, const Shape&, Match& out) {
  read_pairs(at, judge_field_name, judge_field_value, out.headers);
}
std::string print_headers(const Shape&, const Match& match) {
  return print_pairs(match.headers);
}

void read_query(const Cursor& at, const Shape&, Match& out) {
  read_pairs(at, judge_query_name, judge_needle, out.query);
}
std::string print_query(const Shape&, const Match& match) {
  return print_pairs(match.query);
}

constexpr Key<Match> kKeys[] = {
    key<&Match::host>(
        "host", text(judge_host_pattern),
        "`\"ci.example.com\"` or `\"*.example.com\"`, without port; case does not matter."),
    key<&Match::path>("path", text(judge_route_path), "Exactly this path."),
    key<&Match::path_prefix>(
        "path_prefix", text(judge_route_path),
        "Whole segments: `\"/job\"` takes `/job` and `/job/x`, not `/jobs`; `\"/\"` takes all."),
    key<&Match::path_regex>(
        "path_regex", text(judge_regex),
        "ECMAScript expression that matches the whole path. Tried one by one after "
        "the others, so prefer prefixes."),
    key<&Match::methods>("methods", texts(judge_method), "Any of these methods."),
    Key<Match>{"headers", other("table", kPairsSchema),
               "All of these fields, by exact value; `\"*\"` only wants the field to be there.",
               read_headers, print_headers},
    Key<Match>{"query", other("table", kPairsSchema), "The same for query parameters.", read_query,
               print_query},
};

}  // namespace

void read_match(const Cursor& at, Match& out) {
  read_section(at, kKeys, out);
  for (char& c : out.host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const int kinds = !out.path.empty() + !out.path_prefix.empty() + !out.path_regex.empty();
  if (kinds > 1)
    at.complain("more than one of path, path_prefix and path_regex, expected one at most");
}

std::string print_match(const Match& match) {
  return print_inline(kKeys, match);
}

SectionInfo describe_match() {
  return describe(
      "match", "match = { … }",
      "Which requests a route takes; what is absent matches everything. Paths are compared "
      "in normalised form.",
      kKeys, Match{});
}

}  // namespace segue::conf

// health = { … } of a pool, or false
#include <algorithm>
#include <charconv>

#include "conf/judge.h"
#include "conf/presets.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint16_t kStatusMin = 100, kStatusMax = 599;

std::optional<std::uint16_t> parse_status(std::string_view text) {
  std::uint16_t status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && status >= kStatusMin && status <= kStatusMax ? std::optional(status)
                                                               : std::nullopt;
}

// 200, "200" or "200-399".
std::optional<StatusRange> parse_range(const Node& node) {
  const std::string text = node.is(Node::Kind::kInteger) ? std::to_string(node.integer) : node.text;
  const std::size_t dash = text.find('-');
  const auto first = parse_status(std::string_view(text).substr(0, dash));
  const auto last =
      dash == std::string::npos ? first : parse_status(std::string_view(text).substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return StatusRange{*first, *last};
}

void read_statuses(const Cursor& at, const Shape&, Health& out) {
  std::vector<StatusRange> ranges;
  const auto one = [&](const Cursor& item) {
    if (const auto range = parse_range(item.node())) {
      ranges.push_back(*range);
    } else {
      item.complain(shown(item.node()) + ", expected a status such as 200 or a range \"200-399\"");
    }
  };
  if (!at.node().is(Node::Kind::kList)) {
    one(at);
  } else if (at.node().items.empty()) {
    at.complain("an empty list, expected at least one status or range");
  } else {
    for (std::size_t i = 0; i < at.node().items.size(); ++i) one(at.item(i));
  }
  if (!ranges.empty()) out.expect_status = std::move(ranges);
}

std::string print_statuses(const Shape&, const Health& health) {
  std::vector<std::string> items;
  for (const auto& [first, last] : health.expect_status)
    items.push_back(first == last
                        ? std::to_string(first)
                        : "\"" + std::to_string(first) + "-" + std::to_string(last) + "\"");
  return print_list(items);
}

std::string judge_check_header_name(std::string_view text) {
  constexpr std::string_view kOurs[] = {"connection", "content-length", "transfer-encoding"};
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower == "host") return " has a key of its own: host = \"ci.example.com\"";
  if (std::ranges::find(kOurs, lower) != std::end(kOurs)) return " is set by segue itself";
  return judge_field_name(text);
}

std::string judge_expect_header(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (!judge_field_name(text.substr(0, colon)).empty())
    return ", expected \"Name\" or \"Name: part of the value\"";
  return judge_field_value(text);
}

constexpr Key<Health> kKeys[] = {
    // The preset is applied before all other keys, see read_health.
    Key<Health>{
        "preset", word(kPresetNames),
        "A server that segue knows; every other key given beside it overrides the preset's.",
        [](const Cursor&, const Shape&, Health&) {},
        [](const Shape&, const Health& health) { return toml_string(health.preset); }},
    key<&Health::path>("path", text(judge_check_path), "What is asked for; may have a query."),
    key<&Health::method>("method", text(judge_method), "How."),
    key<&Health::host>("host", text(judge_host_field, Empty::kAllowed),
                       "The `Host` field; empty sends the endpoint's own address."),
    secret(Key<Health>{
        "headers", other("table", R"({"type":"object","additionalProperties":{"type":"string"}})"),
        "Further fields of the request.",
        [](const Cursor& at, const Shape&, Health& health) {
          read_pairs(at, judge_check_header_name, judge_field_value, health.headers, Quote::kNames);
        },
        [](const Shape&, const Health& health) { return print_pairs(health.headers); }}),
    key<&Health::interval>("interval", duration(milliseconds(100), hours(1)),
                           "Between checks of an endpoint that is up."),
    key<&Health::jitter>("jitter", ratio(0, 0.5), "How far an interval may be off, both ways."),
    key<&Health::timeout>("timeout", duration(milliseconds(10), minutes(1)),
                          "Of one check, connecting included."),
    key<&Health::rise>("rise", count(1, 100), "Passes in a row until an endpoint is up."),
    key<&Health::fall>("fall", count(1, 100), "Failures in a row until it is down."),
    key<&Health::interval_changing>("interval_changing", duration(milliseconds(10), hours(1)),
                                    "Between checks while passes or failures are being counted."),
    key<&Health::interval_down>("interval_down", duration(milliseconds(10), hours(1)),
                                "Between checks of an endpoint that is down."),
    Key<Health>{
        "expect_status",
        other(
            "list of statuses or ranges",
            R"({"anyOf":[{"$ref":"#/$defs/status"},{"type":"array","minItems":1,"items":{"$ref":"#/$defs/status"}}]})"),
        "Statuses that pass: `200`, `\"200-399\"`.", read_statuses, print_statuses},
    Key<Health>{
        "drain_on",
        other("list of statuses",
              R"({"type":"array","items":{"type":"integer","minimum":100,"maximum":599}})"),
        "Statuses by which an endpoint asks for no new requests.",
        [](const Cursor& at, const Shape&, Health& health) {
          read_status_list(at, health.drain_on);
        },
        [](const Shape&, const Health& health) { return print_status_list(health.drain_on); }},
    key<&Health::expect_header>(
        "expect_header", text(judge_expect_header, Empty::kAllowed),
        "A field that must be there (`\"X-Jenkins\"`), or contain a text (`\"Server: Jetty\"`)."),
    key<&Health::expect_body>("expect_body", text(judge_needle, Empty::kAllowed),
                              "A text that must occur in the first 64 KiB of the body."),
    key<&Health::starting_body>("starting_body", text(judge_needle, Empty::kAllowed),
                                "A failing answer with this text is *starting*, not *down*."),
    key<&Health::address>(
        "address", text(judge_check_address, Empty::kAllowed),
        "Checks go here instead of the endpoint: `\"host:port\"` or `\":port\"`."),
};

bool fits_tcp(std::string_view name) {
  constexpr std::string_view kTcp[] = {
      "preset", "interval",          "jitter",        "timeout", "rise",
      "fall",   "interval_changing", "interval_down", "address"};
  return std::ranges::find(kTcp, name) != std::end(kTcp);
}

void apply_preset(const Cursor& at, Health& out) {
  if (const auto index = read_word(at, word(kPresetNames))) out = preset(kPresetNames[*index]);
}

}  // namespace

void read_health(const Cursor& at, Health& out) {
  if (at.node().is(Node::Kind::kBoolean)) {
    if (!at.node().boolean) out.kind = Health::Kind::kNone;
    return;
  }
  if (!expect_table(at)) return;
  if (const auto given = at.find("preset")) apply_preset(*given, out);
  read_section(at, kKeys, out);
  if (out.kind != Health::Kind::kTcp) return;
  for (const Member& member : at.node().members) {
    const bool known = std::ranges::find(kKeys, member.key, &Key<Health>::name) != std::end(kKeys);
    if (known && !fits_tcp(member.key))
      at.member(member).complain(member.at,
                                 "has no meaning in a TCP check; remove it, or the preset \"tcp\"");
  }
}

std::string print_health(const std::string& header, const Health& health) {
  if (health.kind == Health::Kind::kNone) return "health = false\n";
  std::string out = "\n" + header + "\n";
  if (health.kind == Health::Kind::kHttp) {
    print_section(out, kKeys, health);
    return out;
  }
  for (const Key<Health>& row : kKeys)
    if (fits_tcp(row.name)) print_section(out, std::span(&row, 1), health);
  return out;
}

SectionInfo describe_health() {
  return describe(
      "health", "[pools.NAME.health]",
      "Active checks of a pool's endpoints, at the same rate with or without traffic. A new "
      "endpoint gets no traffic until a check has passed. Redirects are not followed.",
      kKeys, Health{});
}

}  // namespace segue::conf

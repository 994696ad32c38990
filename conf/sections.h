// What each section of the file can do: be read, be printed in canonical form, be described.
//
// A section's keys are declared at the top of its parse_*.cc; nothing else knows them. Reading
// never stops at a problem, and leaves one element in the Config per element in the file, so that
// positions in both agree. print_* append whole tables with their headers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/config.h"
#include "conf/cursor.h"
#include "conf/keys.h"

namespace segue::conf {

/// The whole document.
void read_root(const Cursor& at, Config& config);
void print_root(std::string& out, const Config& config);
SectionInfo describe_root();

/// Every section, in the order of the documentation.
std::vector<SectionInfo> all_sections();

void read_listeners(const Cursor& at, std::vector<Listener>& out);
void print_listener(std::string& out, const Listener& listener);
SectionInfo describe_listener();

void read_pools(const Cursor& at, std::vector<Pool>& out);
void print_pool(std::string& out, const Pool& pool);
SectionInfo describe_pool();

void read_endpoints(const Cursor& at, std::vector<Endpoint>& out);
std::string print_endpoints(const std::vector<Endpoint>& endpoints);
SectionInfo describe_endpoint();

inline constexpr std::string_view kTlsVersions[] = {"1.2", "1.3"};  ///< TlsVersion

void read_certificates(const Cursor& at, std::vector<Certificate>& out);
std::string print_certificates(const std::vector<Certificate>& certificates);
SectionInfo describe_certificate();

void read_upstream_tls(const Cursor& at, UpstreamTls& out);
/// A table `header` of its own; nothing when it is off.
std::string print_upstream_tls(const std::string& header, const UpstreamTls& tls);
SectionInfo describe_upstream_tls();

void read_health(const Cursor& at, Health& out);
/// A table `header` of its own, or the line "health = false" for the table before it.
std::string print_health(const std::string& header, const Health& health);
SectionInfo describe_health();

void read_passive(const Cursor& at, Passive& out);
std::string print_passive(const std::string& header, const Passive& passive);
SectionInfo describe_passive();

void read_failback(const Cursor& at, Failback& out);
std::string print_failback(const std::string& header, const Failback& failback);
SectionInfo describe_failback();

void read_routes(const Cursor& at, std::vector<Route>& out);
void print_route(std::string& out, const Route& route);
SectionInfo describe_route();

void read_match(const Cursor& at, Match& out);
std::string print_match(const Match& match);  ///< an inline table
SectionInfo describe_match();

void read_cohort(const Cursor& at, std::vector<CohortKey>& out);
std::string print_cohort(const std::vector<CohortKey>& keys);

void read_override(const Cursor& at, Override& out);
std::string print_override(const Override& tester_override);  ///< an inline table, or ""
SectionInfo describe_override();

/// [404, 410]
void read_status_list(const Cursor& at, std::vector<std::uint16_t>& out);
std::string print_status_list(const std::vector<std::uint16_t>& statuses);

void read_timeouts(const Cursor& at, Timeouts& out);
void read_limits(const Cursor& at, Limits& out);
void read_retry(const Cursor& at, Retry& out);
void read_forwarding(const Cursor& at, Forwarding& out);
void read_log(const Cursor& at, Log& out);
void read_admin(const Cursor& at, Admin& out);
void read_process(const Cursor& at, Process& out);
void read_state(const Cursor& at, State& out);
void read_sessions(const Cursor& at, Sessions& out);
void print_timeouts(std::string& out, const Timeouts& section);
void print_limits(std::string& out, const Limits& section);
void print_retry(std::string& out, const Retry& section);
void print_forwarding(std::string& out, const Forwarding& section);
void print_log(std::string& out, const Log& section);
void print_admin(std::string& out, const Admin& section);
void print_process(std::string& out, const Process& section);
void print_state(std::string& out, const State& section);
void print_sessions(std::string& out, const Sessions& section);
SectionInfo describe_timeouts();
SectionInfo describe_limits();
SectionInfo describe_retry();
SectionInfo describe_forwarding();
SectionInfo describe_log();
SectionInfo describe_access();
SectionInfo describe_admin();
SectionInfo describe_process();
SectionInfo describe_state();
SectionInfo describe_sessions();

/// { name = "value", … } with the judgement of names and values given; in file order. Complaints
/// quote a value unless it is secret.
using Pairs = std::vector<std::pair<std::string, std::string>>;
enum class Quote : bool { kNames, kAll };
void read_pairs(const Cursor& at, TextCheck judge_key, TextCheck judge_value, Pairs& out,
                Quote quote = Quote::kAll);
std::string print_pairs(const Pairs& pairs);

/// Reads the table of tables at `at`: one T per member, named by its key and placed.
template <typename T>
void read_named(const Cursor& at, TextCheck judge, void (*read)(const Cursor&, T&),
                std::vector<T>& out) {
  if (!expect_table(at)) return;
  for (const Member& member : at.node().members) {
    const Cursor inner = at.member(member);
    if (const std::string wrong = judge(member.key); !wrong.empty())
      inner.complain(member.at, "\"" + member.key + "\"" + wrong);
    T& element = out.emplace_back();
    element.name = member.key;
    element.at = inner.node().at;
    read(inner, element);
  }
}

}  // namespace segue::conf

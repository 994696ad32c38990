// [timeouts], [limits], [retry], [forwarding], [admin]: what holds for the whole process
#include <algorithm>

#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB, kTiB = kMiB * kMiB;

constexpr Key<Timeouts> kTimeouts[] = {
    key<&Timeouts::tls_handshake>("tls_handshake", duration(milliseconds(10), hours(1)),
                                  "A client's TLS handshake."),
    key<&Timeouts::head>("head", duration(milliseconds(10), hours(1)),
                         "A client's request head, from its first byte."),
    key<&Timeouts::keep_alive>("keep_alive", duration(milliseconds(10), hours(24)),
                               "A client's connection between requests."),
    key<&Timeouts::body_idle>("body_idle", duration(milliseconds(10), hours(24)),
                              "A body, in either direction, that stands still."),
    key<&Timeouts::stream_idle>("stream_idle", duration(milliseconds(10), hours(24)),
                                "A response of unknown length that stands still."),
    key<&Timeouts::tunnel_idle>("tunnel_idle", duration(milliseconds(10), hours(24 * 7)),
                                "An upgraded connection (WebSocket) that stands still."),
    key<&Timeouts::linger>("linger", duration(milliseconds(0), minutes(5)),
                           "Reading on after an answer that came before the request's end."),
    key<&Timeouts::drain_requests>("drain_requests", duration(milliseconds(0), hours(24)),
                                   "What requests get after SIGTERM."),
    key<&Timeouts::drain_tunnels>("drain_tunnels", duration(milliseconds(0), hours(24)),
                                  "What upgraded connections get after SIGTERM."),
};

constexpr Key<Limits> kLimits[] = {
    defaults_to(
        "`\"8KiB\"`, at most `head`",
        key<&Limits::request_line>("request_line", size(256, kMiB), "A longer one gets 414.")),
    key<&Limits::head>("head", size(kKiB, kMiB),
                       "Of a request (else 431) or of a response (else 502), first line included."),
    key<&Limits::fields>("fields", count(10, 1000), "Header fields of a head; more get 431."),
    key<&Limits::body>("body", size(0, kTiB),
                       "Of a request; a longer one gets 413. 0 for no limit: bodies are streamed."),
    key<&Limits::buffer_high>("buffer_high", size(4 * kKiB, 64 * kMiB),
                              "Bytes queued per direction at which reading stops."),
    defaults_to(
        "`\"16KiB\"`, at most a quarter of `buffer_high`",
        key<&Limits::buffer_low>("buffer_low", size(0, 64 * kMiB), "Bytes at which it goes on.")),
    key<&Limits::replay>("replay", size(0, 64 * kMiB),
                         "Request body kept for another attempt; a longer one is sent once."),
    key<&Limits::linger>("linger", size(0, 64 * kMiB),
                         "Bytes read and dropped after an answer that came early."),
    key<&Limits::cohort_bodies>("cohort_bodies", size(kMiB, kTiB),
                                "Bodies held per worker while their cohorts are looked for; "
                                "requests beyond get 503."),
    key<&Limits::tls_handshakes>(
        "tls_handshakes", count(1, 1'000'000),
        "TLS handshakes of clients at once, divided among the workers; what comes beyond is "
        "closed."),
    key<&Limits::memory_max>("memory_max", size(0, kTiB),
                             "Resident memory near which new work is refused; 0 for no limit."),
};

constexpr Key<Retry> kRetry[] = {
    key<&Retry::attempts>("attempts", count(0, 3), "Further attempts per request; 0 for none."),
    key<&Retry::backoff_min>("backoff_min", duration(milliseconds(0), minutes(1)),
                             "Shortest pause before another attempt."),
    key<&Retry::backoff_max>("backoff_max", duration(milliseconds(0), minutes(1)),
                             "Longest pause."),
    key<&Retry::budget>("budget", ratio(0, 1),
                        "Retries at once, as a share of requests in flight."),
    key<&Retry::budget_min>("budget_min", count(0, 10'000),
                            "Retries at once that are always allowed."),
};

constexpr Key<Forwarding> kForwarding[] = {
    key<&Forwarding::via>("via", flag(), "Add `Via` in both directions."),
    key<&Forwarding::forwarded>("forwarded", flag(),
                                "Send `Forwarded` (RFC 7239) beside `X-Forwarded-*`."),
};

// Written in octal, as chmod takes it.
void read_mode(const Cursor& at, const Shape&, Admin& out) {
  constexpr std::int64_t kModeMax = 0777;
  const Node& node = at.node();
  if (!node.is(Node::Kind::kInteger) || node.integer < 0 || node.integer > kModeMax)
    return at.complain(shown(node) + ", expected a file mode 0o000…0o777 such as 0o660");
  out.mode = static_cast<std::uint32_t>(node.integer);
}

std::string print_mode(const Shape&, const Admin& admin) {
  std::string digits;
  for (const unsigned shift : {6u, 3u, 0u})
    digits += static_cast<char>('0' + ((admin.mode >> shift) & 7));
  return "0o" + digits;
}

constexpr Key<Admin> kAdmin[] = {
    key<&Admin::socket>("socket", text(judge_socket_path),
                        "UNIX socket of the admin API and of `segue ctl`."),
    Key<Admin>{"mode", other("file mode", R"({"type":"integer","minimum":0,"maximum":511})"),
               "Who may open the socket, in octal.", read_mode, print_mode},
    key<&Admin::listen>("listen", text(judge_tcp_address, Empty::kAllowed),
                        "TCP address for `/metrics`, `/live` and `/ready` alone; empty for none."),
};

template <typename S, std::size_t N>
void print_table(std::string& out, std::string_view header, const Key<S> (&keys)[N],
                 const S& section) {
  out += "\n[" + std::string(header) + "]\n";
  print_section(out, keys, section);
}

}  // namespace

void read_timeouts(const Cursor& at, Timeouts& out) {
  read_section(at, kTimeouts, out);
}
void read_forwarding(const Cursor& at, Forwarding& out) {
  read_section(at, kForwarding, out);
}
void read_admin(const Cursor& at, Admin& out) {
  read_section(at, kAdmin, out);
}

void read_limits(const Cursor& at, Limits& out) {
  read_section(at, kLimits, out);
  const auto given = [&](std::string_view name) { return at.node().find(name) != nullptr; };
  if (!given("request_line")) out.request_line = std::min(out.request_line, out.head);
  if (!given("buffer_low")) out.buffer_low = std::min(out.buffer_low, out.buffer_high / 4);
  if (out.buffer_low >= out.buffer_high)
    at.complain("buffer_low is not below buffer_high, expected less");
  if (out.request_line > out.head)
    at.complain("request_line is more than head, of which it is a part, expected no more");
}

void read_retry(const Cursor& at, Retry& out) {
  read_section(at, kRetry, out);
  if (out.backoff_max < out.backoff_min)
    at.complain("backoff_max is less than backoff_min, expected at least as much");
}

void print_timeouts(std::string& out, const Timeouts& section) {
  print_table(out, "timeouts", kTimeouts, section);
}
void print_limits(std::string& out, const Limits& section) {
  print_table(out, "limits", kLimits, section);
}
void print_retry(std::string& out, const Retry& section) {
  print_table(out, "retry", kRetry, section);
}
void print_forwarding(std::string& out, const Forwarding& section) {
  print_table(out, "forwarding", kForwarding, section);
}
void print_admin(std::string& out, const Admin& section) {
  print_table(out, "admin", kAdmin, section);
}

SectionInfo describe_timeouts() {
  return describe("timeouts", "[timeouts]", "How long segue waits for clients and streams.",
                  kTimeouts, Timeouts{});
}
SectionInfo describe_limits() {
  return describe(
      "limits", "[limits]",
      "How much segue holds. Bodies have no limit: they are streamed, and what cannot be "
      "passed on is not read.",
      kLimits, Limits{});
}
SectionInfo describe_retry() {
  return describe(
      "retry", "[retry]",
      "A request is sent again only when it is certain that the first time had no effect.", kRetry,
      Retry{});
}
SectionInfo describe_forwarding() {
  return describe(
      "forwarding", "[forwarding]",
      "`X-Forwarded-For`, `-Proto`, `-Host`, `-Port` and `X-Request-Id` are always sent; "
      "these are in addition.",
      kForwarding, Forwarding{});
}
SectionInfo describe_admin() {
  return describe("admin", "[admin]", "How segue is watched and steered.", kAdmin, Admin{});
}

}  // namespace segue::conf

// The whole configuration as plain values; the fields say what the program may rely on.
//
// A Config has been parsed and checked: references resolve, numbers are in range, defaults are
// filled in. It says what the file says; what runs may differ (weights set over the admin socket)
// and lives in routing::Desired. What operators read (docs/configuration.md, `segue schema`) comes
// from the tables of keys in parse_*.cc, which take their defaults from here.
//
// Equality compares what is configured: two files that differ only in layout are equal.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace segue::conf {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Where a value stands in the file, for messages about it. Lines and columns count from 1.
struct Position {
  int line = 0;
  int column = 0;

  /// Where something stands is no part of what it says: a comment added above changes no pool.
  bool operator==(const Position&) const noexcept { return true; }
};

enum class ProxyProtocol : std::uint8_t { kOff, kV1, kV2 };

enum class TlsVersion : std::uint8_t { k12, k13 };

/// An item of a listener's tls: a certificate chain and its key. Files that are not absolute lie
/// beside the configuration file, here and in all of TLS.
struct Certificate {
  std::string cert;  ///< PEM: the certificate, then those between it and the root
  std::string key;   ///< PEM, without passphrase
  std::string ocsp;  ///< DER answer of the certificate's OCSP responder, stapled; "" for none
  Position at;

  bool operator==(const Certificate&) const = default;
};

/// [listeners.NAME]
struct Listener {
  std::string name;
  Position at;
  std::string address;  ///< "0.0.0.0:8080", "[::]:8080" or "unix:/path"; port 0 picks a free one
  std::vector<std::string>
      trusted_proxies;          ///< ranges whose X-Forwarded-* and PROXY header are believed
  bool proxy_protocol = false;  ///< a PROXY v1 or v2 header must begin each connection
  std::uint32_t connections_max = 10'000;    ///< over all workers; 1…1 000 000
  std::uint32_t keep_alive_requests = 1000;  ///< requests per connection; 1…1 000 000
  std::vector<Certificate> tls;              ///< chosen by name (SNI), else the first; none: plain
  TlsVersion tls_min_version = TlsVersion::k12;
  enum class ClientAuth : std::uint8_t {
    kNone,
    kOptional,
    kRequired
  } client_auth = ClientAuth::kNone;  ///< whether clients show a certificate of client_ca
  std::string client_ca;              ///< PEM; "" for none
  std::string ticket_keys;   ///< session ticket keys shared by several machines; "": own ones
  bool watch_files = false;  ///< certificates and ticket keys are read again when they change
  std::uint32_t redirect_https = 0;          ///< port that requests are sent to by 308; 0: none
  std::vector<std::string> redirect_except;  ///< path prefixes that are served all the same

  bool operator==(const Listener&) const = default;
};

/// An inclusive range of HTTP statuses.
struct StatusRange {
  std::uint16_t first = 200;
  std::uint16_t last = 399;
  bool operator==(const StatusRange&) const = default;
};

/// health = { … } of a pool: active checks.
struct Health {
  enum class Kind : std::uint8_t { kNone, kTcp, kHttp } kind = Kind::kHttp;
  std::string preset =
      "http";  ///< "jenkins", "gitlab", "tcp", …; what it expands to is in the other fields
  std::string path = "/";
  std::string method = "GET";
  std::string host;  ///< Host header; "" sends the endpoint's own address
  std::vector<std::pair<std::string, std::string>> headers;
  milliseconds interval{5000};           ///< 100 ms … 1 h
  double jitter = 0.10;                  ///< of the interval, both ways; 0 … 0.5
  milliseconds timeout{3000};            ///< of one check, connect included; 10 ms … 1 min
  std::uint32_t rise = 2;                ///< passes in a row until up; 1…100
  std::uint32_t fall = 3;                ///< failures in a row until down; 1…100
  milliseconds interval_changing{1000};  ///< while passes or failures are being counted
  milliseconds interval_down{5000};      ///< while down
  std::vector<StatusRange> expect_status{{200, 399}};
  std::vector<std::uint16_t> drain_on;  ///< statuses by which an endpoint asks to be drained
  std::string expect_header;  ///< "X-Jenkins" (present) or "Name: part of the value"; "" for none
  std::string expect_body;    ///< must occur in the first 64 KiB of the body; "" for none
  std::string starting_body;  ///< a failing answer with this in its body is "starting", not "down"
  std::string address;        ///< checks go here instead of the endpoint: "host:port" or ":port"

  bool operator==(const Health&) const = default;
};

/// passive = { … } of a pool: ejection on what real traffic meets.
struct Passive {
  bool enabled = true;
  std::uint32_t consecutive = 5;    ///< gateway errors in a row; 1…1000
  double failure_ratio = 0.50;      ///< of the requests in the window; 0 … 1
  std::uint32_t requests_min = 20;  ///< in the window before the ratio counts
  milliseconds window{30'000};
  milliseconds eject_for{30'000};  ///< × the number of ejections in a row
  milliseconds eject_max{300'000};

  bool operator==(const Passive&) const = default;
};

/// tls = true or { … } of a pool: how its endpoints are spoken to.
struct UpstreamTls {
  bool enabled = false;
  bool verify = true;       ///< the chain and the name; false takes any certificate
  std::string ca;           ///< PEM of the roots; "": the system's
  std::string server_name;  ///< in SNI and in the certificate; "": the endpoint's own host
  std::string cert, key;    ///< PEM of the certificate shown to the endpoint; "" for none
  TlsVersion min_version = TlsVersion::k12;

  bool operator==(const UpstreamTls&) const = default;
};

struct Endpoint {
  std::string
      address;  ///< "10.0.0.5:8080", "ci-old.internal:8080", "[::1]:80", "unix:/run/ci.sock"
  std::uint32_t weight = 1;  ///< among its pool's endpoints; 0…1000
  Position at;

  bool operator==(const Endpoint&) const = default;
};

enum class Balance : std::uint8_t { kLeastLoaded, kRoundRobin };

/// failback = { … } of a pool: how it gets its cohorts back after a failure.
struct Failback {
  enum class Mode : std::uint8_t { kAuto, kManual } mode = Mode::kAuto;
  milliseconds stable{60'000};         ///< without a failure, before the first cohorts return
  std::uint32_t steps = 5;             ///< in which they return; 1…100
  milliseconds step{10'000};           ///< between two steps
  std::uint32_t flap_transitions = 3;  ///< failures within flap_window that hold the pool down
  milliseconds flap_window{600'000};

  bool operator==(const Failback&) const = default;
};

/// [pools.NAME]
struct Pool {
  std::string name;
  Position at;
  std::vector<Endpoint> endpoints;  ///< strings, or { address = …, weight = … }
  Balance balance =
      Balance::kLeastLoaded;  ///< "least_loaded" (better of two random ones) or "round_robin"
  Health health;
  Passive passive;
  std::uint32_t healthy_min =
      1;  ///< endpoints that must be in rotation for the pool to be eligible
  milliseconds connect_timeout{5000};
  milliseconds idle_timeout{4000};          ///< of an upstream connection between requests
  std::uint32_t idle_connections_max = 32;  ///< per endpoint and worker
  std::uint32_t in_flight_max = 1024;       ///< requests per endpoint, divided among the workers
  std::uint32_t queue_max = 256;  ///< requests waiting for a free place, divided among the workers
  milliseconds queue_timeout{5000};
  ProxyProtocol proxy_protocol =
      ProxyProtocol::kOff;  ///< sent at the start of each upstream connection
  UpstreamTls tls;          ///< of traffic and of checks
  milliseconds slow_start{
      60'000};                    ///< until an endpoint that failed has its full share; 0: at once
  double slow_start_from = 0.10;  ///< of its share, when it comes back; 0.01 … 1
  Failback failback;

  bool operator==(const Pool&) const = default;
};

/// match = { … } of a route. What is absent matches everything.
struct Match {
  std::string host;  ///< "ci.example.com" or "*.example.com"; without port, lower case
  std::string path;  ///< exact
  std::string
      path_prefix;  ///< whole segments: "/job" matches "/job" and "/job/x", not "/jobs"; "/" all
  std::string path_regex;  ///< ECMAScript, matches the whole path
  std::vector<std::string> methods;
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< name, exact value; value "*": present
  std::vector<std::pair<std::string, std::string>> query;  ///< the same for query parameters

  bool operator==(const Match&) const = default;
};

/// One key of a cohort specification, tried in order.
struct CohortKey {
  enum class Kind : std::uint8_t {
    kRequest,
    kClient,
    kCookie,
    kHeader,
    kQuery,
    kPath,
    kSession,    ///< a cookie of segue's own
    kJson,       ///< a value of the body
    kRepository  ///< what the forge that sent the webhook names the repository by
  } kind = Kind::kRequest;
  /// Cookie, header or parameter name; for kPath the pattern "/job/{*}/"; for kJson the pointer
  /// "/repository/id" (RFC 6901); for kRepository "name" to put names before ids, or "".
  std::string argument;

  bool operator==(const CohortKey&) const = default;
};

/// override = { … } of a route: how testers choose their pool. Names are "" where that way is shut.
struct Override {
  std::string header, query;  ///< whose value is "POOL", or "POOL:SECRET"
  std::string secret;         ///< "" for none

  bool operator==(const Override&) const = default;
};

/// [[routes]]
struct Route {
  enum class Kind : std::uint8_t { kWeb, kWebhook };
  struct Branch {
    std::string pool;
    std::uint32_t weight = 0;  ///< 0…1 000 000
    Position at;
    bool operator==(const Branch&) const = default;
  };
  std::string name;
  Position at;
  Match match;
  std::vector<Branch> split;  ///< 1…8 pools, not all weights 0
  std::vector<CohortKey> cohort{{}};
  std::string
      cohort_group;     ///< routes of one group place a cohort alike; "" is the route's own name
  std::string unknown;  ///< pool of requests without a key; "" is the split's first
  std::vector<std::string> fallback;
  Kind kind = Kind::kWeb;  ///< "webhook" by default when the route takes POST alone
  std::optional<milliseconds> connect_timeout;  ///< webhook: 2 s; else the pool's
  milliseconds response_timeout{90'000};        ///< until the response head; webhook: 9 s
  milliseconds total_timeout{
      0};  ///< of everything until the response head, retries included; 0: none; webhook: 9 s
  bool retry_stale_post =
      false;  ///< also send non-idempotent requests again when a reused connection died unanswered
  std::uint32_t cohort_body_max = 32 * 1024 * 1024;  ///< read to find the cohort; more gets 413
  /// Cookies that each pool has for itself: names, a '*' at the end for any rest; {"*"} for all.
  std::vector<std::string> isolate_cookies;
  std::vector<std::uint16_t> lookup_on;  ///< statuses on which the other pools are asked too
  Override tester_override;

  bool operator==(const Route&) const = default;
};

/// [timeouts]
struct Timeouts {
  milliseconds tls_handshake{10'000};    ///< of a client, from accept to Finished
  milliseconds head{10'000};             ///< a client's head, from its first byte
  milliseconds keep_alive{75'000};       ///< a client between requests
  milliseconds body_idle{60'000};        ///< a body in either direction that stands still
  milliseconds stream_idle{300'000};     ///< a response of unknown length that stands still
  milliseconds tunnel_idle{3'600'000};   ///< an upgraded connection
  milliseconds linger{1000};             ///< reading on after an early answer
  milliseconds drain_requests{120'000};  ///< at SIGTERM
  milliseconds drain_tunnels{900'000};   ///< at SIGTERM

  bool operator==(const Timeouts&) const = default;
};

/// [limits]. Sizes in bytes.
struct Limits {
  std::uint32_t request_line = 8 * 1024;
  std::uint32_t head = 32 * 1024;         ///< request or response head; at most 1 MiB
  std::uint32_t fields = 100;             ///< header fields of a head; at most 1000
  std::uint64_t body = 0;                 ///< of a request; 0: no limit
  std::uint32_t buffer_high = 64 * 1024;  ///< queued per direction at which reading stops
  std::uint32_t buffer_low = 16 * 1024;   ///< and goes on
  std::uint32_t replay = 64 * 1024;       ///< request body kept for a retry
  std::uint32_t linger = 64 * 1024;       ///< read and dropped after an early answer
  std::uint64_t cohort_bodies =
      256 * 1024 * 1024;                ///< held per worker while cohorts are looked for
  std::uint32_t tls_handshakes = 1000;  ///< of clients at once; more connections are closed
  std::uint64_t memory_max = 0;         ///< resident memory; 0: no limit

  bool operator==(const Limits&) const = default;
};

/// [retry]
struct Retry {
  std::uint32_t attempts = 1;  ///< further attempts per request; 0…3
  milliseconds backoff_min{25};
  milliseconds backoff_max{250};
  double budget = 0.20;          ///< of the requests in flight
  std::uint32_t budget_min = 3;  ///< retries at once that are always allowed

  bool operator==(const Retry&) const = default;
};

/// [forwarding]
struct Forwarding {
  bool via = false;
  bool forwarded = false;  ///< also send RFC 7239 Forwarded

  bool operator==(const Forwarding&) const = default;
};

/// [log] and [log.access]
struct Log {
  enum class Format : std::uint8_t { kText, kJson } format = Format::kText;
  std::string level = "info";  ///< "debug", "info", "warn", "error"
  std::string file;            ///< "" is standard error
  enum class AccessFormat : std::uint8_t { kJson, kLogfmt } access_format = AccessFormat::kJson;
  std::string access_file;  ///< "" for none; "-" is standard output
  std::uint32_t access_buffer =
      1024 * 1024;  ///< bytes per worker; a full one drops lines and counts them

  bool operator==(const Log&) const = default;
};

/// [admin]
struct Admin {
  std::string socket = "/run/segue/admin.sock";
  std::uint32_t mode = 0600;
  std::string listen;  ///< optional TCP address for /metrics, /live and /ready alone

  bool operator==(const Admin&) const = default;
};

/// [process]. Takes effect at the start alone.
struct Process {
  std::string user;         ///< to become after binding; "" stays who started it
  std::string group;        ///< "" is the user's own; empty when `user` is
  bool allow_root = false;  ///< uid 0 without `user`
  bool core_dumps = false;
  enum class Seccomp : std::uint8_t { kOff, kOn, kLog } seccomp = Seccomp::kOn;

  bool operator==(const Process&) const = default;
};

/// [state]. Takes effect at the start alone, but for the backups.
struct State {
  std::string dir;                       ///< of segue.db; "": changes do not survive the process
  milliseconds backup{0};                ///< between two backups; 0: none
  std::string backup_dir;                ///< "": "backups" in dir
  std::uint32_t backup_keep = 14;        ///< older ones are removed; 1…10 000
  std::uint32_t revisions_max = 10'000;  ///< kept in the history; 10…1 000 000

  bool operator==(const State&) const = default;
};

/// [sessions]: the cookie of routes with cohort = "session"
struct Sessions {
  std::string cookie = "segue_s";
  std::string secret;       ///< signs cookies; "": made once and kept in the state
  milliseconds max_age{0};  ///< 0: until the browser ends

  bool operator==(const Sessions&) const = default;
};

struct Config {
  std::string file;
  std::uint32_t workers = 0;  ///< 0: the number of cores
  std::vector<Listener> listeners;
  std::vector<Pool> pools;
  std::vector<Route> routes;
  Timeouts timeouts;
  Limits limits;
  Retry retry;
  Forwarding forwarding;
  Log log;
  Admin admin;
  Process process;
  State state;
  Sessions sessions;

  bool operator==(const Config&) const = default;
};

}  // namespace segue::conf

// Whether a string is what it should be: addresses, hosts, paths, names. Each is a TextCheck
// (shape.h):
// "" when it is fine, else what is wrong with it.
#pragma once

#include <string>
#include <string_view>

namespace segue::conf {

/// Names of listeners, pools, routes and groups end up in metrics, logs and URLs of the admin API:
/// letters, digits, '.', '_' and '-', at most kNameMax.
std::string judge_name(std::string_view text);
inline constexpr std::size_t kNameMax = 64;

std::string judge_listen_address(
    std::string_view text);  ///< "0.0.0.0:8080", "[::]:8080", "unix:/path"
std::string judge_tcp_address(std::string_view text);    ///< the same without "unix:"
std::string judge_endpoint(std::string_view text);       ///< also "name:port"; no port 0
std::string judge_check_address(std::string_view text);  ///< "host:port" or ":port"
std::string judge_range(std::string_view text);          ///< "10.0.0.0/8", "::1", "unix"

std::string judge_host_pattern(
    std::string_view text);  ///< "ci.example.com", "*.example.com"; no port
std::string judge_host_field(std::string_view text);    ///< what a Host field may say: host[:port]
std::string judge_server_name(std::string_view text);   ///< a host name or address; no port
std::string judge_route_path(std::string_view text);    ///< exact path or prefix of a route
std::string judge_check_path(std::string_view text);    ///< request target of a health check
std::string judge_cohort_path(std::string_view text);   ///< "/job/{*}/": one {*}
std::string judge_json_pointer(std::string_view text);  ///< RFC 6901, at most kPointerMax bytes
inline constexpr std::size_t kPointerMax = 256;
inline constexpr std::size_t kPointerNamesMax = 8;        ///< that a pointer goes through
std::string judge_cookie_pattern(std::string_view text);  ///< a cookie name, or its start and '*'
std::string judge_regex(std::string_view text);           ///< ECMAScript without back-references
inline constexpr std::size_t kRegexMax = 1000;

std::string judge_method(std::string_view text);       ///< an upper-case token, not CONNECT
std::string judge_field_name(std::string_view text);   ///< RFC 9110 §5.1: a token
std::string judge_field_value(std::string_view text);  ///< RFC 9110 §5.5: no control characters
std::string judge_file(std::string_view text);         ///< a path the system calls take
std::string judge_socket_path(std::string_view text);  ///< a path a UNIX socket can have
std::string judge_account(std::string_view text);      ///< a user or group of this machine, by name
std::string judge_needle(std::string_view text);  ///< text to look for, at most kNeedleMax bytes
inline constexpr std::size_t kNeedleMax = 1024;

}  // namespace segue::conf

// The request target: its four forms, its query, and the form of a path that routes are compared
// with.
//
// What is forwarded is always the target byte for byte. The normalised path exists for matching
// alone: it is the path as the most generous router behind us might see it, so that a request can
// be refused when that router and ours would think of different routes.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "lib/base/result.h"
#include "lib/http/message.h"

namespace segue::http {

/// Views into the target, but for a path that the target leaves out.
struct Target {
  enum class Form : std::uint8_t { kOrigin, kAbsolute, kAuthority, kAsterisk } form = Form::kOrigin;
  std::string_view scheme;     ///< absolute form only
  std::string_view authority;  ///< absolute and authority form
  std::string_view
      path;  ///< raw; "/" or "*" (OPTIONS) where an absolute form has none; "" in authority form
  std::string_view query;  ///< raw, without '?'
  bool has_query = false;  ///< tells "/a?" from "/a"
};

/// Divides a request target (RFC 9112 §3.2). Authority form is for CONNECT alone, asterisk form for
/// OPTIONS alone. Errors: kBadMessage for any other form, control characters, spaces, a fragment,
/// an empty authority or one with user information (RFC 9110 §4.2.4).
Result<Target> split_target(std::string_view target, Method method) noexcept;

/// An authority without its port, and without the one dot that may end a host name:
/// "ci.example.com.:8080" is "ci.example.com". Brackets of an IPv6 address stay. Case as sent.
std::string_view host_of(std::string_view authority) noexcept;

/// The path as a CI server's router might see it, decoded once:
///  * %XX of letters, digits and - . _ ~ decoded (RFC 3986 §6.2.2.2), and %2F and %5C, which some
///    servers decode before they route; other escapes stay, with their hex digits in upper case;
///  * '\' is '/', as on Windows;
///  * ";parameters" of every segment dropped, as servlet containers do, and before dots are looked
///  at
///    ("/..;/" is a known way around proxies);
///  * "//" is "/", and "." and ".." are resolved (RFC 3986 §5.2.4), not above the root.
/// Not done: a second decoding (%252F stays), case folding, Unicode.
///
/// A path that is normal already (one scan), or that does not begin with '/', comes back as `out`
/// itself; else `out` views into `scratch`. False, with `out` = `path`, when the path has to change
/// and `scratch` is smaller than it.
bool normalise(std::string_view path, std::span<char> scratch, std::string_view& out) noexcept;

/// Walks text with %XX escapes as the bytes they stand for. An escape that is none ("%zz") stands
/// for itself.
class Decoder {
 public:
  enum class Plus : bool { kLiteral, kSpace };  ///< '+' is a space in queries, itself in paths
  Decoder(std::string_view text, Plus plus) noexcept : text_(text), plus_(plus) {}

  bool done() const noexcept { return at_ == text_.size(); }
  char next() noexcept;  ///< only while !done()

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  Plus plus_;
};

/// Whether `encoded`, a name or value of a query, decodes to `plain`.
bool same_decoded(std::string_view encoded, std::string_view plain) noexcept;

/// Calls `visit(name, value)`, both raw, for each parameter of `query` until it returns false.
/// Parameters are divided by '&'; one without '=' has an empty value.
template <typename Visit>
constexpr void for_each_parameter(std::string_view query, Visit&& visit) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    if (!visit(pair.substr(0, equals), value)) return;
  }
}

/// The raw value of the first parameter whose decoded name is `name`. A view into `query`.
std::optional<std::string_view> find_parameter(std::string_view query,
                                               std::string_view name) noexcept;

}  // namespace segue::http

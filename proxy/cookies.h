// Two applications, one hostname: what each pool's cookies are called in the browser, and which of
// the browser's cookies a pool gets to see. Pure.
//
// A browser knows no pools: when both set JSESSIONID, each logs the other's users out. So a cookie
// X that pool `new` sets is called "segue.new.X" in the browser and X again on its way back to
// `new`. A prefix that browsers enforce stays in front: "__Host-X" is "__Host-segue.new.X".
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/message.h"

namespace segue::proxy {

/// Whose cookies, and which of them. Views.
struct Isolation {
  std::string_view pool;
  std::span<const std::string> names;  ///< as configured; each may end in '*'; empty: none

  bool on() const noexcept { return !names.empty(); }
  bool covers(std::string_view prefix, std::string_view name) const noexcept;
};

/// What a name grows by, besides the name of the pool: "segue." and ".".
inline constexpr std::size_t kRenamedBytes = 7;

/// Whether a Set-Cookie field sets what is segue's to set: the cookie of sessions, whatever stands
/// before its name, or one that is marked as a pool's. No pool may.
bool sets_ours(std::string_view value, std::string_view session_cookie) noexcept;

/// Appends the value of a Set-Cookie field to `out` with its cookie renamed, the rest byte for
/// byte; false, with nothing appended, when it passes as it is.
bool rename_set_cookie(std::string_view value, const Isolation& isolation, std::string& out);

/// Whether a Set-Cookie field takes its cookie away: Max-Age of 0 or less, an Expires of the last
/// century (what frameworks write), or an empty value.
bool is_removal(std::string_view set_cookie) noexcept;

/// Whether a Set-Cookie field's cookie is among those that the browser sent under its plain name:
/// set before segue was there, or by a script.
bool was_sent_plain(std::string_view set_cookie, std::span<const http::Field> fields) noexcept;

/// A request's Cookie fields as one pool is to see them. Reused from request to request: warm, it
/// allocates nothing; a request without anything to cut or restore is left alone.
class ShownCookies {
 public:
  /// Names of restored cookies that are remembered to hide plain ones behind; browsers keep less
  /// than 200 cookies of a host, and few of them by applications.
  static constexpr std::size_t kRestoredMax = 64;
  static constexpr std::size_t kBytesKept = 4096;

  /// Cuts the cookie `own` (empty: none) and, with isolation on, cookies of other pools; restores
  /// those of `isolation.pool`, which replace plain ones of their name. The other cookies keep
  /// their place. A field with no cookie left becomes hop_by_hop. `fields` are as they came, and
  /// stay where they are until undo(); their new values hold until then.
  void show(std::span<http::Field> fields, std::string_view own, const Isolation& isolation);

  /// The fields as they came. Does nothing without a show() before.
  void undo() noexcept;

  /// Forgets them, when they are gone.
  void clear() noexcept;

 private:
  struct Original {
    http::Field* field;
    std::string_view value;
  };
  std::vector<Original> originals_;
  std::string text_;
};

}  // namespace segue::proxy

// A visitor's place in a split, carried by the visitor: pool and epoch of each cohort group, signed
// so that a client cannot choose.
//
// The cookie's value is a list of entries, one per cohort group, the newest first:
//   base64url(group u32 | pool u32 | epoch u32 | id u64 | SipHash-2-4 over these u64) . …
// little-endian, without padding. Whatever is not exactly that (cut, forged, of another key) is as
// if it were not there. Nothing is kept on our side, so any worker and any restart understands it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "lib/base/hash.h"
#include "lib/http/message.h"

namespace segue::routing {

/// One visitor in one cohort group.
struct Session {
  std::uint32_t group = 0;  ///< the group's tag
  std::uint32_t pool = 0;   ///< the pool's tag
  std::uint32_t epoch = 0;  ///< of the group when the pool was chosen
  std::uint64_t id = 0;     ///< the visitor's cohort, for good

  bool operator==(const Session&) const = default;
};

/// The key that `secret` stands for. The same secret gives the same key everywhere.
HashKey session_key(std::string_view secret) noexcept;

/// The first valid entry of `group` over all cookies `name` in `fields`. First, because a browser
/// may hold several of one name (for other paths or domains) and sends them in a steady order: a
/// visitor with a stray one stays in place all the same. No allocation.
std::optional<Session> find_session(std::span<const http::Field> fields, std::string_view name,
                                    std::uint32_t group, const HashKey& key) noexcept;

/// A cookie's value under way. No allocation.
class SessionValue {
 public:
  static constexpr std::size_t kEntriesMax = 8;  ///< beyond it the oldest are forgotten
  static constexpr std::size_t kEntryChars = 38;
  static constexpr std::size_t kCharsMax = kEntriesMax * (kEntryChars + 1) - 1;

  /// `session` first, then the valid entries of other groups that came in cookies `name` of
  /// `fields`.
  SessionValue(const Session& session, std::span<const http::Field> fields, std::string_view name,
               const HashKey& key) noexcept;

  std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  void add(std::string_view entry) noexcept;

  std::array<char, kCharsMax> text_;
  std::size_t size_ = 0;
};

}  // namespace segue::routing

// What an exchange knows of sessions, testers and the cookies of two applications: made when a
// route first needs it, then kept with the exchange and its capacities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/http/message.h"
#include "proxy/cookies.h"
#include "routing/session.h"

namespace segue::proxy {

struct Visit {
  static constexpr std::size_t kNone = SIZE_MAX;
  static constexpr std::size_t kBytesKept = 4096;  ///< capacity of each text that is kept

  std::optional<routing::Session> session;  ///< that came with the request, of whatever epoch
  bool has_session = false;                 ///< the request's cohort is its session
  std::size_t answered = kNone;             ///< destination that answered first (lookups)
  ShownCookies cookies;                     ///< of the request, as the pool being tried sees them
  std::string target;                       ///< the request's without a tester's parameter
  std::string renamed;                      ///< values of Set-Cookie fields
  std::string cookie;                       ///< our own Set-Cookie
  std::vector<http::Field> added;           ///< to the response

  void clear() noexcept {
    session.reset();
    has_session = false;
    answered = kNone;
    cookies.clear();
    added.clear();
    for (std::string* text : {&target, &renamed, &cookie}) {
      text->clear();
      if (text->capacity() > kBytesKept) text->shrink_to_fit();
    }
  }
};

}  // namespace segue::proxy

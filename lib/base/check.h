// Assertions: SEGUE_CHECK is always on and ends the process, SEGUE_DCHECK only in debug builds.
//
// For programmer errors alone; what a peer, a file or the kernel may do wrong is an Error.
#pragma once

namespace segue::detail {
[[noreturn]] void check_failed(const char* expression, const char* why, const char* file,
                               int line) noexcept;
}  // namespace segue::detail

#define SEGUE_CHECK(expression, why)                  \
  (__builtin_expect(static_cast<bool>(expression), 1) \
       ? static_cast<void>(0)                         \
       : ::segue::detail::check_failed(#expression, why, __FILE__, __LINE__))

#ifdef NDEBUG
#define SEGUE_DCHECK(expression, why) static_cast<void>(0)
#else
#define SEGUE_DCHECK(expression, why) SEGUE_CHECK(expression, why)
#endif

// What the process can never do again, whoever takes it over: gain privileges, leave a core file.
#pragma once

#include <string>

#include "conf/config.h"
#include "lib/base/result.h"

namespace segue::app {

/// Sanitizers look into their own process (ptrace) and call what segue does not: what would forbid
/// it is left out of such a build.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

/// No file that the process would run gives it more than it has (PR_SET_NO_NEW_PRIVS). First of
/// all, while there is one thread: the others inherit it. Errors: a sentence.
Status<std::string> refuse_new_privileges();

/// Neither a core file nor another process of the same user gets to see the memory, unless
/// `process` says so. After the change of users, which would undo it. Errors: a sentence.
Status<std::string> keep_memory_private(const conf::Process& process);

/// The system-call filter that `process` asks for, on all threads there are and will be. Errors: a
/// sentence.
Status<std::string> give_up_system_calls(const conf::Process& process);

/// One event with all of the above, for the log.
void announce_confinement(const conf::Process& process);

}  // namespace segue::app

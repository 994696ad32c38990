// Who the process is: not root by accident, and [process] user from the moment its sockets are
// bound.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "conf/config.h"
#include "lib/base/result.h"

namespace segue::app {

/// Who the process is to become.
class Account {
 public:
  /// The account that `config` names, looked up before anything is bound; none when it names none,
  /// or when the process is that user already. Errors: a sentence, also when segue is root and
  /// nobody said that it should be, or when it may not become that user.
  static Result<std::optional<Account>, std::string> of(const conf::Config& config);

  /// Gives the file of a UNIX socket that this process has just bound to the account, so that it
  /// can be removed and made again. Refuses whatever is not such a socket: the folder may be
  /// somebody else's.
  Status<std::string> own_socket(const std::string& path) const;

  /// Makes the folder of `path` when it is missing, as the account's.
  Status<std::string> make_folder_of(const std::string& path, mode_t mode = 0755) const;

  /// Becomes the account for good: groups, group, user, in this order, every capability given up;
  /// then proves that there is no way back. Called while there is one thread. Errors: a sentence;
  /// the process must end then.
  Status<std::string> become() const;

  const std::string& user() const noexcept { return user_; }
  uid_t uid() const noexcept { return uid_; }
  gid_t gid() const noexcept { return gid_; }

 private:
  Account(std::string user, uid_t uid, gid_t gid) : user_(std::move(user)), uid_(uid), gid_(gid) {}

  std::string user_;
  uid_t uid_;
  gid_t gid_;
};

/// Whether binding `port` takes a privilege that this process does not have.
bool port_is_out_of_reach(std::uint16_t port);

}  // namespace segue::app

// The file of a listening UNIX socket: never two owners, never a dead one in the way.
#pragma once

#include <cstdint>
#include <string>

#include <sys/stat.h>

#include "lib/base/result.h"

namespace segue::admin {

/// A bound UNIX stream socket and its file, which goes when this does (unless somebody else's took
/// its place).
class SocketFile {
 public:
  /// Binds `path` with file mode `mode`; the descriptor does not listen yet, is non-blocking and
  /// close-on-exec. Takes the place of a file whose process is gone; refuses when a live process
  /// listens there or when it is no socket. Makes the last folder of the path when it is missing.
  /// Errors: a sentence with the path and what to do.
  static Result<SocketFile, std::string> bind(const std::string& path, std::uint32_t mode);

  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();

  int release() noexcept;  ///< the descriptor, now the caller's; the file stays ours
  const std::string& path() const noexcept { return path_; }

 private:
  SocketFile() = default;

  std::string path_;
  int fd_ = -1;
  dev_t device_ = 0;
  ino_t inode_ = 0;  // 0: no file of ours
};

}  // namespace segue::admin

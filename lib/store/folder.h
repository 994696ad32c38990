// A folder for what one process keeps: made when it is missing, writable by nobody else, taken by
// one process at a time.
#pragma once

#include <string>
#include <utility>

#include "lib/base/result.h"
#include "lib/store/store_error.h"

namespace segue::store {

class Folder {
 public:
  static constexpr const char* kLock = "segue.lock";

  /// Makes `path` (mode 0700; the folder it is in must be there) and takes it until this object or
  /// the process ends, however it ends. Errors: kTaken, with the other's process id; kUnwritable
  /// also for a folder that others may write to, who could put something else in place of a file.
  static Result<Folder, StoreError> take(const std::string& path);

  Folder(Folder&& other) noexcept
      : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder();

  const std::string& path() const noexcept { return path_; }  ///< without symbolic links
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  Folder(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  std::string path_;
  int lock_;
};

/// Makes the folder, mode 0700, unless it is there. Errors: kUnwritable, kFull.
Status<StoreError> make_folder(const std::string& path);

}  // namespace segue::store

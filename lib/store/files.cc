// open(2), fsync(2) and rename(2) in the right order.
#include "lib/store/files.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace segue::store {
namespace {

using Kind = StoreError::Kind;

constexpr mode_t kMode = 0600;

Kind kind_of(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Kind::kFull;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
    case ENOENT: return Kind::kUnwritable;
    default: return Kind::kFailed;
  }
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC, kMode)), error_(errno) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool open() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int error() const noexcept { return error_; }

 private:
  int fd_, error_;
};

constexpr int kMake = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

Status<StoreError> sync(const std::string& path, int flags) {
  const Descriptor file(path, O_RDONLY | flags);
  if (!file.open()) return fail(from_system(path, "open", file.error()));
  if (::fsync(file.get()) != 0) return fail(from_system(path, "write out", errno));
  return Done{};
}

}  // namespace

StoreError from_system(const std::string& path, const char* what, int error) {
  return {kind_of(error), std::string("cannot ") + what + " " + path + ": " +
                              (error == ELOOP ? "it is a symbolic link" : std::strerror(error))};
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

Status<StoreError> make_file(const std::string& path) {
  const Descriptor file(path, kMake);
  if (!file.open()) return fail(from_system(path, "make", file.error()));
  return Done{};
}

Status<StoreError> write_file(const std::string& path, const std::string& bytes) {
  const Descriptor file(path, kMake);
  if (!file.open()) return fail(from_system(path, "make", file.error()));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = ::write(file.get(), bytes.data() + done, bytes.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail(from_system(path, "write", errno));
    done += static_cast<std::size_t>(written);
  }
  if (::fsync(file.get()) != 0) return fail(from_system(path, "write out", errno));
  return Done{};
}

Status<StoreError> give_name(const std::string& from, const std::string& to) {
  if (auto synced = sync(from, O_NOFOLLOW); !synced) return synced;
  if (::rename(from.c_str(), to.c_str()) != 0) return fail(from_system(to, "make", errno));
  const std::size_t slash = to.rfind('/');
  return sync(slash == std::string::npos ? "." : to.substr(0, slash + 1), O_DIRECTORY);
}

Status<StoreError> check_file(const std::string& path) {
  const Descriptor file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file.open()) return fail(from_system(path, "open", file.error()));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return fail(from_system(path, "look at", errno));
  if (!S_ISREG(info.st_mode) || info.st_nlink != 1)
    return fail(StoreError{Kind::kUnwritable, path + " is not a plain file with one name"});
  if (info.st_size == 0)
    return fail(StoreError{Kind::kCorrupt, path + ": it is damaged: the file is empty"});
  if ((info.st_mode & 077) != 0 && info.st_uid == ::geteuid()) ::fchmod(file.get(), kMode);
  return Done{};
}

}  // namespace segue::store

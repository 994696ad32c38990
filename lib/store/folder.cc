// mkdir(2), realpath(3) and flock(2), with what is wrong said in a sentence.
#include "lib/store/folder.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/files.h"

namespace segue::store {
namespace {

using Kind = StoreError::Kind;

constexpr mode_t kFolderMode = 0700, kLockMode = 0600;
constexpr mode_t kOthersWrite = S_IWGRP | S_IWOTH;

// The folder as it is found by whoever follows `path`; links on the way are the administrator's.
Result<std::string, StoreError> real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (real == nullptr) return fail(from_system(path, "open the folder", errno));
  return std::string(real.get());
}

Status<StoreError> check_owner(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(from_system(path, "look at", errno));
  if (!S_ISDIR(info.st_mode)) return fail(StoreError{Kind::kUnwritable, path + " is not a folder"});
  if (info.st_uid != ::geteuid() && info.st_uid != 0 && ::geteuid() != 0)
    return fail(StoreError{Kind::kUnwritable, "the folder " + path + " belongs to uid " +
                                                  std::to_string(info.st_uid) + ", not to uid " +
                                                  std::to_string(::geteuid())});
  if ((info.st_mode & kOthersWrite) != 0)
    return fail(StoreError{Kind::kUnwritable, "others may write to the folder " + path +
                                                  ", so what is in it proves nothing: chmod go-w " +
                                                  path});
  return Done{};
}

std::string holder(int fd) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(fd, text.data(), text.size() - 1, 0);
  const long pid = length > 0 ? std::strtol(text.data(), nullptr, 10) : 0;
  return pid > 0 ? " (process " + std::to_string(pid) + ")" : "";
}

}  // namespace

Status<StoreError> make_folder(const std::string& path) {
  if (::mkdir(path.c_str(), kFolderMode) == 0 || errno == EEXIST) return Done{};
  return fail(from_system(path, "make the folder", errno));
}

Result<Folder, StoreError> Folder::take(const std::string& path) {
  if (auto made = make_folder(path); !made) return fail(std::move(made).error());
  auto real = real_path(path);
  if (!real) return fail(std::move(real).error());
  if (auto right = check_owner(*real); !right) return fail(std::move(right).error());
  const std::string file = *real + "/" + kLock;
  int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kLockMode);
  // A lock needs no writing: to read what is there, a read-only folder does.
  if (fd < 0 && (errno == EROFS || errno == EACCES))
    fd = ::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return fail(from_system(file, "open", errno));
  Folder folder(std::move(*real), fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(from_system(file, "lock", errno));
    return fail(StoreError{Kind::kTaken, "the folder " + folder.path_ +
                                             " is in use by another segue" + holder(fd) +
                                             ": each needs one of its own"});
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  // Only for the sentence above; a full disk must not matter here.
  if (::ftruncate(fd, 0) == 0) static_cast<void>(::pwrite(fd, pid.data(), pid.size(), 0) > 0);
  return folder;
}

Folder::~Folder() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace segue::store

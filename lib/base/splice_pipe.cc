// pipe2(2) and splice(2); the kernel's signals for "not now" stay errno's.
#include "lib/base/splice_pipe.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "lib/base/check.h"

namespace segue {

bool SplicePipe::ready() noexcept {
  if (in_ >= 0) return true;
  if (refused_) return false;
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) {
    refused_ = true;
    return false;
  }
  out_ = ends[0];
  in_ = ends[1];
  ::fcntl(in_, F_SETPIPE_SZ, kBytes);  // what it has from the start does as well
  return true;
}

ssize_t SplicePipe::fill(int socket, std::size_t max) noexcept {
  ssize_t n = 0;
  do {
    n = ::splice(socket, nullptr, in_, nullptr, max, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (n < 0 && errno == EINTR);
  if (n > 0) size_ += static_cast<std::size_t>(n);
  return n;
}

bool SplicePipe::put(std::span<const char> bytes) noexcept {
  SEGUE_DCHECK(bytes.size() <= PIPE_BUF, "all or nothing is a promise for one page");
  ssize_t n = 0;
  do {
    n = ::write(in_, bytes.data(), bytes.size());
  } while (n < 0 && errno == EINTR);
  if (n < 0) return false;
  size_ += static_cast<std::size_t>(n);
  return true;
}

ssize_t SplicePipe::pour(int socket) noexcept {
  ssize_t total = 0;
  while (size_ > 0) {
    const ssize_t n =
        ::splice(out_, nullptr, socket, nullptr, size_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return total > 0 && errno == EAGAIN ? total : -1;
    if (n == 0) break;
    size_ -= static_cast<std::size_t>(n);
    total += n;
  }
  return total;
}

std::size_t SplicePipe::read(std::span<char> space) noexcept {
  ssize_t n = 0;
  do {
    n = ::read(out_, space.data(), space.size());
  } while (n < 0 && errno == EINTR);
  if (n <= 0) return 0;
  size_ -= static_cast<std::size_t>(n);
  return static_cast<std::size_t>(n);
}

void SplicePipe::discard() noexcept {
  if (size_ > 0) close();  // ready() makes another
}

void SplicePipe::close() noexcept {
  if (in_ < 0) return;
  ::close(std::exchange(in_, -1));
  ::close(std::exchange(out_, -1));
  size_ = 0;
}

}  // namespace segue

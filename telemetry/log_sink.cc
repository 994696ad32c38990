// Each line is one write(2). A line that cannot be written is lost: there is nowhere to say so.
#include "telemetry/log_sink.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace segue::telemetry::log {

FileSink::~FileSink() {
  if (fd_ != STDERR_FILENO) ::close(fd_);
}

Result<int, std::string> FileSink::open(const std::string& file) {
  if (file.empty()) return STDERR_FILENO;
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (fd >= 0) return fd;
  return fail("cannot open the log " + file + ": " + std::generic_category().message(errno));
}

Status<std::string> FileSink::reopen() {
  auto opened = open(file_);
  if (!opened) return fail(std::move(opened).error());
  const std::lock_guard lock(mutex_);
  const int old = std::exchange(fd_, *opened);
  if (old != STDERR_FILENO) ::close(old);
  return Done{};
}

void FileSink::sink_it_(const spdlog::details::log_msg& message) {
  std::string line(message.payload.data(), message.payload.size());
  line += '\n';
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t written = ::write(fd_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace segue::telemetry::log

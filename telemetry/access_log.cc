// The thread that carries lines from the rings to the file, and survives whatever the file does.
#include "telemetry/access_log.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/check.h"
#include "telemetry/access_ring.h"
#include "telemetry/log.h"

namespace segue::telemetry {
namespace {

constexpr std::chrono::milliseconds kBusyWait{20};  // 1 MiB per ring lasts for 100 000 lines/s
constexpr std::chrono::milliseconds kIdleWait{100};
constexpr std::size_t kWriteMax = 1024 * 1024;  // bytes per system call

/// The descriptor, or -1 with errno set.
int open_file(const std::string& file) {
  if (file == "-") return STDOUT_FILENO;
  return ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
}

bool is_regular(int fd) {
  struct stat facts {};
  return ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

void close_file(int fd) {
  if (fd != STDOUT_FILENO) ::close(fd);
}

}  // namespace

struct AccessWriter::Impl {
  Impl(std::string path, int opened, std::vector<AccessRing*> all)
      : file(std::move(path)), rings(std::move(all)), fd(opened), regular(is_regular(opened)) {}

  void run();
  bool drain();  // false when the file took less than there was
  bool drain(AccessRing::Shared& ring);
  bool write_some(AccessRing::Shared& ring, Bytes lines);
  Bytes limit(Bytes lines) const;
  void reopen();
  void failed(const char* what, int error);

  const std::string file;
  const std::vector<AccessRing*> rings;

  std::mutex mutex;  // of the four below
  std::condition_variable changed;
  bool stop = false, reopen_wanted = false;
  std::uint64_t flush_wanted = 0, flush_done = 0;

  std::atomic<std::uint64_t> errors{0}, cut{0};  // the writer's; read by any

  // The writer thread's own.
  int fd;
  bool regular;             // fd is neither pipe nor socket nor terminal
  std::size_t current = 0;  // the ring to go on with: a line begun must be ended first
  bool mid_line = false;    // the file ends within a line of `current`
  bool wrote = false;       // since the last wait
  std::thread thread;
};

void AccessWriter::Impl::run() {
  std::unique_lock lock(mutex);
  while (true) {
    const auto wait = std::exchange(wrote, false) ? kBusyWait : kIdleWait;
    changed.wait_for(lock, wait,
                     [this] { return stop || reopen_wanted || flush_wanted != flush_done; });
    const bool last = stop, reopening = std::exchange(reopen_wanted, false);
    const std::uint64_t flushing = flush_wanted;
    lock.unlock();
    drain();
    if (reopening) reopen();
    lock.lock();
    if (flushing != flush_done) {
      flush_done = flushing;
      changed.notify_all();
    }
    if (last) return;
  }
}

bool AccessWriter::Impl::drain() {
  for (std::size_t i = 0; i < rings.size(); ++i) {
    if (!drain(*rings[current]->shared_)) return false;
    current = (current + 1) % rings.size();
  }
  return true;
}

bool AccessWriter::Impl::drain(AccessRing::Shared& ring) {
  // What was there at the beginning, so that one busy worker cannot keep the writer from the
  // others.
  const std::uint64_t until = ring.head.load(std::memory_order_acquire);
  while (ring.tail.load(std::memory_order_relaxed) < until) {
    const Bytes lines = ring.peek();
    if (!lines.empty() && !write_some(ring, lines)) return false;
  }
  return true;
}

/// A regular file takes everything. A pipe that nobody empties must not hold this thread, and with
/// it the end of the process: it gets what poll() promises to take at once, in whole lines if they
/// fit.
Bytes AccessWriter::Impl::limit(Bytes lines) const {
  if (regular) return lines.first(std::min(lines.size(), kWriteMax));
  pollfd ready{fd, POLLOUT, 0};
  if (::poll(&ready, 1, 0) == 0) return {};
  if (lines.size() <= PIPE_BUF) return lines;
  const std::string_view head(lines.data(), PIPE_BUF);
  const std::size_t newline = head.rfind('\n');
  return lines.first(newline == std::string_view::npos ? head.size() : newline + 1);
}

bool AccessWriter::Impl::write_some(AccessRing::Shared& ring, Bytes lines) {
  const Bytes batch = limit(lines);
  if (batch.empty()) {
    wrote = true;  // come back soon
    return false;
  }
  const ssize_t written = ::write(fd, batch.data(), batch.size());
  if (written < 0) {
    const int error = errno;
    if (error == EINTR) return true;
    if (error != EAGAIN && error != EWOULDBLOCK) failed("write", error);
    wrote = true;  // come back soon
    return false;
  }
  if (written == 0) return false;
  const auto bytes = static_cast<std::size_t>(written);
  mid_line = lines[bytes - 1] != '\n';
  ring.consume(bytes);
  wrote = true;
  return true;
}

void AccessWriter::Impl::reopen() {
  if (file == "-") return;
  const int opened = open_file(file);
  if (opened < 0) return failed("open", errno);
  close_file(std::exchange(fd, opened));
  regular = is_regular(fd);
  if (!mid_line) return;
  // The old file keeps the beginning of a line; its end alone would be nonsense in the new one.
  AccessRing::Shared& ring = *rings[current]->shared_;
  const Bytes rest = ring.peek();
  const void* newline = std::memchr(rest.data(), '\n', rest.size());
  SEGUE_CHECK(newline != nullptr, "a line is committed as a whole and never wraps");
  ring.consume(static_cast<std::size_t>(static_cast<const char*>(newline) - rest.data()) + 1);
  mid_line = false;
  cut.fetch_add(1, std::memory_order_relaxed);
}

void AccessWriter::Impl::failed(const char* what, int error) {
  errors.fetch_add(1, std::memory_order_relaxed);
  log::repeated(
      log::Level::kError, "access_log.failed", file,
      {{"file", file}, {"during", what}, {"error", std::generic_category().message(error)}});
}

AccessWriter::AccessWriter() = default;

Result<std::unique_ptr<AccessWriter>, std::string> AccessWriter::start(
    std::string file, std::vector<AccessRing*> rings) {
  const int opened = open_file(file);
  if (opened < 0) {
    return fail("cannot open the access log " + file + ": " +
                std::generic_category().message(errno));
  }
  std::unique_ptr<AccessWriter> writer(new AccessWriter);
  writer->impl_ = std::make_unique<Impl>(std::move(file), opened, std::move(rings));

  // Signals are for the main thread, and a closed pipe is an error here, not the end.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  writer->impl_->thread = std::thread([impl = writer->impl_.get()] { impl->run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(writer->impl_->thread.native_handle(), "segue-log");
  return writer;
}

AccessWriter::~AccessWriter() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stop = true;
  }
  impl_->changed.notify_all();
  impl_->thread.join();
  close_file(impl_->fd);
}

void AccessWriter::reopen() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->reopen_wanted = true;
  }
  impl_->changed.notify_all();
}

void AccessWriter::flush() {
  std::unique_lock lock(impl_->mutex);
  const std::uint64_t ticket = ++impl_->flush_wanted;
  impl_->changed.notify_all();
  impl_->changed.wait(lock, [&] { return impl_->flush_done >= ticket; });
}

std::uint64_t AccessWriter::write_errors() const noexcept {
  return impl_->errors.load(std::memory_order_relaxed);
}

std::uint64_t AccessWriter::lines_cut() const noexcept {
  return impl_->cut.load(std::memory_order_relaxed);
}

}  // namespace segue::telemetry

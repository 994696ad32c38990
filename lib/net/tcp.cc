// System calls of a stream socket, and what libuv is asked to wait for.
#include "lib/net/tcp.h"

#include <array>
#include <cerrno>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/check.h"

namespace segue::net {
namespace {

// What is waited for when neither reading nor writing: libuv keeps the descriptor in its epoll set,
// so that a reset is noticed while the peer is on hold, without a readable half-close spinning the
// loop. Never beside the others: urgent data, which nobody reads, would wake the loop for ever.
// Here it ends the connection.
constexpr int kErrorsOnly = UV_PRIORITIZED;

// Pieces of the queue sent in one sendmsg.
constexpr std::size_t kFlushPieces = 16;

// Read back from a pipe at once.
constexpr std::size_t kTakenBack = 16 * 1024;

bool has_urgent_data(int fd) {
  pollfd asked{fd, POLLPRI, 0};
  return ::poll(&asked, 1, 0) > 0 && (asked.revents & POLLPRI) != 0;
}

// The C library's recv() and send() are cancellation points: in a process with threads each takes
// two atomic operations for pthread_cancel(), which nobody calls here. Sanitizers know only those.
#ifdef SEGUE_SANITIZED
ssize_t receive(int fd, void* space, std::size_t bytes) {
  return ::recv(fd, space, bytes, 0);
}
ssize_t send(int fd, const void* from, std::size_t bytes, int flags) {
  return ::send(fd, from, bytes, flags);
}
ssize_t send(int fd, const msghdr& message, int flags) {
  return ::sendmsg(fd, &message, flags);
}
#else
ssize_t receive(int fd, void* space, std::size_t bytes) {
  return ::syscall(SYS_recvfrom, fd, space, bytes, 0, nullptr, nullptr);
}
ssize_t send(int fd, const void* from, std::size_t bytes, int flags) {
  return ::syscall(SYS_sendto, fd, from, bytes, flags, nullptr, 0);
}
ssize_t send(int fd, const msghdr& message, int flags) {
  return ::syscall(SYS_sendmsg, fd, &message, flags);
}
#endif

/// As sendmsg(); one piece takes the shorter way through the kernel.
ssize_t send_pieces(int fd, std::span<const iovec> pieces, int flags = 0) {
  flags |= MSG_NOSIGNAL;
  ssize_t n = 0;
  do {
    if (pieces.size() == 1) {
      n = send(fd, pieces[0].iov_base, pieces[0].iov_len, flags);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(pieces.data());
      message.msg_iovlen = pieces.size();
      n = send(fd, message, flags);
    }
  } while (n < 0 && errno == EINTR);
  return n;
}

Error connect_error(int code) {
  if (code == ETIMEDOUT) return {Fault::kConnectTimeout, Side::kUpstream};
  const bool ours = code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM ||
                    code == EADDRNOTAVAIL;
  if (ours) return {Fault::kOverloaded, Side::kSelf};
  return {Fault::kConnectFailed, Side::kUpstream};
}

}  // namespace

Tcp::Tcp(Loop& loop, ChunkPool& chunks, TransportEvents& events, Watermarks marks)
    : loop_(loop), events_(&events), queue_(chunks), marks_(marks) {}

Tcp::~Tcp() = default;

void Tcp::Close::operator()(Core* core) const noexcept {
  core->owner = nullptr;
  const int fd = core->fd;
  uv_close(reinterpret_cast<uv_handle_t*>(&core->poll),
           [](uv_handle_t* handle) { delete static_cast<Core*>(handle->data); });
  // uv_close has taken the descriptor out of the epoll set; it is ours to close.
  ::close(fd);
}

void Tcp::open(int fd) {
  SEGUE_DCHECK(core_ == nullptr, "a Tcp is opened once");
  auto* core = new Core{{}, fd, this};
  const int status = uv_poll_init(loop_.uv(), &core->poll, fd);
  SEGUE_CHECK(status == 0, "a fresh socket can be polled");
  core->poll.data = core;
  core_.reset(core);
}

void Tcp::adopt(int fd) {
  open(fd);
}

bool Tcp::connect(const SocketAddress& address, Error& error) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    connect_errno_ = errno;
    error = connect_error(connect_errno_);
    return false;
  }
  if (address.family() != AF_UNIX) {
    const int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  }
  if (::connect(fd, address.get(), address.length()) != 0 && errno != EINPROGRESS) {
    connect_errno_ = errno;
    error = connect_error(connect_errno_);
    ::close(fd);
    return false;
  }
  open(fd);
  connecting_ = true;
  update_interest();
  return true;
}

void Tcp::close() {
  queue_.clear();
  core_.reset();
}

void Tcp::update_interest() {
  int wanted = 0;
  if (reading_ && !connecting_) wanted |= UV_READABLE;
  if (connecting_ || !queue_.empty()) wanted |= UV_WRITABLE;
  if (wanted == 0) wanted = kErrorsOnly;
  if (wanted == interest_ || core_ == nullptr) return;
  interest_ = wanted;
  uv_poll_start(&core_->poll, wanted, on_poll);
}

void Tcp::on_poll(uv_poll_t* handle, int status, int events) noexcept {
  Core* core = static_cast<Core*>(handle->data);
  Tcp* tcp = core->owner;
  if (tcp == nullptr) return;
  if (tcp->connecting_) {
    int code = 0;
    socklen_t length = sizeof(code);
    getsockopt(core->fd, SOL_SOCKET, SO_ERROR, &code, &length);
    tcp->connecting_ = false;
    tcp->connect_errno_ = code;
    if (code != 0) return tcp->events_->on_failed(connect_error(code));
    if (status < 0) tcp->interest_ = 0;
    if (tcp->shutdown_wanted_ && tcp->queue_.empty()) ::shutdown(core->fd, SHUT_WR);
    tcp->update_interest();
    return tcp->events_->on_connected();
  }
  // After an error libuv has stopped the handle; what is asked for next must be armed anew.
  if (status < 0) {
    tcp->interest_ = 0;
    if (!tcp->reading_) return tcp->events_->on_failed({Fault::kReset, Side::kSelf});
    tcp->update_interest();
    return tcp->events_->on_readable();
  }
  if ((events & UV_WRITABLE) != 0) {
    tcp->flush();
    if (core->owner == nullptr) return;
  }
  if ((events & UV_READABLE) != 0 && tcp->reading_) return tcp->events_->on_readable();
  if ((events & UV_PRIORITIZED) == 0 || tcp->reading_) return;
  if (has_urgent_data(core->fd)) return tcp->events_->on_failed({Fault::kReset, Side::kSelf});
  // EPOLLHUP is reported as what was asked for: both directions are shut. That is no failure, bytes
  // may still wait for read_start(), which arms the handle again; until then there is nothing to be
  // told.
  uv_poll_stop(&core->poll);
}

ReadResult Tcp::read(std::span<char> space) {
  SEGUE_DCHECK(core_ != nullptr && !space.empty(), "a read needs a socket and space");
  for (;;) {
    const ssize_t n = receive(core_->fd, space.data(), space.size());
    if (n > 0) return {ReadResult::Kind::kBytes, static_cast<std::size_t>(n)};
    if (n == 0) return {ReadResult::Kind::kEnd, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN) return {ReadResult::Kind::kAgain, 0};
    return {ReadResult::Kind::kFailed, 0};
  }
}

ReadResult Tcp::read(SplicePipe& pipe, std::size_t max) {
  SEGUE_DCHECK(core_ != nullptr, "a read needs a socket");
  const ssize_t n = pipe.fill(core_->fd, max);
  if (n > 0) return {ReadResult::Kind::kBytes, static_cast<std::size_t>(n)};
  if (n == 0) return {ReadResult::Kind::kEnd, 0};
  return {errno == EAGAIN ? ReadResult::Kind::kAgain : ReadResult::Kind::kFailed, 0};
}

Pressure Tcp::write(std::span<const iovec> pieces) {
  return write(pieces, 0);
}

Pressure Tcp::write_more(std::span<const iovec> pieces) {
  return write(pieces, MSG_MORE);
}

Pressure Tcp::write(std::span<const iovec> pieces, SplicePipe& pipe) {
  if (!pieces.empty()) write_more(pieces);
  if (queue_.empty() && !failed_ && core_ != nullptr) {
    const ssize_t n = pipe.pour(core_->fd);
    if (n < 0 && errno != EAGAIN) {
      fail_writing();
    } else if (n > 0) {
      sent_ += static_cast<std::uint64_t>(n);
    }
  }
  if (failed_ || core_ == nullptr) {
    pipe.discard();
    return Pressure::kOk;
  }
  while (pipe.size() > 0) {
    std::array<char, kTakenBack> back;
    const std::size_t n = pipe.read(back);
    SEGUE_CHECK(n > 0, "a pipe gives back what it has taken");
    queue_.append({back.data(), n});
  }
  return pressure();
}

/// What is said of the queue as it is now, having armed for its way out.
Pressure Tcp::pressure() {
  if (queue_.empty()) return Pressure::kOk;
  update_interest();
  if (queue_.size() < marks_.high) return Pressure::kOk;
  was_full_ = true;
  return Pressure::kFull;
}

Pressure Tcp::write(std::span<const iovec> pieces, int flags) {
  if (failed_ || core_ == nullptr) return Pressure::kOk;
  std::size_t sent = 0;
  if (queue_.empty() && !connecting_) {
    const ssize_t n = send_pieces(core_->fd, pieces, flags);
    if (n < 0 && errno != EAGAIN) {
      fail_writing();
      return Pressure::kOk;
    }
    sent = n < 0 ? 0 : static_cast<std::size_t>(n);
    sent_ += sent;
  }
  for (const iovec& piece : pieces) {
    if (sent >= piece.iov_len) {
      sent -= piece.iov_len;
      continue;
    }
    queue_.append({static_cast<const char*>(piece.iov_base) + sent, piece.iov_len - sent});
    sent = 0;
  }
  return pressure();
}

void Tcp::flush() {
  while (!queue_.empty()) {
    iovec pieces[kFlushPieces];
    const ssize_t n = send_pieces(core_->fd, {pieces, queue_.front(pieces)});
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) {
      fail_writing();
      // Whoever reads learns of it from read(); nobody else would.
      if (!reading_) return events_->on_failed({Fault::kReset, Side::kSelf});
      break;
    }
    queue_.consume(static_cast<std::size_t>(n));
    sent_ += static_cast<std::uint64_t>(n);
  }
  if (queue_.empty() && shutdown_wanted_ && !failed_) ::shutdown(core_->fd, SHUT_WR);
  update_interest();
  const bool emptied = shutdown_wanted_ && queue_.empty();
  if ((was_full_ && queue_.size() <= marks_.low) || emptied) {
    was_full_ = false;
    events_->on_drained();
  }
}

void Tcp::fail_writing() noexcept {
  failed_ = true;
  queue_.clear();
  update_interest();
}

void Tcp::read_start() {
  reading_ = true;
  update_interest();
}

void Tcp::read_stop() {
  reading_ = false;
  update_interest();
}

void Tcp::shutdown() {
  if (shutdown_wanted_) return;
  shutdown_wanted_ = true;
  // A handshake under way would be cut off by it; on_poll() makes up for it.
  if (queue_.empty() && !failed_ && !connecting_ && core_ != nullptr)
    ::shutdown(core_->fd, SHUT_WR);
}

bool Tcp::has_input() noexcept {
  char byte;
  const ssize_t n = ::recv(core_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || (errno != EAGAIN && errno != EINTR);
}

void Tcp::reset_on_close() {
  const linger now{1, 0};
  setsockopt(core_->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

}  // namespace segue::net

// Listening, accepting, and keeping the number of connections within bounds.
#include "admin/server.h"

#include <cstring>
#include <utility>

#include "admin/peer.h"
#include "lib/base/address.h"

namespace segue::admin {
namespace {

constexpr int kBacklog = 128;
constexpr std::uint64_t kTickMs = 1000;

}  // namespace

Server::Server(uv_loop_t& loop, Limits limits, Handler& handler)
    : loop_(loop), limits_(limits), handler_(handler) {}

Result<std::unique_ptr<Server>, std::string> Server::start(uv_loop_t& loop, Options options,
                                                           Handler& handler) {
  std::unique_ptr<Server> server(new Server(loop, options.limits, handler));
  if (!options.socket.empty())
    if (std::string wrong = server->listen_on_socket(options); !wrong.empty()) return fail(wrong);
  if (!options.listen.empty())
    if (std::string wrong = server->listen_on_tcp(options.listen); !wrong.empty())
      return fail(wrong);
  auto* tick = new uv_any_handle;
  uv_timer_init(&loop, &tick->timer);
  server->tick_.reset(tick);
  tick->handle.data = server.get();
  uv_timer_start(
      &tick->timer,
      [](uv_timer_t* timer) noexcept {
        if (timer->data != nullptr) static_cast<Server*>(timer->data)->handler_.on_tick(now());
      },
      kTickMs, kTickMs);
  return server;
}

Server::~Server() {
  while (!sessions_.empty()) sessions_.back()->close();
}

std::string Server::listen_on_socket(const Options& options) {
  Result<SocketFile, std::string> file = SocketFile::bind(options.socket, options.mode);
  if (!file) return file.error();
  file_ = std::move(*file);
  auto* pipe = new uv_any_handle;
  uv_pipe_init(&loop_, &pipe->pipe, 0);
  socket_.reset(pipe);
  pipe->handle.data = this;
  // Opened rather than bound by libuv, which would unlink the path at close whoever owns it by
  // then.
  int error = uv_pipe_open(&pipe->pipe, file_->release());
  if (error == 0)
    error = uv_listen(&pipe->stream, kBacklog, [](uv_stream_t* listener, int status) noexcept {
      if (status == 0 && listener->data != nullptr)
        static_cast<Server*>(listener->data)->on_connection(listener, Door::kSocket);
    });
  return error == 0 ? "" : "cannot listen on " + options.socket + ": " + uv_strerror(error);
}

std::string Server::listen_on_tcp(const std::string& text) {
  const Result<SocketAddress, std::string> address = SocketAddress::parse(text);
  if (!address) return "[admin] listen \"" + text + "\": " + address.error();
  if (address->family() == AF_UNIX)
    return "[admin] listen \"" + text + "\" is a UNIX socket, expected \"address:port\"";
  auto* tcp = new uv_any_handle;
  uv_tcp_init(&loop_, &tcp->tcp);
  tcp_.reset(tcp);
  tcp->handle.data = this;
  int error = uv_tcp_bind(&tcp->tcp, address->get(), 0);
  if (error == 0)
    error = uv_listen(&tcp->stream, kBacklog, [](uv_stream_t* listener, int status) noexcept {
      if (status == 0 && listener->data != nullptr)
        static_cast<Server*>(listener->data)->on_connection(listener, Door::kTcp);
    });
  if (error != 0)
    return "cannot listen on " + text + " for metrics: " + uv_strerror(error) +
           "; set another [admin] listen";
  sockaddr_storage bound{};
  int length = sizeof bound;
  uv_tcp_getsockname(&tcp->tcp, reinterpret_cast<sockaddr*>(&bound), &length);
  listen_address_ =
      SocketAddress::from(reinterpret_cast<const sockaddr*>(&bound), static_cast<socklen_t>(length))
          .to_string();
  handler_.on_tcp_listening(listen_address_);
  return "";
}

void Server::on_connection(uv_stream_t* listener, Door door) {
  auto* raw = new uv_any_handle;
  if (door == Door::kSocket)
    uv_pipe_init(&loop_, &raw->pipe, 0);
  else
    uv_tcp_init(&loop_, &raw->tcp);
  UvHandle stream(raw);
  if (uv_accept(listener, &raw->stream) != 0) return;
  const std::size_t open = count(door);
  if (open >= 2 * limits_.connections) return;  // too many even to be told
  Author author = stranger();
  if (uv_os_fd_t fd = -1; door == Door::kSocket && uv_fileno(&raw->handle, &fd) == 0)
    author = author_of(fd);

  const bool room = open < limits_.connections || make_room(door);
  Session::Host& host = *this;
  auto session = std::make_shared<Session>(host, loop_, std::move(stream), door, std::move(author));
  sessions_.emplace_back(session);
  if (room)
    session->start();
  else
    session->refuse(503, "all " + std::to_string(limits_.connections) +
                             " admin connections are in use; close some, or try again in a moment");
}

std::size_t Server::count(Door door) const noexcept {
  std::size_t count = 0;
  for (const auto& session : sessions_) count += session->door() == door ? 1 : 0;
  return count;
}

// An operator must not be locked out by connections that nobody uses, nor by any number of slow
// ones: who waits for us stays, of the others goes who has been of least use for longest.
bool Server::make_room(Door door) {
  const auto rank = [](const Session& session) {
    return std::pair(session.use(), session.since());
  };
  Session* least = nullptr;
  for (const auto& session : sessions_) {
    if (session->door() != door || session->use() == Session::Use::kBusy) continue;
    if (least == nullptr || rank(*session) < rank(*least)) least = session.get();
  }
  if (least == nullptr) return false;
  least->close();
  return true;
}

void Server::on_session_closed(Session& session) {
  std::erase_if(sessions_, [&](const auto& held) { return held.get() == &session; });
}

}  // namespace segue::admin

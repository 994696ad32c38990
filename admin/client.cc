// Connecting with good reasons when it fails, then bytes out and in until the deadline.
#include "admin/client.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "admin/parser.h"
#include "admin/peer.h"

namespace segue::admin {
namespace {

using Kind = ClientError::Kind;

class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  Connection(Connection&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Connection& operator=(Connection&&) = delete;
  ~Connection() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const noexcept { return fd_; }

  // False when `deadline` passed first. An unset one never does.
  bool wait(short events, Instant deadline) const {
    pollfd waiting{fd_, events, 0};
    while (true) {
      int left = -1;
      if (deadline) {
        const Instant at = now();
        left = at >= deadline ? 0 : static_cast<int>((deadline - at).count() / 1000 + 1);
      }
      const int ready = ::poll(&waiting, 1, left);
      if (ready > 0) return true;
      if (ready == 0) return false;
      if (errno != EINTR) return true;  // the read or write will say what is wrong
    }
  }

 private:
  int fd_;
};

std::string octal(unsigned mode) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "%04o", mode & 07777);
  return text.data();
}

std::string denied(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0)
    return "you may not look into the folder of " + path +
           "; try as the user who runs segue, or with sudo";
  return path + " belongs to " + user_name(found.st_uid) + " (mode " + octal(found.st_mode) +
         ") and you are " + user_name(::geteuid()) +
         "; try as that user or with sudo, or widen [admin] mode in the configuration";
}

std::string unreachable(const std::string& path, int error) {
  const std::string what = "cannot reach segue: ";
  switch (error) {
    case ENOENT:
      return what + "there is no socket at " + path +
             ". Is segue running? Start it with `segue run`, or name its socket with --socket or "
             "SEGUE_SOCKET";
    case ECONNREFUSED:
      return what + "nobody listens at " + path + ". segue has stopped; start it with `segue run`";
    case EACCES: return what + denied(path);
    case ENOTSOCK:
      return what + path + " is not a socket; name segue's with --socket or SEGUE_SOCKET";
    case ENOTDIR:
      return what + "a part of " + path +
             " is not a folder; name segue's socket with --socket or SEGUE_SOCKET";
    default: return what + path + ": " + std::strerror(error);
  }
}

Result<Connection, ClientError> connect_to(const std::string& path, Instant deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return fail(ClientError{Kind::kUnreachable, "the socket path \"" + path + "\" has " +
                                                    std::to_string(path.size()) +
                                                    " bytes, expected 1…" +
                                                    std::to_string(sizeof address.sun_path - 1)});
  std::memcpy(address.sun_path, path.data(), path.size());
  Connection connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (connection.fd() < 0)
    return fail(ClientError{Kind::kUnreachable,
                            std::string("cannot make a socket: ") + std::strerror(errno)});
  // A full backlog says EAGAIN at once instead of making us wait.
  constexpr int kBacklogPauseMs = 20;
  while (::connect(connection.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
         0) {
    int error = errno;
    struct stat found {};
    if (error == ECONNREFUSED && ::stat(path.c_str(), &found) == 0 && !S_ISSOCK(found.st_mode))
      error = ENOTSOCK;
    if (error != EAGAIN) return fail(ClientError{Kind::kUnreachable, unreachable(path, error)});
    if (now() >= deadline)
      return fail(
          ClientError{Kind::kUnreachable, "cannot reach segue: it accepts no connections at " +
                                              path + "; the process seems to be stuck"});
    ::poll(nullptr, 0, kBacklogPauseMs);
  }
  return connection;
}

std::string wire_of(std::string_view method, std::string_view target, std::string_view body,
                    const Fields& fields) {
  std::string wire = std::string(method) + " " + std::string(target) +
                     " HTTP/1.1\r\nHost: segue\r\nConnection: close\r\n";
  for (const auto& [name, value] : fields) wire += name + ": " + value + "\r\n";
  if (!body.empty()) wire += "Content-Type: application/json\r\n";
  if (!body.empty() || method != "GET")
    wire += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return wire + "\r\n" + std::string(body);
}

ClientError late(const std::string& path, Millis timeout) {
  return {Kind::kLate, "no answer from " + path + " within " +
                           std::to_string(timeout.count() / 1000) +
                           " s (--timeout). What was asked for may still happen"};
}

ClientError broken(const std::string& what) {
  return {Kind::kBroken, what};
}

// An answer may come before everything was sent (413): a failing send is no reason not to read.
bool send_all(const Connection& connection, std::string_view wire, Instant deadline) {
  while (!wire.empty()) {
    const ssize_t sent = ::send(connection.fd(), wire.data(), wire.size(), MSG_NOSIGNAL);
    if (sent >= 0)
      wire.remove_prefix(static_cast<std::size_t>(sent));
    else if (errno == EAGAIN && !connection.wait(POLLOUT, deadline))
      return false;
    else if (errno != EAGAIN && errno != EINTR)
      return true;
  }
  return true;
}

// Feeds `parser` until the answer is complete, `go_on` says no, or something fails.
std::optional<ClientError> receive(const Connection& connection, ResponseParser& parser,
                                   Instant deadline, const std::string& path, Millis timeout,
                                   bool endless, const std::function<bool()>& go_on) {
  std::array<char, 64 * 1024> space;
  while (!parser.complete() && go_on()) {
    const bool unhurried = endless && parser.head_complete();
    if (!connection.wait(POLLIN, unhurried ? Instant{} : deadline)) return late(path, timeout);
    const ssize_t count = ::recv(connection.fd(), space.data(), space.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) return broken("the connection to " + path + " broke: " + std::strerror(errno));
    if (count == 0) {
      parser.finish();
      if (parser.complete()) return std::nullopt;
      return broken("segue closed the connection at " + path +
                    " before its answer was complete; did it stop?");
    }
    if (!parser.feed({space.data(), static_cast<std::size_t>(count)}))
      return broken("what listens at " + path + " is not segue: " + parser.sentence());
  }
  return std::nullopt;
}

}  // namespace

Result<ClientResponse, ClientError> Client::request(std::string_view method,
                                                    std::string_view target, std::string_view body,
                                                    const Fields& fields) const {
  const Instant deadline = now() + timeout_;
  Result<Connection, ClientError> connection = connect_to(socket_, deadline);
  if (!connection) return fail(connection.error());
  ClientResponse response;
  bool too_large = false;
  ResponseParser parser([&](std::string_view bytes) {
    too_large = response.body.size() + bytes.size() > kBodyBytesMax;
    if (!too_large) response.body += bytes;
  });
  if (!send_all(*connection, wire_of(method, target, body, fields), deadline))
    return fail(late(socket_, timeout_));
  if (auto error = receive(*connection, parser, deadline, socket_, timeout_, false,
                           [&] { return !too_large; }))
    return fail(std::move(*error));
  if (too_large)
    return fail(broken("the answer is larger than " + std::to_string(kBodyBytesMax) + " bytes"));
  response.status = parser.status();
  response.fields = parser.fields();
  return response;
}

Result<ClientResponse, ClientError> Client::lines(
    std::string_view target, const Fields& fields,
    const std::function<bool(std::string_view)>& on_line) const {
  const Instant deadline = now() + timeout_;
  Result<Connection, ClientError> connection = connect_to(socket_, deadline);
  if (!connection) return fail(connection.error());
  ClientResponse response;
  bool wanted = true;
  ResponseParser* reading = nullptr;
  ResponseParser parser([&](std::string_view bytes) {
    response.body += bytes;
    if (reading->status() != 200) return;
    std::size_t end;
    while (wanted && (end = response.body.find('\n')) != std::string::npos) {
      wanted = on_line(std::string_view(response.body).substr(0, end));
      response.body.erase(0, end + 1);
    }
  });
  reading = &parser;
  if (!send_all(*connection, wire_of("GET", target, {}, fields), deadline))
    return fail(late(socket_, timeout_));
  const auto go_on = [&] { return wanted && response.body.size() <= kBodyBytesMax; };
  if (auto error = receive(*connection, parser, deadline, socket_, timeout_, true, go_on))
    return fail(std::move(*error));
  response.status = parser.status();
  response.fields = parser.fields();
  return response;
}

}  // namespace segue::admin

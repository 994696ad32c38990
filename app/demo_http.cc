#include "app/demo_http.h"

#include <array>

#include <llhttp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/base/address.h"

namespace segue::app {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

struct Reading {
  DemoAnswer answer;
  std::string name;
  bool whole = false;
};

Reading& reading(llhttp_t* parser) {
  return *static_cast<Reading*>(parser->data);
}

const llhttp_settings_t& callbacks() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_header_field = [](llhttp_t* parser, const char* at, std::size_t length) {
      reading(parser).name.append(at, length);
      return 0;
    };
    made.on_header_value = [](llhttp_t* parser, const char* at, std::size_t length) {
      if (reading(parser).name == "X-Served-By")
        reading(parser).answer.served_by.append(at, length);
      return 0;
    };
    made.on_header_value_complete = [](llhttp_t* parser) {
      reading(parser).name.clear();
      return 0;
    };
    made.on_body = [](llhttp_t* parser, const char* at, std::size_t length) {
      reading(parser).answer.body.append(at, length);
      return 0;
    };
    made.on_message_complete = [](llhttp_t* parser) -> int {
      if (parser->status_code < 200) return 0;
      reading(parser).whole = true;
      return HPE_PAUSED;
    };
    return made;
  }();
  return settings;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

bool DemoClient::connect() {
  if (socket_ >= 0) return true;
  const auto address = SocketAddress::parse(address_);
  if (!address) return false;
  socket_ = socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return false;
  const timeval wait{kWaitSeconds, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  const int on = 1;
  if (address->family() != AF_UNIX) setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, address->get(), address->length()) == 0) return true;
  disconnect();
  return false;
}

void DemoClient::disconnect() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

std::optional<DemoAnswer> DemoClient::request(std::string_view method, std::string_view target,
                                              const Fields& fields, std::string_view body) {
  if (!connect()) return std::nullopt;
  std::string head =
      std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: ci.example.com\r\n";
  for (const auto& [name, value] : fields) head += name + ": " + value + "\r\n";
  if (!body.empty()) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  head += "\r\n";

  Reading into;
  llhttp_t parser;
  llhttp_init(&parser, HTTP_RESPONSE, &callbacks());
  parser.data = &into;
  bool good = send_all(socket_, head + std::string(body));
  std::array<char, kReadBytes> space;
  while (good && !into.whole) {
    const ssize_t got = recv(socket_, space.data(), space.size(), 0);
    llhttp_errno_t result = HPE_OK;
    if (got > 0) {
      result = llhttp_execute(&parser, space.data(), static_cast<std::size_t>(got));
    } else {
      result = got == 0 ? llhttp_finish(&parser) : HPE_INTERNAL;
      if (!into.whole) result = HPE_INTERNAL;
    }
    good = result == HPE_OK || result == HPE_PAUSED;
  }
  into.answer.status = parser.status_code;
  if (!good || llhttp_should_keep_alive(&parser) == 0) disconnect();
  return good ? std::optional(std::move(into.answer)) : std::nullopt;
}

}  // namespace segue::app

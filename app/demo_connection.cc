#include "app/demo_connection.h"

#include <array>
#include <cstdio>
#include <memory>

#include "app/demo_websocket.h"

namespace segue::app {
namespace {

constexpr std::uint64_t kSlowMs = 500;
constexpr std::uint64_t kEventMs = 500;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kInMax = 2 * kFrameMax;     // not parsed yet: a frame, or pipelined requests
constexpr std::size_t kOutMax = 4 * 1024 * 1024;  // written and not taken by the client

struct Write {
  uv_write_t request;
  std::string bytes;
};

DemoConnection& connection(llhttp_t* parser) {
  return *static_cast<DemoConnection*>(parser->data);
}

}  // namespace

DemoConnection::DemoConnection(uv_loop_t& loop, DemoSite& site, All& all)
    : site_(site), all_(all), digest_(EVP_MD_CTX_new()) {
  all_.insert(this);
  uv_tcp_init(&loop, &socket_);
  uv_timer_init(&loop, &timer_);
  socket_.data = timer_.data = this;
  llhttp_init(&parser_, HTTP_REQUEST, &callbacks());
  parser_.data = this;
  EVP_DigestInit_ex(digest_, EVP_sha256(), nullptr);
}

DemoConnection::~DemoConnection() {
  EVP_MD_CTX_free(digest_);
}

void DemoConnection::accept(uv_loop_t& loop, uv_stream_t& listener, DemoSite& site, All& all) {
  auto* self = new DemoConnection(loop, site, all);
  auto* stream = reinterpret_cast<uv_stream_t*>(&self->socket_);
  if (uv_accept(&listener, stream) != 0) return self->close();
  uv_tcp_nodelay(&self->socket_, 1);
  uv_read_start(
      stream,
      [](uv_handle_t* handle, std::size_t, uv_buf_t* out) {
        static std::array<char, kReadBytes> space;  // one loop, one read at a time
        static_cast<void>(handle);
        *out = uv_buf_init(space.data(), kReadBytes);
      },
      [](uv_stream_t* from, ssize_t length, const uv_buf_t* bytes) {
        auto* reader = static_cast<DemoConnection*>(from->data);
        if (length < 0) return reader->close();
        reader->on_bytes(bytes->base, static_cast<std::size_t>(length));
      });
}

const llhttp_settings_t& DemoConnection::callbacks() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = on_url;
    made.on_header_field = on_name;
    made.on_header_value = on_value;
    made.on_header_value_complete = on_value_complete;
    made.on_headers_complete = on_headers;
    made.on_body = on_body;
    made.on_message_complete = on_complete;
    return made;
  }();
  return settings;
}

int DemoConnection::on_url(llhttp_t* parser, const char* at, std::size_t length) {
  connection(parser).request_.target.append(at, length);
  return 0;
}

int DemoConnection::on_name(llhttp_t* parser, const char* at, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    const char c = at[i];
    connection(parser).name_.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return 0;
}

int DemoConnection::on_value(llhttp_t* parser, const char* at, std::size_t length) {
  connection(parser).value_.append(at, length);
  return 0;
}

int DemoConnection::on_value_complete(llhttp_t* parser) {
  DemoConnection& self = connection(parser);
  self.request_.fields[self.name_] = self.value_;
  self.name_.clear();
  self.value_.clear();
  return 0;
}

int DemoConnection::on_headers(llhttp_t* parser) {
  DemoConnection& self = connection(parser);
  self.request_.method = llhttp_method_name(static_cast<llhttp_method_t>(parser->method));
  self.request_.keep_alive = llhttp_should_keep_alive(parser) == 1;
  if (self.request_.field("expect") == "100-continue") self.write("HTTP/1.1 100 Continue\r\n\r\n");
  return 0;
}

int DemoConnection::on_body(llhttp_t* parser, const char* at, std::size_t length) {
  EVP_DigestUpdate(connection(parser).digest_, at, length);
  return 0;
}

int DemoConnection::on_complete(llhttp_t* parser) {
  DemoConnection& self = connection(parser);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_DigestFinal_ex(self.digest_, digest.data(), &size);
  EVP_DigestInit_ex(self.digest_, EVP_sha256(), nullptr);
  for (unsigned int i = 0; i < size; ++i) {
    self.request_.body_sha256.push_back("0123456789abcdef"[digest[i] >> 4]);
    self.request_.body_sha256.push_back("0123456789abcdef"[digest[i] & 15]);
  }
  return HPE_PAUSED;  // one request at a time: the next waits in in_
}

void DemoConnection::on_bytes(const char* bytes, std::size_t length) {
  if (mode_ == Mode::kEvents) return;  // nothing more is expected of this client
  in_.append(bytes, length);
  if (in_.size() > kInMax) return close();
  if (mode_ == Mode::kHttp) return go_on();
  std::string out;
  const bool goes_on = websocket_echo(in_, out);
  if (!out.empty()) write(std::move(out));
  if (!goes_on) finish();
}

void DemoConnection::go_on() {
  while (!waiting_ && !closing_ && mode_ == Mode::kHttp && !in_.empty()) {
    const llhttp_errno_t result = llhttp_execute(&parser_, in_.data(), in_.size());
    if (result == HPE_OK) return in_.clear();
    if (result != HPE_PAUSED && result != HPE_PAUSED_UPGRADE) {
      write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return finish();
    }
    in_.erase(0, static_cast<std::size_t>(llhttp_get_error_pos(&parser_) - in_.data()));
    if (result == HPE_PAUSED_UPGRADE) {  // an offer to upgrade that was answered like any request
      llhttp_resume_after_upgrade(&parser_);
    } else {
      llhttp_resume(&parser_);
      handle();
    }
  }
}

void DemoConnection::handle() {
  DemoResponse response = site_.answer(request_);
  switch (response.kind) {
    case DemoResponse::Kind::kBody: return respond(response);
    case DemoResponse::Kind::kWebSocket: return begin_websocket();
    case DemoResponse::Kind::kEvents: return begin_events();
    case DemoResponse::Kind::kSlow:
      waiting_ = true;
      delayed_ = std::move(response);
      uv_timer_start(
          &timer_,
          [](uv_timer_t* timer) {
            auto* self = static_cast<DemoConnection*>(timer->data);
            self->waiting_ = false;
            self->respond(self->delayed_);
            self->go_on();
          },
          kSlowMs, 0);
  }
}

void DemoConnection::respond(const DemoResponse& response) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " " +
                    llhttp_status_name(static_cast<llhttp_status_t>(response.status)) +
                    "\r\nServer: segue-demo\r\nX-Served-By: " + site_.name() +
                    "\r\nContent-Type: " + response.content_type +
                    "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n";
  for (const auto& [name, value] : response.fields) out += name + ": " + value + "\r\n";
  if (!request_.keep_alive) out += "Connection: close\r\n";
  out += "\r\n";
  if (request_.method != "HEAD") out += response.body;
  const bool last = !request_.keep_alive;
  request_ = {};
  write(std::move(out));
  if (last) finish();
}

void DemoConnection::begin_websocket() {
  const std::string key = request_.field("sec-websocket-key");
  if (key.empty()) {
    DemoResponse refusal;
    refusal.status = 426;
    refusal.body = "this is a WebSocket echo\n";
    refusal.fields.emplace_back("Upgrade", "websocket");
    return respond(refusal);
  }
  mode_ = Mode::kWebSocket;
  write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nX-Served-By: " +
      site_.name() + "\r\nSec-WebSocket-Accept: " + websocket_accept(key) + "\r\n\r\n");
  on_bytes("", 0);  // frames that came with the request
}

void DemoConnection::begin_events() {
  mode_ = Mode::kEvents;
  write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Served-By: " + site_.name() +
        "\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n");
  send_event();
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<DemoConnection*>(timer->data)->send_event(); },
      kEventMs, kEventMs);
}

void DemoConnection::send_event() {
  const std::string event =
      "data: {\"server\":\"" + site_.name() + "\",\"event\":" + std::to_string(++events_) + "}\n\n";
  std::array<char, 16> size;
  write(std::string(size.data(), static_cast<std::size_t>(std::snprintf(size.data(), size.size(),
                                                                        "%zx\r\n", event.size()))) +
        event + "\r\n");
}

void DemoConnection::write(std::string bytes) {
  if (closing_) return;
  if (uv_stream_get_write_queue_size(reinterpret_cast<uv_stream_t*>(&socket_)) > kOutMax)
    return close();
  auto made = std::make_unique<Write>();
  made->bytes = std::move(bytes);
  made->request.data = made.get();
  const uv_buf_t buffer =
      uv_buf_init(made->bytes.data(), static_cast<unsigned int>(made->bytes.size()));
  const int code = uv_write(&made->request, reinterpret_cast<uv_stream_t*>(&socket_), &buffer, 1,
                            [](uv_write_t* done, int) { delete static_cast<Write*>(done->data); });
  if (code == 0) static_cast<void>(made.release());
}

void DemoConnection::finish() {
  waiting_ = true;  // no further request
  shutdown_.data = this;
  const int code = uv_shutdown(
      &shutdown_, reinterpret_cast<uv_stream_t*>(&socket_),
      [](uv_shutdown_t* done, int) { static_cast<DemoConnection*>(done->data)->close(); });
  if (code != 0) close();
}

void DemoConnection::close() {
  if (closing_) return;
  closing_ = true;
  all_.erase(this);
  const auto closed = [](uv_handle_t* handle) {
    auto* self = static_cast<DemoConnection*>(handle->data);
    if (--self->open_handles_ == 0) delete self;
  };
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&socket_), closed);
}

}  // namespace segue::app

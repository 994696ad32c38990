// The life of one connection, as drawn in session.h.
#include "admin/session.h"

#include <cstdio>
#include <ctime>
#include <utility>

#include "admin/problem_json.h"
#include "lib/http/status.h"

namespace segue::admin {
namespace {

struct Write {
  uv_write_t request;
  std::string bytes;
};

// RFC 9110 §5.6.7, the fixed-length form.
std::string http_date() {
  const std::time_t seconds = std::time(nullptr);
  std::tm parts;
  gmtime_r(&seconds, &parts);
  std::array<char, 40> text;
  const std::size_t length =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), length};
}

std::string hex(std::size_t value) {
  std::array<char, 20> text;
  const int length = std::snprintf(text.data(), text.size(), "%zx", value);
  return {text.data(), static_cast<std::size_t>(length)};
}

std::string head_of(const Response& response) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " " +
                     std::string(http::reason_phrase(static_cast<std::uint16_t>(response.status))) +
                     "\r\nDate: " + http_date() + "\r\nContent-Type: " + response.content_type +
                     "\r\nCache-Control: no-store\r\n";
  for (const auto& [name, value] : response.fields) head += name + ": " + value + "\r\n";
  return head;
}

}  // namespace

Session::Session(Host& host, uv_loop_t& loop, UvHandle stream, Door door, Author author)
    : host_(host),
      stream_(std::move(stream)),
      door_(door),
      author_(std::move(author)),
      parser_(host.limits()) {
  auto* timer = new uv_any_handle;
  uv_timer_init(&loop, &timer->timer);
  timer_.reset(timer);
  timer_->handle.data = this;
  stream_->handle.data = this;
}

Session::~Session() = default;

void Session::start() {
  arm(host_.limits().keep_alive);
  read_on();
}

void Session::refuse(int status, const std::string& sentence) {
  head_only_ = false;  // that was the request before
  minor_ = 1;
  respond(problem_response(status, sentence), false);
}

void Session::close() {
  if (state_ == State::kClosed) return;
  const auto self = shared_from_this();
  enter(State::kClosed);
  stream_.reset();
  timer_.reset();
  if (const auto told = std::exchange(on_stream_closed_, nullptr)) told();
  host_.on_session_closed(*this);
}

void Session::enter(State state) {
  if (state == state_) return;
  state_ = state;
  since_ = now();
}

Session::Use Session::use() const noexcept {
  switch (state_) {
    case State::kIdle: return Use::kIdle;
    case State::kReading:
    case State::kWriting:
    case State::kLingering:
    case State::kClosed: return Use::kSlow;
    case State::kStreaming: return Use::kListening;
    case State::kAnswering: break;
  }
  return Use::kBusy;
}

void Session::arm(Millis after, Millis repeat) {
  uv_timer_start(
      &timer_->timer,
      [](uv_timer_t* timer) noexcept {
        if (timer->data != nullptr) static_cast<Session*>(timer->data)->on_deadline();
      },
      static_cast<std::uint64_t>(after.count()), static_cast<std::uint64_t>(repeat.count()));
}

void Session::read_on() {
  if (reading_ || ended_ || state_ == State::kClosed) return;
  reading_ = true;
  uv_read_start(
      stream(),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* space) noexcept {
        if (handle->data == nullptr) return;  // libuv then reports ENOBUFS to nobody
        auto& room = static_cast<Session*>(handle->data)->read_space_;
        *space = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
      },
      [](uv_stream_t* from, ssize_t count, const uv_buf_t* space) noexcept {
        if (from->data == nullptr || count == 0) return;
        const auto self = static_cast<Session*>(from->data)->shared_from_this();
        if (count > 0)
          self->on_bytes({space->base, static_cast<std::size_t>(count)});
        else if (count == UV_EOF)
          self->on_end();
        else
          self->close();
      });
}

void Session::on_bytes(std::string_view bytes) {
  const Limits& limits = host_.limits();
  if (state_ == State::kLingering) {
    lingered_ += bytes.size();
    if (lingered_ > limits.linger_bytes) close();
    return;
  }
  if (state_ == State::kStreaming) return;  // nothing may follow a request for a stream
  in_.append(bytes);
  if (in_.size() > limits.read_ahead_bytes && state_ != State::kIdle && state_ != State::kReading) {
    uv_read_stop(stream());
    reading_ = false;
  }
  process();
}

void Session::on_end() {
  ended_ = true;
  reading_ = false;
  uv_read_stop(stream());
  // A client may close its half and still wait for the answer; nobody waits otherwise.
  if (state_ == State::kIdle || state_ == State::kReading || state_ == State::kStreaming ||
      state_ == State::kLingering)
    close();
}

void Session::process() {
  if (state_ != State::kIdle && state_ != State::kReading) return;
  const Limits& limits = host_.limits();
  if (!in_.empty()) {
    const bool had_begun = parser_.begun();
    const RequestParser::State before = parser_.state();
    in_.erase(0, parser_.feed(in_));
    if (!had_begun) arm(limits.head);
    enter(State::kReading);
    if (parser_.state() == RequestParser::State::kFailed)
      return refuse(parser_.status(), parser_.sentence());
    if (parser_.state() == RequestParser::State::kComplete) return ask();
    if (before == RequestParser::State::kHead && parser_.state() == RequestParser::State::kBody) {
      arm(limits.body);
      if (parser_.request().expects_continue) write("HTTP/1.1 100 Continue\r\n\r\n");
    }
  }
  if (ended_) return close();
  read_on();
}

void Session::ask() {
  uv_timer_stop(&timer_->timer);
  enter(State::kAnswering);
  Request request = std::move(parser_.request());
  parser_.reset();
  request.door = door_;
  request.author = author_;
  keep_ = request.keep_alive;
  minor_ = request.minor;
  head_only_ = request.method == "HEAD";
  ++turn_;
  host_.handler().on_request(std::move(request), Reply(weak_from_this(), turn_));
}

void Session::send(std::uint64_t turn, Response response) {
  if (turn != turn_ || state_ != State::kAnswering) return;
  respond(std::move(response), keep_);
}

void Session::respond(Response response, bool keep) {
  keep_ = keep;
  std::string bytes = head_of(response);
  bytes += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
  bytes += keep ? (minor_ == 0 ? "Connection: keep-alive\r\n\r\n" : "\r\n")
                : "Connection: close\r\n\r\n";
  if (!head_only_) bytes += response.body;
  enter(State::kWriting);
  arm(host_.limits().write);
  write(std::move(bytes));
}

void Session::begin_stream(std::uint64_t turn, Response head, std::string heartbeat,
                           std::function<void()> on_closed) {
  if (turn != turn_ || state_ != State::kAnswering) {
    if (on_closed) on_closed();
    return;
  }
  on_stream_closed_ = std::move(on_closed);
  chunked_ = minor_ == 1;
  keep_ = false;
  enter(State::kStreaming);
  write(head_of(head) + (chunked_ ? "Transfer-Encoding: chunked\r\n" : "") +
        "Connection: close\r\n\r\n");
  if (head_only_ || ended_) return doom();
  heartbeat_ = std::move(heartbeat);
  arm(host_.limits().heartbeat, host_.limits().heartbeat);
  read_on();
  if (!head.body.empty()) write_stream(turn, head.body);
}

bool Session::write_stream(std::uint64_t turn, std::string_view bytes) {
  if (turn != turn_ || state_ != State::kStreaming || head_only_) return false;
  if (uv_stream_get_write_queue_size(stream()) > host_.limits().stream_backlog_bytes) {
    doom();  // not now: the writer may be in the middle of telling others
    return false;
  }
  if (bytes.empty()) return true;
  write(chunked_ ? hex(bytes.size()) + "\r\n" + std::string(bytes) + "\r\n" : std::string(bytes));
  return true;
}

void Session::write(std::string bytes) {
  auto* out = new Write{{}, std::move(bytes)};
  out->request.data = out;
  const uv_buf_t piece = uv_buf_init(out->bytes.data(), static_cast<unsigned>(out->bytes.size()));
  const int error =
      uv_write(&out->request, stream(), &piece, 1, [](uv_write_t* done, int status) noexcept {
        const std::unique_ptr<Write> held(static_cast<Write*>(done->data));
        if (done->handle->data == nullptr) return;
        const auto self = static_cast<Session*>(done->handle->data)->shared_from_this();
        self->on_written(status);
      });
  if (error != 0) {
    delete out;
    doom();
  }
}

void Session::doom() {
  doomed_ = true;
  arm(Millis{0});
}

void Session::on_written(int status) {
  if (state_ == State::kClosed) return;
  if (status != 0) return close();
  if (state_ == State::kWriting && uv_stream_get_write_queue_size(stream()) == 0) finish_answer();
}

void Session::finish_answer() {
  if (!keep_) return linger();
  enter(State::kIdle);
  arm(host_.limits().keep_alive);
  process();
}

// An answer that came before the whole request would be lost if the socket were closed over unread
// bytes.
void Session::linger() {
  if (ended_) return close();
  enter(State::kLingering);
  in_.clear();
  auto* shutdown = new uv_shutdown_t;
  if (uv_shutdown(shutdown, stream(), [](uv_shutdown_t* done, int) noexcept { delete done; }) !=
      0) {
    delete shutdown;
    return close();
  }
  arm(host_.limits().linger);
  read_on();
}

void Session::on_deadline() {
  const auto self = shared_from_this();
  if (doomed_) return close();
  switch (state_) {
    case State::kReading:
      return refuse(408, parser_.state() == RequestParser::State::kHead
                             ? "the request head did not arrive in time"
                             : "the request body did not arrive in time");
    case State::kStreaming: {
      const bool waiting = uv_stream_get_write_queue_size(stream()) > 0;
      if (waiting && behind_) return close();
      behind_ = waiting;
      if (!waiting) write_stream(turn_, heartbeat_);
      return;
    }
    case State::kIdle:
    case State::kWriting:
    case State::kLingering: return close();
    case State::kAnswering:  // no deadline is armed
    case State::kClosed: return;
  }
}

}  // namespace segue::admin

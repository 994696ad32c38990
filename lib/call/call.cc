// Connect, write, read until the answer is complete; whatever happens first ends it.
#include "lib/call/call.h"

#include <cctype>
#include <system_error>
#include <utility>

namespace segue::call {
namespace {

using Kind = CallError::Kind;

/// "connection refused", from errno.
std::string words(int code) {
  if (code == 0) return "no connection";
  std::string text = std::generic_category().message(code);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

Call::Call(net::Loop& loop, ChunkPool& chunks, const Request& request, Done done)
    : loop_(loop),
      done_(std::move(done)),
      kind_(request.kind),
      timeout_(request.timeout),
      reader_(request.method, request.body_max),
      tls_client_(request.tls),
      tls_host_(request.tls_host) {
  loop_.deadlines().arm(deadline_, started_ + request.timeout);
  if (kind_ == Request::Kind::kHttp) {
    auto wire = write_request(request);
    if (!wire) {
      fail_later({Kind::kRefused, std::move(wire).error()});
      return;
    }
    wire_ = std::move(wire).value();
  }
  net::TransportEvents& events = *this;
  socket_ = std::make_unique<net::Tcp>(loop, chunks, events, net::Watermarks{});
  Error error;
  if (!socket_->connect(request.to, error)) {
    fail_later({Kind::kConnect, words(socket_->connect_errno())});
  }
}

Call::~Call() = default;

void Call::fail_later(CallError error) {
  socket_.reset();
  error_ = std::move(error);
  loop_.deadlines().arm(deadline_, started_);  // the next tick
}

/// What carries HTTP.
net::Transport& Call::wire() noexcept {
  if (tls_ != nullptr) return *tls_;
  return *socket_;
}

void Call::on_connected() {
  if (tls_client_ != nullptr && tls_ == nullptr) {
    net::TransportEvents& events = *this;
    tls_ = std::make_unique<net::Tls>(loop_, *socket_, events, tls_client_, tls_host_, nullptr);
    return tls_->start({});  // here again after the handshake
  }
  connecting_ = false;
  connected_ = now() - started_;
  if (kind_ == Request::Kind::kConnect) {
    Answer answer;
    answer.connect = answer.total = connected_;
    return finish(std::move(answer));
  }
  const iovec piece{wire_.data(), wire_.size()};
  // A write that fails shows when reading: what the peer said before it went may still be an
  // answer.
  wire().write({&piece, 1});
  wire().read_start();
}

void Call::on_readable() {
  const net::ReadResult got = wire().read(reader_.space());
  switch (got.kind) {
    case net::ReadResult::Kind::kBytes: return step(reader_.filled(got.bytes));
    case net::ReadResult::Kind::kAgain: return;
    case net::ReadResult::Kind::kEnd: return step(reader_.end());
    case net::ReadResult::Kind::kFailed: break;
  }
  finish(fail(CallError{Kind::kClosed, reader_.begun()
                                           ? "the connection was reset within the answer"
                                           : "the connection was reset without an answer"}));
}

void Call::step(const AnswerReader::Step& step) {
  if (!step) {
    const Kind kind = reader_.ended() ? Kind::kClosed : Kind::kBadAnswer;
    return finish(fail(CallError{kind, step.error()}));
  }
  if (*step == AnswerReader::Progress::kMore) return;
  Answer answer = reader_.take();
  answer.connect = connected_;
  answer.total = now() - started_;
  finish(std::move(answer));
}

void Call::on_failed(Error) {
  if (connecting_ && tls_ != nullptr)
    return finish(fail(CallError{Kind::kTls, "no TLS: " + tls_->reason()}));
  finish(fail(connecting_ ? CallError{Kind::kConnect, words(socket_->connect_errno())}
                          : CallError{Kind::kClosed, "the connection was reset"}));
}

void Call::on_deadline(Deadline&) {
  if (error_) return finish(fail(*std::exchange(error_, std::nullopt)));
  const std::string within = " within " + std::to_string(timeout_.count()) + " ms";
  const char* what = tls_ != nullptr && connecting_ ? "no TLS handshake"
                     : connecting_                  ? "no connection"
                     : reader_.begun()              ? "no complete answer"
                                                    : "no answer";
  finish(fail(CallError{Kind::kTimeout, what + within}));
}

void Call::finish(Result<Answer, CallError> result) {
  deadline_.disarm();
  tls_.reset();
  socket_.reset();
  const Done done = std::move(done_);
  done(std::move(result));
}

}  // namespace segue::call

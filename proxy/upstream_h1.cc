// From readiness to response events: heads into an intake, bodies straight from the worker's read
// buffer.
#include "proxy/upstream_h1.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/http/field.h"
#include "lib/http/h1_rules.h"
#include "lib/http/h1_writer.h"
#include "proxy/body_reader.h"
#include "proxy/worker.h"

namespace segue::proxy {
namespace {

using http::BodyLength;

// Interim responses before the final one; a server that sends more is not making progress.
constexpr std::uint8_t kInformationalMax = 32;

// A response that nobody wants is read this far and this long for the sake of its connection, which
// costs about as much to make anew.
constexpr std::uint64_t kDiscardBytes = 64 * 1024;
constexpr Millis kDiscardTime(1000);

/// Whom a discarded response is told to.
struct Nobody final : UpstreamEvents {
  void on_connected() override {}
  void on_head(http::Head&) override {}
  void on_body(Bytes) override {}
  void on_piped(SplicePipe& pipe) override { pipe.discard(); }
  bool takes_pipe() const noexcept override { return false; }
  void on_end(std::span<const http::Field>) override {}
  void on_full() override {}
  void on_drained() override {}
  void on_failed(Error) override {}
};
constinit Nobody nobody;  // without state: every thread's

/// "timeout=65" of a Keep-Alive field, less one second for the way, in ms; 0 when absent.
std::uint32_t idle_limit_ms(const http::Head& head) {
  const http::Field* field = head.find(http::FieldId::kKeepAlive);
  std::uint32_t limit = 0;
  if (field == nullptr) return limit;
  http::for_each_token(field->value, [&](std::string_view parameter) {
    constexpr std::string_view kName = "timeout=";
    if (parameter.size() <= kName.size() ||
        !http::same_name(parameter.substr(0, kName.size()), kName))
      return;
    const std::string_view digits = parameter.substr(kName.size());
    std::uint32_t seconds = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc{} || end != digits.data() + digits.size()) return;
    seconds = std::min(seconds, 1'000'000u);
    limit = seconds > 1 ? (seconds - 1) * 1000 : 1;
  });
  return limit;
}

}  // namespace

UpstreamH1::UpstreamH1(Worker& worker, EndpointId endpoint)
    : worker_(worker),
      tcp_(worker.loop(), worker.chunks(), *this, worker.watermarks()),
      endpoint_(endpoint) {
  idle_link_.connection = this;
}

UpstreamH1::~UpstreamH1() = default;

bool UpstreamH1::dial(Dial dial, UpstreamEvents& events, Error& error) {
  worker_.endpoint(endpoint_).cells->connects.add();
  if (!tcp_.connect(dial.socket, error)) {
    close();
    return false;
  }
  attach(events);
  phase_ = Phase::kConnecting;
  preamble_ = std::move(dial.preamble);
  if (worker_.pool(worker_.endpoint(endpoint_).pool).tls != nullptr) {
    const auto parts = split_host_port(dial.address);
    host_expected_ = parts ? std::string(parts->host) : std::string();
  }
  return true;
}

void UpstreamH1::attach(UpstreamEvents& events) {
  events_ = &events;
  phase_ = Phase::kHead;
  holds_ = 0;
  informational_ = 0;
  keep_alive_ = true;
  request_ended_ = bytes_received_ = discarding_ = false;
  bulk_.begin();
  sent_before_ = tcp_.sent();
}

void UpstreamH1::on_connected() {
  if (tls_ == nullptr) {
    if (!preamble_.empty()) {
      const iovec piece{preamble_.data(), preamble_.size()};
      tcp_.write({&piece, 1});
    }
    EndpointState& state = worker_.endpoint(endpoint_);
    if (const auto& client = worker_.pool(state.pool).tls; client != nullptr) {
      net::TransportEvents& events = *this;
      tls_ = std::make_unique<net::Tls>(worker_.loop(), tcp_, events, client, host_expected_,
                                        &state.tls_session);
      wire_ = tls_.get();
      return tls_->start({});  // on_connected() again after the handshake
    }
  }
  phase_ = Phase::kHead;
  sent_before_ = tcp_.sent();
  wire_->read_start();
  events_->on_connected();
  worker_.gather().flush();
}

// Sending.

void UpstreamH1::send_head(const http::Head& head, std::span<const http::Field> extra,
                           BodyLength body) {
  body_.begin(body.kind);
  worker_.gather().begin(*this);
  http::write_request_head(
      worker_.gather(), head, extra, body,
      upgrade_asked_ ? http::Persistence::kUpgrade : http::Persistence::kDefault, host_);
  host_ = {};
}

void UpstreamH1::send_body(Bytes bytes) {
  body_.send(worker_.gather(), *this, bytes);
}

void UpstreamH1::send_piped(SplicePipe& pipe) {
  body_.send(worker_.gather(), *this, pipe);
}

bool UpstreamH1::takes_pipe() const noexcept {
  return tls_ == nullptr && tcp_.takes_pipe();
}

void UpstreamH1::send_end(std::span<const http::Field> trailers) {
  request_ended_ = true;
  if (!body_.chunked()) return;
  worker_.gather().begin(*this);
  http::write_last_chunk(worker_.gather(), trailers);
}

void UpstreamH1::on_gathered(std::span<const iovec> pieces) {
  SplicePipe* const pipe = worker_.gather().followed_by();
  std::uint64_t bytes = pipe == nullptr ? 0 : pipe->size();
  for (const iovec& piece : pieces) bytes += piece.iov_len;
  worker_.endpoint(endpoint_).cells->bytes_to_upstream.add(bytes);
  const Pressure pressure = pipe == nullptr ? wire_->write(pieces) : tcp_.write(pieces, *pipe);
  if (pressure == Pressure::kFull && events_ != nullptr) events_->on_full();
}

void UpstreamH1::on_drained() {
  if (phase_ == Phase::kTunnel && events_ == &nobody) {
    if (wire_->queued() == 0) abort();
    return;
  }
  if (events_ != nullptr) events_->on_drained();
  worker_.gather().flush();
}

// Receiving.

void UpstreamH1::hold(Hold why) {
  if (holds_ == 0 && phase_ != Phase::kClosed) wire_->read_stop();
  holds_ |= static_cast<std::uint8_t>(why);
}

void UpstreamH1::resume(Hold why) {
  if (holds_ == 0) return;
  holds_ &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(why));
  if (holds_ == 0 && phase_ != Phase::kClosed) wire_->read_start();
}

void UpstreamH1::on_readable() {
  switch (phase_) {
    case Phase::kConnecting:
    case Phase::kClosed: return;
    case Phase::kIdle:
      // The end, or bytes nobody asked for; of TLS it may be a ticket.
      return tls_ == nullptr || tls_->has_input() ? close() : void();
    case Phase::kHead: read_head(); break;
    case Phase::kEnded:  // response over, request not: only the end can come that is not a fault
    case Phase::kBody:
    case Phase::kTunnel: BodyReader(*this).read(); break;
  }
  worker_.gather().flush();
}

http::StreamEvents* UpstreamH1::receiver() noexcept {
  return events_;
}

std::uint64_t UpstreamH1::left() const noexcept {
  if (phase_ == Phase::kTunnel) return Bulk::kEndless;
  if (phase_ != Phase::kBody) return 0;
  switch (response_framing_) {
    case BodyLength::Kind::kNone: return 0;
    case BodyLength::Kind::kUntilClose: return Bulk::kEndless;
    case BodyLength::Kind::kLength: return remaining_;
    case BodyLength::Kind::kChunked: return intake_ == nullptr ? 0 : intake_->parser.chunk_left();
  }
  return 0;
}

bool UpstreamH1::is_reading() const noexcept {
  return holds_ == 0 && events_ != nullptr && (phase_ == Phase::kBody || phase_ == Phase::kTunnel);
}

std::uint64_t UpstreamH1::chunk() const noexcept {
  const bool chunked = phase_ == Phase::kBody && response_framing_ == BodyLength::Kind::kChunked;
  return chunked && intake_ != nullptr ? intake_->parser.chunk_bytes() : 0;
}

void UpstreamH1::skip(std::size_t bytes) noexcept {
  worker_.endpoint(endpoint_).cells->bytes_from_upstream.add(bytes);
  if (phase_ != Phase::kBody) return;
  if (response_framing_ == BodyLength::Kind::kLength) remaining_ -= bytes;
  if (response_framing_ == BodyLength::Kind::kChunked) intake_->parser.skip_chunk_data(bytes);
}

bool UpstreamH1::end_if_whole() {
  if (phase_ != Phase::kBody || response_framing_ != BodyLength::Kind::kLength || remaining_ > 0 ||
      events_ == nullptr)
    return false;
  end_response({});
  return true;
}

void UpstreamH1::drop_intake() {
  if (intake_ != nullptr) worker_.intakes().give(std::move(intake_));
}

void UpstreamH1::read_head() {
  if (intake_ == nullptr) {
    intake_ = worker_.intakes().take();
    intake_->parser.begin(http::H1Parser::Kind::kResponse, worker_.head_limits());
  }
  const std::span<char> space = intake_->buffer.space();
  const net::ReadResult got = wire_->read(space);
  if (got.kind == net::ReadResult::Kind::kAgain) return;
  if (got.kind != net::ReadResult::Kind::kBytes)
    return on_peer_end(got.kind == net::ReadResult::Kind::kEnd);
  bytes_received_ = true;
  bulk_.was_read(got.bytes, space.size(), 0);
  intake_->buffer.filled(got.bytes);
  worker_.endpoint(endpoint_).cells->bytes_from_upstream.add(got.bytes);
  parse_heads();
}

void UpstreamH1::parse_heads() {
  // The exchange may end within an event, and this connection serve another or close; the bytes
  // that were referred to must hold until the flush all the same.
  std::unique_ptr<Intake> intake = std::move(intake_);
  while (phase_ == Phase::kHead) {
    const Result<bool> complete = intake->parser.parse_head(intake->buffer);
    if (!complete) {
      fail(complete.error());
      break;
    }
    if (!*complete) {
      intake_ = std::move(intake);
      return;
    }
    http::Head& head = intake->parser.head();
    const Status<> judged = http::judge_response(head, method_, upgrade_asked_);
    if (!judged) {
      fail(judged.error());
      break;
    }
    if (head.status < 200 && head.status != 101) {
      if (++informational_ > kInformationalMax) {
        fail({Fault::kBadMessage, Side::kUpstream, Rule::kInterim});
        break;
      }
      events_->on_head(head);
      intake->buffer.compact();
      intake->parser.begin(http::H1Parser::Kind::kResponse, worker_.head_limits());
      continue;
    }
    begin_body(head);
    const Bytes rest = intake->buffer.unread();
    const bool chunked = response_framing_ == BodyLength::Kind::kChunked;
    Intake* const reading = intake.get();
    if (chunked) intake_ = std::move(intake);  // its parser goes on
    UpstreamEvents* const events = events_;
    const bool nothing = response_framing_ == BodyLength::Kind::kNone ||
                         (response_framing_ == BodyLength::Kind::kLength && remaining_ == 0);
    reading->buffer.take(rest.size());
    events->on_head(head);
    if (events_ != events && !discarding_) break;  // the exchange gave up on it
    if (nothing && phase_ == Phase::kBody) {
      if (!rest.empty()) keep_alive_ = false;  // bytes after the end of a response: nobody's
      end_response({});
    } else if (!rest.empty()) {
      pass_on(rest);
    }
    // Within these events the exchange may have ended and another one, of a pipelined request,
    // begun on this very connection: what comes next is not for this intake.
    break;
  }
  worker_.gather().flush();
  if (intake != nullptr) worker_.intakes().give(std::move(intake));
}

void UpstreamH1::begin_body(const http::Head& head) {
  phase_ = Phase::kBody;
  response_framing_ = head.body.kind;
  remaining_ = head.body.bytes;
  keep_alive_ = head.keep_alive;
  if (const std::uint32_t limit = idle_limit_ms(head); limit > 0) {
    idle_limit_ms_ = limit;
    if (limit == 1) keep_alive_ = false;
  }
}

void UpstreamH1::feed(Bytes bytes) {
  worker_.endpoint(endpoint_).cells->bytes_from_upstream.add(bytes.size());
  pass_on(bytes);
}

void UpstreamH1::pass_on(Bytes bytes) {
  if (events_ == nullptr || drops(bytes)) return;
  if (phase_ == Phase::kTunnel) return events_->on_body(bytes);
  if (phase_ == Phase::kEnded) {
    keep_alive_ = false;
    return;
  }
  switch (response_framing_) {
    case BodyLength::Kind::kNone: return;
    case BodyLength::Kind::kUntilClose: return events_->on_body(bytes);
    case BodyLength::Kind::kChunked: return feed_chunked(bytes);
    case BodyLength::Kind::kLength: {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
      remaining_ -= n;
      if (n < bytes.size()) keep_alive_ = false;
      if (n > 0) events_->on_body(bytes.first(n));
      if (remaining_ == 0 && events_ != nullptr && phase_ == Phase::kBody) end_response({});
      return;
    }
  }
}

void UpstreamH1::on_chunk_data(Bytes bytes) {
  pass_pipe(worker_.pipe(), receiver());
  if (events_ != nullptr) events_->on_body(bytes);
}

void UpstreamH1::feed_chunked(Bytes bytes) {
  std::unique_ptr<Intake> intake = std::move(intake_);
  const Result<std::size_t> consumed = intake->parser.feed_chunked(bytes, *this);
  if (!consumed || intake->parser.done()) pass_pipe(worker_.pipe(), receiver());
  if (events_ != nullptr && phase_ == Phase::kBody) {
    if (!consumed) {
      fail(consumed.error());
    } else if (intake->parser.done()) {
      if (*consumed < bytes.size()) keep_alive_ = false;
      end_response(intake->parser.trailers());
    } else {
      intake_ = std::move(intake);
      return;
    }
  }
  worker_.gather().flush();
  worker_.intakes().give(std::move(intake));
}

void UpstreamH1::end_response(std::span<const http::Field> trailers) {
  phase_ = Phase::kEnded;
  ++served_;
  if (discarding_) return release();
  events_->on_end(trailers);
}

void UpstreamH1::on_peer_end(bool clean) {
  if (events_ == nullptr) return close();
  if (phase_ == Phase::kTunnel && clean) {
    wire_->read_stop();
    holds_ = static_cast<std::uint8_t>(Hold::kReplying);  // nothing more to read, ever
    return events_->on_end({});
  }
  if (phase_ == Phase::kBody && clean && response_framing_ == BodyLength::Kind::kUntilClose)
    return end_response({});
  fail({clean ? Fault::kClosedEarly : Fault::kReset, Side::kUpstream});
}

void UpstreamH1::on_failed(Error error) {
  if (phase_ == Phase::kConnecting) {
    worker_.endpoint(endpoint_).cells->connect_failures.add();
    fail(error);
  } else if (events_ == nullptr) {
    close();
  } else {
    fail({error.fault, Side::kUpstream});
  }
  worker_.gather().flush();
}

void UpstreamH1::fail(Error error) {
  UpstreamEvents* events = events_;
  events_ = nullptr;
  close();
  if (events != nullptr) events->on_failed(error);
}

// Tunnels and endings.

void UpstreamH1::become_tunnel() {
  phase_ = Phase::kTunnel;
  body_.begin(BodyLength::Kind::kNone);
}

void UpstreamH1::shutdown_tunnel() {
  worker_.gather().send(*this);
  wire_->shutdown();
}

void UpstreamH1::end_tunnel() {
  shutdown_tunnel();
  if (wire_->failed() || wire_->queued() == 0) return abort();
  events_ = &nobody;  // on_drained() or the deadline is the end
  worker_.loop().deadlines().arm(
      deadline_, worker_.loop().turn() + worker_.snapshot()->config->timeouts.body_idle);
}

void UpstreamH1::release() {
  // The end of a request may still wait there, behind an answer that did not wait for it.
  worker_.gather().send(*this);
  events_ = nullptr;
  const bool clean = phase_ == Phase::kEnded && keep_alive_ && request_ended_ && !wire_->failed() &&
                     wire_->queued() == 0;
  if (!clean) {
    close();
    return;
  }
  if (holds_ != 0) {
    holds_ = 0;
    wire_->read_start();
  }
  worker_.connections().keep(*this);
}

void UpstreamH1::discard() {
  const bool long_or_endless =
      response_framing_ == BodyLength::Kind::kUntilClose ||
      (response_framing_ == BodyLength::Kind::kLength && remaining_ > kDiscardBytes);
  if (long_or_endless || !keep_alive_ || worker_.draining()) return abort();
  events_ = &nobody;
  discarding_ = true;
  discarded_ = 0;
  worker_.loop().deadlines().arm(deadline_, worker_.loop().turn() + kDiscardTime);
}

/// Whether the connection was closed because nobody wants as much as comes.
bool UpstreamH1::drops(Bytes bytes) {
  if (!discarding_) return false;
  discarded_ += bytes.size();
  if (discarded_ <= kDiscardBytes) return false;
  abort();
  return true;
}

void UpstreamH1::abort() {
  events_ = nullptr;
  close();
}

void UpstreamH1::close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  worker_.gather().forget(*this);
  wire_->close();
  drop_intake();
  worker_.connections().forget(*this);
}

void UpstreamH1::on_deadline(Deadline&) {
  close();
}

}  // namespace segue::proxy

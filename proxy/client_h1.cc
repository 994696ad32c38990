// The life of a client connection: head, exchange, response. The body, what comes before the first
// request and how it ends have files of their own.
#include "proxy/client_h1.h"

#include <algorithm>
#include <utility>

#include "lib/http/h1_rules.h"
#include "lib/http/h1_writer.h"
#include "proxy/exchange.h"
#include "proxy/reply.h"
#include "proxy/worker.h"

namespace segue::proxy {

using http::BodyLength;

ClientH1::ClientH1(Worker& worker, std::shared_ptr<ListenerState> listener, int fd,
                   const SocketAddress& peer)
    : worker_(worker),
      listener_(std::move(listener)),
      tcp_(worker.loop(), worker.chunks(), *this, worker.watermarks()) {
  tcp_.adopt(fd);
  host_size_ = static_cast<std::uint8_t>(peer.write_host(host_.data()));
  port_ = peer.port();
  trusted_ = contains(listener_->trusted, peer);
}

void ClientH1::begin() {
  if (listener_->settings.proxy_protocol) {
    phase_ = Phase::kProxyHeader;
    arm(worker_.snapshot()->config->timeouts.head);
    tcp_.read_start();
  } else if (listener_->tls != nullptr) {
    begin_tls({});
  } else {
    await_request();
    tcp_.read_start();
  }
}

ClientH1::~ClientH1() {
  // Not in close(), which the parser may have called.
  if (intake_ != nullptr) worker_.intakes().give(std::move(intake_));
  listener_->connections->fetch_sub(1, std::memory_order_relaxed);
}

void ClientH1::arm(Millis after) {
  sent_when_armed_ = tcp_.sent();
  worker_.loop().deadlines().arm(deadline_, worker_.loop().turn() + after);
}

void ClientH1::await_request() {
  phase_ = Phase::kIdle;
  const conf::Timeouts& timeouts = worker_.snapshot()->config->timeouts;
  // Before the first request a silent connection gets no more time than a slow head.
  arm(requests_ == 0 ? std::min(timeouts.head, timeouts.keep_alive) : timeouts.keep_alive);
}

ClientInfo ClientH1::info() const noexcept {
  return {{host_.data(), host_size_}, trusted_, listener_.get(), certificate_.get()};
}

void ClientH1::drop_unsent() noexcept {
  worker_.gather().forget(*this);
}

std::uint64_t ClientH1::bytes_out() const noexcept {
  return bytes_out_ + worker_.gather().bytes_for(*this);
}

bool ClientH1::may_persist() const noexcept {
  return keep_alive_ && !peer_ended_ && !worker_.draining() &&
         requests_ < listener_->settings.keep_alive_requests &&
         worker_.memory_pressure() < MemoryPressure::kNoKeepAlive;
}

// Receiving.

void ClientH1::on_readable() {
  switch (phase_) {
    case Phase::kClosed:
    case Phase::kHandshake: return;  // Tls keeps that to itself
    case Phase::kProxyHeader: read_proxy_header(); break;
    case Phase::kIdle:
      // Requests begin when the other events of this turn are through: what became idle can be
      // used, and what was closed is known. (TLS has records of its own to come back for.)
      if (tls_ == nullptr) return worker_.loop().soon(*this);
      [[fallthrough]];
    case Phase::kHead:
    case Phase::kAnswering: read_head(); break;
    case Phase::kBody:
    case Phase::kTunnel: read_body(); break;
    case Phase::kLinger: read_linger(); break;
  }
  worker_.gather().flush();
}

void ClientH1::on_soon() {
  if (phase_ != Phase::kIdle) return;
  read_head();
  worker_.gather().flush();
}

void ClientH1::read_head() {
  if (intake_ == nullptr) {
    intake_ = worker_.intakes().take();
    intake_->parser.begin(http::H1Parser::Kind::kRequest, worker_.head_limits());
  }
  const std::span<char> space = intake_->buffer.space();
  if (space.empty() || intake_->buffer.overflowing()) {
    // A client that pipelines more than a buffer of requests waits until we come to them.
    hold(Hold::kReplying);
    return;
  }
  const net::ReadResult got = wire_->read(space);
  if (got.kind == net::ReadResult::Kind::kAgain) {
    // Part of a TLS record is no part of a head yet: an idle connection stays one.
    if (phase_ == Phase::kIdle) worker_.intakes().give(std::move(intake_));
    return;
  }
  if (got.kind != net::ReadResult::Kind::kBytes)
    return on_peer_end(got.kind == net::ReadResult::Kind::kEnd);
  bulk_.begin();
  bulk_.was_read(got.bytes, space.size(), 0);
  intake_->buffer.filled(got.bytes);
  if (phase_ == Phase::kAnswering) return;  // pipelined: its turn comes
  if (phase_ == Phase::kIdle) {
    phase_ = Phase::kHead;
    began_us_ = now().us;
    arm(worker_.snapshot()->config->timeouts.head);
  }
  process();
}

/// Heads and the bodies that came with them, one request after the other, as far as the bytes go.
void ClientH1::process() {
  if (processing_) return;
  processing_ = true;
  // A client that pipelines and does not read gets no further answers queued.
  while (phase_ == Phase::kHead && wire_->queued() < worker_.watermarks().high) {
    const Result<bool> complete = intake_->parser.parse_head(intake_->buffer);
    if (!complete) {
      refuse(complete.error());
      break;
    }
    if (!*complete) break;
    if (!begin_exchange()) break;
    process_rest();
  }
  processing_ = false;
}

bool ClientH1::begin_exchange() {
  http::Head& head = intake_->parser.head();
  minor_ = head.minor & 1;  // the parser takes no other
  const Status<> judged = http::judge_request(head);
  if (!judged) {
    refuse(judged.error(), &head);
    return false;
  }
  deadline_.disarm();
  ++requests_;
  bytes_in_ = intake_->buffer.taken();
  worker_.gather().send(*this);  // an answer before it is counted as that one's
  bytes_out_ = 0;
  keep_alive_ = head.keep_alive;
  announced_close_ = false;
  request_framing_ = head.body.kind;
  remaining_ = head.body.bytes;
  const bool has_body = request_framing_ == BodyLength::Kind::kChunked || remaining_ > 0;
  phase_ = has_body ? Phase::kBody : Phase::kAnswering;
  exchange_ = worker_.take_exchange();
  exchange_->begin(*this, head, Instant{began_us_});
  return true;
}

void ClientH1::on_peer_end(bool clean) {
  if (!clean) {
    if (exchange_ != nullptr) {
      exchange_->from_client().on_failed({Fault::kReset, Side::kClient});
    } else {
      close();
    }
    return;
  }
  peer_ended_ = true;
  wire_->read_stop();
  switch (phase_) {
    case Phase::kAnswering: return;  // half-closed: the response still has a reader
    case Phase::kTunnel: return exchange_->from_client().on_end({});
    case Phase::kBody:
      return exchange_->from_client().on_failed({Fault::kClosedEarly, Side::kClient});
    default: return close();
  }
}

void ClientH1::hold(Hold why) {
  if (holds_ == 0 && phase_ != Phase::kClosed) wire_->read_stop();
  holds_ |= static_cast<std::uint8_t>(why);
}

void ClientH1::resume(Hold why) {
  if (holds_ == 0) return;
  holds_ &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(why));
  if (holds_ != 0 || phase_ == Phase::kClosed || peer_ended_) return;
  wire_->read_start();
  // What came with the head waits in the buffer; no event will tell of it.
  if (phase_ == Phase::kBody) process_rest();
}

void ClientH1::process_rest() {
  while (phase_ == Phase::kBody && holds_ == 0 && !intake_->buffer.unread().empty()) {
    const Bytes rest = intake_->buffer.unread();
    intake_->buffer.take(rest.size());
    feed(rest);
  }
}

// Sending.

void ClientH1::send_head(const http::Head& head, std::span<const http::Field> extra,
                         BodyLength body) {
  Gather& out = worker_.gather();
  out.begin(*this);
  http::Persistence persistence = http::Persistence::kDefault;
  if (head.status == 101) {
    persistence = http::Persistence::kUpgrade;
  } else if (head.status >= 200) {
    body_.begin(body.kind);
    // A final head before the request is over is most often a refusal of its body: what is still on
    // its way is read and dropped for a while, and nothing can follow it.
    announced_close_ =
        body.kind == BodyLength::Kind::kUntilClose || phase_ == Phase::kBody || !may_persist();
    if (announced_close_) {
      persistence = http::Persistence::kClose;
    } else if (minor_ == 0) {
      persistence = http::Persistence::kKeepAlive;
    }
  }
  http::write_response_head(out, head, extra, body, persistence);
}

void ClientH1::send_body(Bytes bytes) {
  body_.send(worker_.gather(), *this, bytes);
}

void ClientH1::send_piped(SplicePipe& pipe) {
  body_.send(worker_.gather(), *this, pipe);
}

bool ClientH1::takes_pipe() const noexcept {
  return tls_ == nullptr && tcp_.takes_pipe();
}

void ClientH1::send_end(std::span<const http::Field> trailers) {
  if (phase_ == Phase::kTunnel) {
    worker_.gather().send(*this);
    wire_->shutdown();
  } else if (body_.chunked()) {
    worker_.gather().begin(*this);
    http::write_last_chunk(worker_.gather(), trailers);
  }
}

void ClientH1::send_reply(std::uint16_t status, std::string_view head_fields, std::string_view body,
                          Body wanted) {
  Gather& out = worker_.gather();
  out.begin(*this);
  announced_close_ = announced_close_ || phase_ == Phase::kBody || !may_persist();
  write_reply(out, status, head_fields, body,
              announced_close_ ? http::Persistence::kClose
              : minor_ == 0    ? http::Persistence::kKeepAlive
                               : http::Persistence::kDefault,
              wanted);
}

SocketAddress ClientH1::peer_address() const {
  const std::string host(host_.data(), host_size_);
  const bool six = host.find(':') != std::string::npos;
  auto address =
      SocketAddress::parse((six ? "[" + host + "]:" : host + ":") + std::to_string(port_));
  return address ? *address : SocketAddress{};
}

SocketAddress ClientH1::local_address() const {
  return net::bound_address(tcp_.fd());
}

void ClientH1::on_gathered(std::span<const iovec> pieces) {
  SplicePipe* const pipe = worker_.gather().followed_by();
  if (pipe != nullptr) bytes_out_ += pipe->size();
  for (const iovec& piece : pieces) bytes_out_ += piece.iov_len;
  const Pressure pressure = pipe == nullptr ? wire_->write(pieces) : tcp_.write(pieces, *pipe);
  if (exchange_ == nullptr) return;
  if (pressure == Pressure::kFull) exchange_->from_client().on_full();
  // Whoever is sending must not be pulled away under its feet; the next tick tells the exchange.
  if (wire_->failed() && !deadline_.armed()) arm(Millis(0));
}

void ClientH1::on_drained() {
  if (phase_ == Phase::kLinger) {
    if (wire_->queued() == 0) arm(worker_.snapshot()->config->timeouts.linger);
    return;
  }
  if (exchange_ != nullptr) {
    exchange_->from_client().on_drained();
  } else if (phase_ == Phase::kHead) {
    resume(Hold::kReplying);
    process();
  }
  worker_.gather().flush();
}

void ClientH1::become_tunnel() {
  phase_ = Phase::kTunnel;
  body_.begin(BodyLength::Kind::kNone);
  worker_.client_became_tunnel();
  if (intake_ != nullptr && !intake_->buffer.unread().empty()) {
    const Bytes early = intake_->buffer.unread();
    intake_->buffer.take(early.size());
    feed(early);
  }
  if (phase_ != Phase::kTunnel) return;
  resume(Hold::kReplying);  // it had sent more than a buffer ahead of the switch
  if (peer_ended_) exchange_->from_client().on_end({});
}

}  // namespace segue::proxy

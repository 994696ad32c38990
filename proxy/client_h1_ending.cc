// How an exchange ends on its client connection, and how the connection does: the next request, a
// linger, a refusal, a deadline, a drain.
#include <utility>

#include "lib/http/status.h"
#include "proxy/client_h1.h"
#include "proxy/exchange.h"
#include "proxy/reply.h"
#include "proxy/worker.h"

namespace segue::proxy {

void ClientH1::end_exchange(After after) {
  if (phase_ == Phase::kTunnel) worker_.tunnel_ended();
  exchange_ = nullptr;
  const bool request_over = phase_ == Phase::kAnswering;
  if (after == After::kAbort) {
    wire_->reset_on_close();
    return close();
  }
  if (after == After::kNext && request_over && !announced_close_ && may_persist()) {
    holds_ &= static_cast<std::uint8_t>(~static_cast<std::uint8_t>(Hold::kNotConnected));
    intake_->buffer.compact();
    if (holds_ != 0) {
      holds_ = 0;
      wire_->read_start();
    }
    if (intake_->buffer.empty()) {
      worker_.intakes().give(std::move(intake_));
      return await_request();
    }
    intake_->parser.begin(http::H1Parser::Kind::kRequest, worker_.head_limits());
    phase_ = Phase::kHead;
    began_us_ = now().us;
    arm(worker_.snapshot()->config->timeouts.head);
    return process();
  }
  worker_.gather().send(*this);
  const bool unread = !request_over || (intake_ != nullptr && !intake_->buffer.empty());
  if (after != After::kLinger && !unread && wire_->queued() == 0) return close();
  begin_linger();
}

void ClientH1::begin_linger() {
  if (wire_->failed()) return close();
  phase_ = Phase::kLinger;
  lingered_ = 0;
  holds_ = 0;
  const conf::Timeouts& timeouts = worker_.snapshot()->config->timeouts;
  arm(wire_->queued() > 0 ? timeouts.body_idle : timeouts.linger);
  wire_->shutdown();
  if (!peer_ended_) wire_->read_start();
}

void ClientH1::read_linger() {
  const std::span<char> space = worker_.read_buffer();
  const net::ReadResult got = wire_->read(space);
  if (got.kind == net::ReadResult::Kind::kAgain) return;
  if (got.kind == net::ReadResult::Kind::kEnd && wire_->queued() > 0) {
    peer_ended_ = true;
    return wire_->read_stop();
  }
  if (got.kind != net::ReadResult::Kind::kBytes) return close();
  lingered_ += static_cast<std::uint32_t>(got.bytes);
  // More than is fair: stop reading; closing then may reset, which the client has asked for.
  if (lingered_ <= worker_.snapshot()->config->limits.linger) return;
  if (wire_->queued() == 0) return close();
  wire_->read_stop();
}

/// Answers a request that no exchange came to; `head` is what is known of it, or null.
void ClientH1::refuse(Error error, const http::Head* head) {
  telemetry::Record record;
  if (head != nullptr) {
    record.method = head->method;
    // Never the query: it may hold a token.
    record.path = head->path.empty() ? head->target.substr(0, head->target.find('?')) : head->path;
    if (const http::Field* host = head->find(http::FieldId::kHost)) record.host = host->value;
    record.minor = head->minor;
  }
  record.wall_ms = wall_clock_ms();
  record.client = {host_.data(), host_size_};
  record.listener = listener_->settings.name;
  record.error = error;
  record.phase = telemetry::Phase::kHead;
  record.status = http::status_for(error);
  worker_.counters().worker.local_replies[static_cast<std::size_t>(error.fault)].add();
  keep_alive_ = false;
  worker_.gather().send(*this);  // an answer before it is counted as that one's
  bytes_out_ = 0;
  if (record.status != 0) {
    const http::Field* accept = head == nullptr ? nullptr : head->find(http::FieldId::kAccept);
    const http::Page page = http::page_for(accept == nullptr ? std::string_view() : accept->value);
    const bool no_body = head != nullptr && head->method_id == http::Method::kHead;
    send_reply(record.status, reply_fields(error.fault, page),
               http::error_page(page, record.status, error, {}),
               no_body ? Body::kOmit : Body::kSend);
    worker_.gather().send(*this);
  }
  record.bytes_in = intake_ != nullptr ? intake_->buffer.taken() : 0;
  record.bytes_out = bytes_out_;
  worker_.write_access_log(record);
  if (record.status == 0) return close();
  begin_linger();
}

void ClientH1::on_failed(Error error) {
  if (exchange_ != nullptr) {
    exchange_->from_client().on_failed({error.fault, Side::kClient});
    worker_.gather().flush();
  } else if (error.fault == Fault::kNotTls) {
    end_handshake();
    wire_ = &tcp_;  // the answer is plain as well
    tcp_.set_events(*this);
    tcp_.read_start();
    refuse(error);
  } else {
    close();
  }
}

void ClientH1::on_deadline(Deadline&) {
  if (exchange_ != nullptr) {
    exchange_->from_client().on_failed({Fault::kReset, Side::kClient});
  } else if (wire_->queued() > 0 && tcp_.sent() != sent_when_armed_) {
    // A slow reader of the last response, but one that reads: cut off now, it would take the part
    // it has for all.
    arm(worker_.snapshot()->config->timeouts.body_idle);
  } else if (phase_ == Phase::kHead) {
    refuse({Fault::kHeadTimeout, Side::kClient});
  } else {
    close();
  }
}

void ClientH1::begin_drain() {
  // HTTP/1.1 has no word for "no more requests": one that is on its way already is served, and
  // told.
  if (phase_ == Phase::kIdle)
    arm(wire_->queued() > 0 ? worker_.snapshot()->config->timeouts.body_idle
                            : worker_.snapshot()->config->timeouts.linger);
}

bool ClientH1::is_tunnel_to(PoolId id) const noexcept {
  return is_tunnel() && exchange_->leads_to(id);
}

void ClientH1::end_tunnel_at(Instant at) {
  if (is_tunnel()) exchange_->end_tunnel_at(at);
}

void ClientH1::cut() {
  if (exchange_ != nullptr) {
    exchange_->from_client().on_failed({Fault::kDraining, Side::kSelf});
  } else {
    close();
  }
}

void ClientH1::close() {
  if (phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kHandshake) end_handshake();
  phase_ = Phase::kClosed;
  soon_link.unlink();
  // What is complete leaves; what broke off is gone by drop_unsent().
  worker_.gather().send(*this);
  deadline_.disarm();
  wire_->close();
  worker_.on_client_gone(*this);
}

}  // namespace segue::proxy

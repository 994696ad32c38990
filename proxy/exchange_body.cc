// The request's body on its way through: what holds it back, what is kept of it for this attempt or
// another, and who waits for whom.
#include <algorithm>

#include "lib/base/check.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace segue::proxy {
namespace {

// Of a body that was held, what is handed to an upstream before it is asked whether it takes more.
constexpr std::size_t kHeldPiece = 64 * 1024;

}  // namespace

bool Exchange::exceeds_body_limit(std::uint64_t bytes) const noexcept {
  const std::uint64_t limit = snapshot_->config->limits.body;
  return (limit > 0 && bytes > limit) || (reads_body_ && bytes > route_->settings.cohort_body_max);
}

void Exchange::FromClient::on_head(http::Head&) {}  // an exchange begins with its head

void Exchange::FromClient::on_body(Bytes bytes) {
  Exchange& x = exchange;
  x.touch();
  x.body_bytes_ += bytes.size();
  if (x.state_ != State::kTunnel && x.exceeds_body_limit(x.body_bytes_))
    return x.from_client_.on_failed({Fault::kBodyTooLarge, Side::kClient});
  x.state_ == State::kReading ? x.read_on(bytes) : x.pass_on(bytes);
}

void Exchange::FromClient::on_piped(SplicePipe& pipe) {
  Exchange& x = exchange;
  x.touch();
  x.body_bytes_ += pipe.size();
  if (x.state_ != State::kTunnel && x.exceeds_body_limit(x.body_bytes_)) {
    pipe.discard();
    return x.from_client_.on_failed({Fault::kBodyTooLarge, Side::kClient});
  }
  x.upstream_->send_piped(pipe);
}

bool Exchange::FromClient::takes_pipe() const noexcept {
  const Exchange& x = exchange;
  const bool passes = x.state_ == State::kTunnel ||
                      (x.sends_body() && x.replay_.empty() && !x.keeps_replay_ && !x.reads_body_);
  return passes && x.upstream_->takes_pipe();
}

/// Sends a piece of the body on, or holds it where it cannot go anywhere yet.
void Exchange::pass_on(Bytes bytes) {
  if (client_ == nullptr || bytes.empty()) return;
  if (state_ == State::kTunnel || (sends_body() && replay_sent_ == replay_.size())) {
    if (state_ == State::kWaiting) keep_for_replay(bytes);
    return upstream_->send_body(bytes);
  }
  if (reads_body_) {
    // The piece that made the cohort known, and those of the same read behind it.
    if (hold(bytes)) hold_client();
    return;
  }
  // The client is on hold until there is somewhere to put its body; dropping a part of it would
  // send the rest as if it were all.
  SEGUE_DCHECK(false, "body bytes without an upstream");
  finish({Fault::kOverloaded, Side::kSelf}, After::kAbort);
}

void Exchange::FromClient::on_end(std::span<const http::Field> trailers) {
  Exchange& x = exchange;
  if (x.state_ == State::kTunnel) {
    x.client_half_ended_ = true;
    x.upstream_->shutdown_tunnel();
    return x.tunnel_half_ended();
  }
  x.request_ended_ = true;
  x.trailers_ = trailers;
  if (x.state_ == State::kReading) {
    x.scan_->end();
    return x.end_reading();
  }
  if (!x.sends_body()) return;
  x.send_held();
  if (x.state_ == State::kWaiting) x.arm_for_state();
}

/// Keeps a piece of the body until it can be sent. False, after an answer, when there is no room.
bool Exchange::hold(Bytes bytes) {
  if (!worker_.take_held(bytes.size())) {
    reply({Fault::kOverloaded, Side::kSelf});
    return false;
  }
  held_ += bytes.size();
  replay_.append(bytes.data(), bytes.size());
  return true;
}

void Exchange::drop_held() noexcept {
  worker_.give_held(held_);
  held_ = replay_sent_ = 0;
  replay_.clear();
}

/// Sends what this attempt has not been given of what is kept, as far as it takes it; then the end,
/// when it is there.
void Exchange::send_held() {
  // Longer than a replay may be: it was held for its cohort, which is known.
  const bool goes = state_ == State::kRelaying || replay_.size() > snapshot_->config->limits.replay;
  while (replay_sent_ < replay_.size() && !upstream_slow_) {
    const Bytes left = Bytes(replay_).subspan(replay_sent_);
    const Bytes piece = left.first(std::min(left.size(), kHeldPiece));
    replay_sent_ += piece.size();
    upstream_->send_body(piece);
    // Where it grows or goes before this event is over, nobody may refer to it.
    if (goes || !request_ended_ || piece.size() < left.size()) worker_.gather().flush();
  }
  if (replay_sent_ < replay_.size()) return hold_client();
  if (goes && !replay_.empty()) {
    replayable_ = keeps_replay_ = false;
    drop_held();
  }
  if (!request_ended_ || end_sent_) return;
  upstream_->send_end(trailers_);
  end_sent_ = true;
}

/// Bytes that have just been sent, or are about to be.
void Exchange::keep_for_replay(Bytes bytes) {
  if (keeps_replay_ && replay_.size() + bytes.size() <= snapshot_->config->limits.replay) {
    replay_.append(bytes.data(), bytes.size());
    replay_sent_ += bytes.size();
    return;
  }
  replayable_ = false;
  drop_held();
  keeps_replay_ = false;
}

/// No body before there is somewhere to put it; and the pressure of the last attempt is gone with
/// it.
void Exchange::hold_body() {
  hold_client();
  if (!upstream_slow_) return;
  upstream_slow_ = false;
  client_->resume(Hold::kPeerFull);
}

void Exchange::hold_client() {
  if (!has_body_ || request_ended_ || held_client_) return;
  held_client_ = true;
  client_->hold(Hold::kNotConnected);
}

/// The client goes on with its body once what it has sent before is on its way.
void Exchange::resume_body() {
  if (!held_client_ || feeding_ || !sends_body() || replay_sent_ < replay_.size()) return;
  held_client_ = false;
  client_->resume(Hold::kNotConnected);
}

void Exchange::FromClient::on_full() {
  exchange.client_slow_ = true;
  if (exchange.upstream_ != nullptr) exchange.upstream_->hold(Hold::kPeerFull);
}

void Exchange::FromClient::on_drained() {
  exchange.client_slow_ = false;
  exchange.touch();
  if (exchange.upstream_ != nullptr) exchange.upstream_->resume(Hold::kPeerFull);
}

void Exchange::FromUpstream::on_full() {
  exchange.upstream_slow_ = true;
  if (exchange.client_ != nullptr) exchange.client_->hold(Hold::kPeerFull);
}

void Exchange::FromUpstream::on_drained() {
  Exchange& x = exchange;
  x.upstream_slow_ = false;
  x.touch();
  if (x.client_ == nullptr) return;
  if (x.sends_body() && x.replay_sent_ < x.replay_.size()) {
    x.send_held();
    if (x.state_ == State::kWaiting && x.end_sent_) x.arm_for_state();
  }
  if (!x.upstream_slow_) x.client_->resume(Hold::kPeerFull);
  x.resume_body();
}

}  // namespace segue::proxy

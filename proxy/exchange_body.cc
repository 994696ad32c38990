// The request's body on its way through: what holds it back, what is kept of it for another
// attempt, and who waits for whom.
#include "lib/base/check.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace segue::proxy {

void Exchange::FromClient::on_head(http::Head&) {}  // an exchange begins with its head

void Exchange::FromClient::on_body(Bytes bytes) {
  Exchange& x = exchange;
  if (x.upstream_ == nullptr || x.state_ == State::kConnecting) {
    // The client is on hold until there is somewhere to put its body; dropping a part of it would
    // send the rest as if it were all.
    SEGUE_DCHECK(false, "body bytes without an upstream");
    return x.finish({Fault::kOverloaded, Side::kSelf}, After::kAbort);
  }
  x.touch();
  x.body_bytes_ += bytes.size();
  if (x.state_ != State::kTunnel && x.exceeds_body_limit(x.body_bytes_))
    return x.from_client_.on_failed({Fault::kBodyTooLarge, Side::kClient});
  if (x.state_ == State::kWaiting) x.keep_for_replay(bytes);
  x.upstream_->send_body(bytes);
}

void Exchange::FromClient::on_end(std::span<const http::Field> trailers) {
  Exchange& x = exchange;
  if (x.state_ == State::kTunnel) {
    x.client_half_ended_ = true;
    x.upstream_->shutdown_tunnel();
    return x.tunnel_half_ended();
  }
  x.request_ended_ = true;
  if (!trailers.empty()) x.replayable_ = false;
  if (x.state_ != State::kWaiting && x.state_ != State::kRelaying) return;
  x.upstream_->send_end(trailers);
  x.end_sent_ = true;
  if (x.state_ == State::kWaiting) x.arm_for_state();
}

bool Exchange::exceeds_body_limit(std::uint64_t bytes) const noexcept {
  const std::uint64_t limit = snapshot_->config->limits.body;
  return limit > 0 && bytes > limit;
}

void Exchange::keep_for_replay(Bytes bytes) {
  if (keeps_replay_ && replay_.size() + bytes.size() <= snapshot_->config->limits.replay) {
    replay_.append(bytes.data(), bytes.size());
    return;
  }
  replayable_ = false;
  replay_.clear();
  keeps_replay_ = false;
}

/// No body before there is somewhere to put it; and the pressure of the last attempt is gone with
/// it.
void Exchange::hold_body() {
  if (has_body_ && !request_ended_ && !held_client_) {
    held_client_ = true;
    client_->hold(Hold::kNotConnected);
  }
  if (!upstream_slow_) return;
  upstream_slow_ = false;
  client_->resume(Hold::kPeerFull);
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
  exchange.upstream_slow_ = false;
  exchange.touch();
  if (exchange.client_ != nullptr) exchange.client_->resume(Hold::kPeerFull);
}

}  // namespace segue::proxy

// One attempt: the request goes to an endpoint, and what is done where that fails.
#include <algorithm>

#include "lib/http/field.h"
#include "proxy/attempt.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace segue::proxy {

void Exchange::FromUpstream::on_connected() {
  Exchange& x = exchange;
  x.record_.connect = now() - x.dialled_at_;
  x.step(Event::kConnected);
  x.send_request();
}

void Exchange::send_request() {
  if (!request_ended_ && has_body_)
    keeps_replay_ = http::is_idempotent(request_->method_id) || route_->settings.retry_stale_post;
  sent_at_ = now();
  if (visiting_) show_cookies();
  upstream_->expect(request_->method_id, request_->upgrade, endpoint_->address);
  upstream_->send_head(*request_, extra_, request_->body);
  replay_sent_ = 0;
  end_sent_ = false;
  touch();
  send_held();
  arm_for_state();
  resume_body();
}

void Exchange::FromUpstream::on_failed(Error error) {
  Exchange& x = exchange;
  if (x.state_ == State::kConnecting || x.state_ == State::kWaiting) return x.attempt_failed(error);
  if (x.state_ == State::kTunnel) {
    x.upstream_ = nullptr;
    return x.finish(error.fault == Fault::kReset ? error : Error{}, After::kAbort);
  }
  // The head has gone out: the client must see that the rest is missing.
  x.note_outcome(true);
  x.upstream_ = nullptr;
  x.finish(error, After::kAbort);
}

void Exchange::attempt_failed(Error error) {
  FailedAttempt failed;
  failed.error = error;
  failed.method = request_->method_id;
  if (upstream_ != nullptr && state_ == State::kWaiting) {
    failed.bytes_written = upstream_->bytes_written();
    failed.bytes_received = upstream_->bytes_received();
    failed.reused = upstream_->reused();
  }
  // What was held for its cohort is longer than a replay, if need be, until a byte of it is
  // written.
  failed.body_replayable =
      replayable_ && (!failed.bytes_written || replay_.size() <= snapshot_->config->limits.replay);
  failed.retry_stale_post = route_->settings.retry_stale_post;
  record_.attempts[attempts_ - 1].fault = error.fault;
  upstream_ = nullptr;
  deadline_.disarm();
  // A kept-alive connection that its server closed meanwhile says nothing about the server.
  const bool stale = failed.reused && !failed.bytes_received;
  end_attempt(error.side == Side::kUpstream, !stale && error.side == Side::kUpstream);
  const auto proof = proof_for_retry(failed);
  const bool in_time = !total_deadline_ || worker_.loop().turn() < total_deadline_;
  if (!proof || !in_time || attempts_ == tried_.size()) return reply(error);
  proof_ = *proof;
  hold_body();
  if (!try_again(stale)) reply(error);
}

bool Exchange::try_again(bool stale) {
  const conf::Retry& settings = snapshot_->config->retry;
  const std::span<const EndpointId> tried{tried_.data(), attempts_};
  const bool other =
      std::any_of(pool().in_rotation.begin(), pool().in_rotation.end(), [&](std::uint32_t i) {
        return std::find(tried.begin(), tried.end(), pool().endpoints[i].id) == tried.end();
      });
  const bool may_repeat = repeats_in_pool_ < settings.attempts && retry_allowed();
  fresh_only_ = stale;  // what sat idle beside a dead connection is no better
  if (may_repeat && (other || stale)) {
    ++repeats_in_pool_;
    step(Event::kRefused);
    try_endpoint();
    return true;
  }
  const routing::Placement place = other_place();
  if (place.destination != routing::Placement::kNone) {
    step(Event::kRefused);
    go_to(place);
    return true;
  }
  if (!may_repeat) return false;
  // Nobody else is there to ask: the same endpoint once more, after a pause.
  ++repeats_in_pool_;
  step(Event::kRefused);
  const auto from = static_cast<std::uint64_t>(settings.backoff_min.count());
  const auto span = static_cast<std::uint64_t>(settings.backoff_max.count()) - from + 1;
  const Millis pause(static_cast<std::int64_t>(from + worker_.rng().below(span)));
  worker_.loop().deadlines().arm(deadline_, worker_.loop().turn() + pause);
  return true;
}

/// Whether the retry budget has room; a request takes a place in it once and keeps it to its end.
bool Exchange::retry_allowed() {
  if (!retry_taken_) retry_taken_ = worker_.take_retry();
  return retry_taken_;
}

void Exchange::end_attempt(bool gateway_error, bool verdict) {
  const EndpointId id = endpoint_->id;
  EndpointState& state = worker_.endpoint(id);
  state.cells->in_flight.set(--worker_.loads()[id.index()].in_flight);
  worker_.slot_freed(pool().id);
  if (verdict) note_outcome(gateway_error);
  if (probe_) {
    endpoint_->probe_taken->store(false, std::memory_order_relaxed);
    worker_.report_probe(id, std::nullopt);
  }
  probe_ = false;
  endpoint_ = nullptr;
}

/// Tells passive health what this attempt says about its endpoint.
void Exchange::note_outcome(bool gateway_error) {
  const EndpointId id = endpoint_->id;
  telemetry::EndpointCells& cells = *worker_.endpoint(id).cells;
  if (gateway_error) {
    cells.failures.add();
    cells.consecutive.add();
    worker_.count_gateway_error(id);
  } else if (cells.consecutive.get() != 0) {
    cells.consecutive.set(0);
  }
  if (probe_) worker_.report_probe(id, !gateway_error);
  probe_ = false;
}

}  // namespace segue::proxy

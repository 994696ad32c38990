// The course of an exchange: how it begins, how long it may take, how it ends and what is written
// down about it.
#include "proxy/exchange.h"

#include <algorithm>

#include "lib/base/check.h"
#include "lib/http/status.h"
#include "proxy/reply.h"
#include "proxy/worker.h"
#include "telemetry/classify.h"

namespace segue::proxy {

using http::BodyLength;
using telemetry::Phase;

Exchange::Exchange(Worker& worker) : worker_(worker) {}

void Exchange::step(Event event) {
  const State to = next(state_, event);
  SEGUE_CHECK(to != State::kCount, "an arrow that exchange_table.h does not have");
  state_ = to;
}

void Exchange::reset() {
  route_ = nullptr;
  pool_ = nullptr;
  endpoint_ = nullptr;
  series_ = nullptr;
  upstream_ = nullptr;
  drop_held();
  trailers_ = {};
  total_deadline_ = sent_at_ = queued_at_ = dialled_at_ = Instant{};
  selection_ = {};
  body_bytes_ = 0;
  tried_destinations_ = attempts_ = repeats_in_pool_ = 0;
  state_ = State::kIdle;
  request_ended_ = end_sent_ = response_ended_ = false;
  replayable_ = true;
  reads_body_ = continued_ = feeding_ = false;
  held_client_ = probe_ = retry_taken_ = fresh_only_ = false;
  client_half_ended_ = upstream_half_ended_ = tunnel_ends_ = false;
  client_slow_ = upstream_slow_ = looking_ = false;
  proof_ = telemetry::Proof::kUnsent;
  record_.status = 0;
  record_.has_cohort = false;
  record_.delivery = record_.event = record_.cohort_key = record_.cohort_name = {};
  record_.why = "";
  record_.attempts_count = 0;
  record_.queue = record_.connect = record_.first_byte = Micros{0};
}

void Exchange::begin(Client& client, http::Head& head, Instant began) {
  reset();
  client_ = &client;
  request_ = &head;
  began_ = began;
  snapshot_ = worker_.snapshot();
  has_body_ = head.body.kind == BodyLength::Kind::kChunked || head.body.bytes > 0;
  request_ended_ = !has_body_;
  keeps_replay_ = false;
  worker_.counters().worker.requests.add();
  step(Event::kHead);
  extra_ = forwarded_.make(head, client.info(), snapshot_->config->forwarding, worker_.rng());
  if (worker_.memory_pressure() == MemoryPressure::kRefuse)
    return reply({Fault::kOverloaded, Side::kSelf});
  if (exceeds_body_limit(head.body.bytes)) return reply({Fault::kBodyTooLarge, Side::kClient});
  route();
}

// Time.

void Exchange::touch() noexcept {
  touched_at_ = worker_.loop().turn();
}

Millis Exchange::idle_limit() const {
  const conf::Timeouts& timeouts = snapshot_->config->timeouts;
  if (state_ == State::kTunnel) return timeouts.tunnel_idle;
  if (state_ == State::kWaiting || state_ == State::kReading) return timeouts.body_idle;
  return response_framing_ == BodyLength::Kind::kLength ? timeouts.body_idle : timeouts.stream_idle;
}

void Exchange::arm_for_state() {
  const Instant turn = worker_.loop().turn();
  Instant at;
  switch (state_) {
    case State::kReading: at = touched_at_ + idle_limit(); break;
    case State::kQueued: at = queued_at_ + pool().settings.queue_timeout; break;
    case State::kConnecting:
      at = turn + route_->settings.connect_timeout.value_or(pool().settings.connect_timeout);
      break;
    case State::kWaiting:
      at = turn + (end_sent_ ? route_->settings.response_timeout : idle_limit());
      break;
    case State::kRelaying:
    case State::kTunnel: at = touched_at_ + idle_limit(); break;
    default: return;
  }
  if (state_ < State::kRelaying && total_deadline_ && total_deadline_ < at) at = total_deadline_;
  worker_.loop().deadlines().arm(deadline_, at);
}

void Exchange::on_deadline(Deadline&) {
  if (tunnel_ends_) return finish({Fault::kDraining, Side::kSelf}, After::kClose);
  const Instant turn = now();
  const bool out_of_time = state_ < State::kRelaying && total_deadline_ && turn >= total_deadline_;
  const bool idles = state_ == State::kReading || state_ == State::kRelaying ||
                     state_ == State::kTunnel || (state_ == State::kWaiting && !end_sent_);
  if (!out_of_time && idles && turn < touched_at_ + idle_limit()) {
    Instant at = touched_at_ + idle_limit();
    if (state_ < State::kRelaying && total_deadline_ && total_deadline_ < at) at = total_deadline_;
    worker_.loop().deadlines().arm(deadline_, at);
    return;
  }
  switch (state_) {
    case State::kRouting:
      if (!out_of_time) return try_endpoint();
      return reply({Fault::kFirstByteTimeout, Side::kUpstream});
    case State::kReading: return reply({Fault::kBodyTimeout, Side::kClient});
    case State::kQueued: return reply({Fault::kQueueTimeout, Side::kUpstream});
    case State::kConnecting: {
      UpstreamH1* connection = upstream_;
      connection->abort();
      return attempt_failed({Fault::kConnectTimeout, Side::kUpstream});
    }
    case State::kWaiting: {
      if (!request_ended_ && !upstream_slow_) return reply({Fault::kBodyTimeout, Side::kClient});
      note_outcome(true);
      return reply({Fault::kFirstByteTimeout, Side::kUpstream});
    }
    case State::kRelaying: {
      const Side side = client_slow_ ? Side::kClient : Side::kUpstream;
      return finish({Fault::kStreamTimeout, side}, After::kAbort);
    }
    case State::kTunnel: return finish({Fault::kIdle, Side::kSelf}, After::kAbort);
    default: return;
  }
}

// Endings.

void Exchange::FromClient::on_failed(Error error) {
  Exchange& x = exchange;
  if (x.client_ == nullptr) return;
  const bool left = error.side == Side::kClient && http::status_for(error) == 0;
  if (left) x.worker_.counters().worker.client_aborts.add();
  // A body that breaks the rules gets its answer while there still is a way back.
  const bool answerable = http::status_for(error) != 0 && x.state_ != State::kRelaying &&
                          x.state_ != State::kTunnel && x.state_ != State::kReplying;
  if (answerable) return x.reply(error);
  x.finish(error, After::kAbort);
}

void Exchange::reply(Error error) {
  leave_queue();
  if (upstream_ != nullptr) {
    upstream_->abort();
    upstream_ = nullptr;
  }
  if (endpoint_ != nullptr) {
    if (attempts_ > 0) record_.attempts[attempts_ - 1].fault = error.fault;
    end_attempt(false, false);
  }
  // The first pool's word was that it has nothing: who fails after it does not say otherwise.
  if (looking_ && error.side == Side::kUpstream) error.fault = Fault::kLookupFailed;
  const std::uint16_t status = http::status_for(error);
  worker_.counters().worker.local_replies[static_cast<std::size_t>(error.fault)].add();
  const http::Field* accept = request_->find(http::FieldId::kAccept);
  const http::Page page = http::page_for(accept == nullptr ? std::string_view() : accept->value);
  answer(status, reply_fields(error.fault, page),
         http::error_page(page, status, error, forwarded_.request_id()));
  finish(error, request_ended_ ? After::kNext : After::kLinger);
}

/// Sends an answer of our own.
void Exchange::answer(std::uint16_t status, std::string_view fields, std::string_view body) {
  record_.phase = phase_now();
  step(Event::kReply);
  record_.status = status;
  client_->send_reply(status, fields, body,
                      request_->method_id == http::Method::kHead ? Body::kOmit : Body::kSend);
}

void Exchange::finish(Error error, After after) {
  leave_queue();
  deadline_.disarm();
  if (scan_ != nullptr) worker_.scans().give(std::move(scan_));
  if (state_ != State::kReplying) record_.phase = error ? phase_now() : Phase::kDone;
  if (upstream_ != nullptr) {
    const bool clean = response_ended_ && end_sent_;
    if (state_ == State::kTunnel && after == After::kClose) {
      upstream_->end_tunnel();
    } else {
      clean ? upstream_->release() : upstream_->abort();
    }
    upstream_ = nullptr;
  }
  // What refers to bytes that are given back below leaves before; of a broken answer nothing more.
  after == After::kAbort ? client_->drop_unsent() : worker_.gather().flush();
  record(error);
  if (visiting_) end_visit();
  if (endpoint_ != nullptr) end_attempt(false, false);
  if (series_ != nullptr) series_->in_flight.sub();
  if (retry_taken_) worker_.give_retry();
  drop_held();
  if (open_ != Open::kNothing) uncount_open();
  step(Event::kEnd);
  Client* client = client_;
  client_ = nullptr;
  worker_.give_exchange(this);
  client->end_exchange(after);
}

Phase Exchange::phase_now() const noexcept {
  switch (state_) {
    case State::kIdle:
    case State::kRouting:
    case State::kReading: return Phase::kRouting;
    case State::kQueued: return Phase::kQueue;
    case State::kConnecting: return Phase::kConnect;
    case State::kWaiting: return request_ended_ ? Phase::kWait : Phase::kSend;
    case State::kRelaying: return Phase::kRelay;
    case State::kTunnel: return Phase::kTunnel;
    case State::kReplying:
    case State::kDone:
    case State::kCount: return Phase::kDone;
  }
  return Phase::kDone;
}

void Exchange::record(Error error) {
  const Micros total = now() - began_;
  if (series_ != nullptr) {
    series_->by_class[std::min<std::size_t>(record_.status / 100, 5)].add();
    const bool failed = telemetry::is_failure(record_.status, error);
    if (failed) series_->failures.add();
    series_->bytes_from_client.add(client_->bytes_in());
    series_->bytes_to_client.add(client_->bytes_out());
    std::optional<std::uint64_t> us;
    if (state_ != State::kTunnel) us = static_cast<std::uint64_t>(total.count());
    if (us) series_->total.record(*us);
    series_->since_change.count(route_->weights_generation, failed, us);
    if (record_.first_byte.count() > 0)
      series_->first_byte.record(static_cast<std::uint64_t>(record_.first_byte.count()));
  }
  if (route_ != nullptr && (record_.has_cohort || !record_.delivery.empty())) remember();
  if (!worker_.access_log_enabled()) return;
  const ClientInfo client = client_->info();
  record_.wall_ms = wall_clock_ms() - static_cast<std::uint64_t>(total.count() / 1000);
  record_.request_id = forwarded_.request_id();
  record_.client = client_address(*request_, client);
  record_.method = request_->method;
  record_.host = request_->authority;
  record_.path = request_->path;
  record_.listener = client.listener->settings.name;
  record_.route = route_ == nullptr ? std::string_view() : route_->settings.name;
  record_.pool = pool_ == nullptr ? std::string_view() : pool_->name;
  record_.endpoint = attempts_ == 0 ? std::string_view() : record_.attempts[attempts_ - 1].endpoint;
  record_.cohort = selection_.cohort.hash;
  record_.minor = request_->minor;
  record_.error = error;
  record_.generation = snapshot_->generation;
  record_.bytes_in = client_->bytes_in();
  record_.bytes_out = client_->bytes_out();
  record_.total = total;
  worker_.write_access_log(record_);
}

}  // namespace segue::proxy

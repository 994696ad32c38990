// The course of an exchange: send, wait, relay, end; and what happens when it does not go that way.
#include "proxy/exchange.h"

#include <algorithm>

#include "lib/base/check.h"
#include "lib/http/field.h"
#include "lib/http/status.h"
#include "proxy/attempt.h"
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
  replay_.clear();
  total_deadline_ = sent_at_ = queued_at_ = dialled_at_ = Instant{};
  selection_ = {};
  body_bytes_ = 0;
  tried_destinations_ = attempts_ = repeats_in_pool_ = 0;
  state_ = State::kIdle;
  request_ended_ = end_sent_ = response_ended_ = false;
  replayable_ = true;
  held_client_ = probe_ = retry_taken_ = fresh_only_ = false;
  client_half_ended_ = upstream_half_ended_ = false;
  client_slow_ = upstream_slow_ = false;
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

bool Exchange::exceeds_body_limit(std::uint64_t bytes) const noexcept {
  const std::uint64_t limit = snapshot_->config->limits.body;
  return limit > 0 && bytes > limit;
}

// One attempt.

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
  upstream_->expect(request_->method_id, request_->upgrade, endpoint_->address);
  upstream_->send_head(*request_, extra_, request_->body);
  if (!replay_.empty()) upstream_->send_body(replay_);
  if (request_ended_) {
    upstream_->send_end({});
    end_sent_ = true;
  }
  touch();
  arm_for_state();
  if (held_client_) {
    held_client_ = false;
    client_->resume(Hold::kNotConnected);
  }
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

void Exchange::FromClient::on_full() {
  exchange.client_slow_ = true;
  if (exchange.upstream_ != nullptr) exchange.upstream_->hold(Hold::kPeerFull);
}

void Exchange::FromClient::on_drained() {
  exchange.client_slow_ = false;
  exchange.touch();
  if (exchange.upstream_ != nullptr) exchange.upstream_->resume(Hold::kPeerFull);
}

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

void Exchange::FromUpstream::on_full() {
  exchange.upstream_slow_ = true;
  if (exchange.client_ != nullptr) exchange.client_->hold(Hold::kPeerFull);
}

void Exchange::FromUpstream::on_drained() {
  exchange.upstream_slow_ = false;
  exchange.touch();
  if (exchange.client_ != nullptr) exchange.client_->resume(Hold::kPeerFull);
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
  failed.body_replayable = replayable_;
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

// The response.

void Exchange::FromUpstream::on_head(http::Head& head) {
  Exchange& x = exchange;
  if (head.status == 101) {
    if (x.offered(head)) return x.begin_tunnel(head);
    x.note_outcome(true);
    return x.reply({Fault::kBadMessage, Side::kUpstream, Rule::kUpgrade});
  }
  if (head.status < 200) {
    // RFC 9110 §15.2: an HTTP/1.0 client knows no interim responses.
    x.touch();
    if (x.request_->minor == 1) x.client_->send_head(head, {}, {});
    return;
  }
  x.on_response_head(head);
}

void Exchange::on_response_head(http::Head& head) {
  step(Event::kFinalHead);
  record_.status = head.status;
  record_.first_byte = now() - sent_at_;
  note_outcome(telemetry::is_gateway_error(head.status));
  BodyLength body = head.body;
  const bool unframed =
      body.kind == BodyLength::Kind::kUntilClose || body.kind == BodyLength::Kind::kChunked;
  // RFC 9112 §6.1: no chunked for HTTP/1.0; for the others it frees the connection for the next
  // request.
  if (unframed)
    body.kind = request_->minor == 0 ? BodyLength::Kind::kUntilClose : BodyLength::Kind::kChunked;
  response_framing_ = head.body.kind;
  if (const http::Field* location = head.find(http::FieldId::kLocation))
    rewrite_location(head, *location);
  client_->send_head(head, {}, body);
  replay_.clear();
  touch();
  if (head.body.kind != BodyLength::Kind::kNone) arm_for_state();
}

/// Rewrites a Location that names exactly the endpoint's own origin to the one the client used;
/// every other Location is somebody's intention.
void Exchange::rewrite_location(http::Head& head, const http::Field& location) {
  const std::string_view scheme = pool().settings.tls.enabled ? "https://" : "http://";
  const std::string_view value = location.value;
  const std::string_view origin = endpoint_->address;
  if (request_->authority.empty() || value.size() < scheme.size() + origin.size() ||
      !http::same_name(value.substr(0, scheme.size()), scheme) ||
      !http::same_name(value.substr(scheme.size(), origin.size()), origin))
    return;
  const std::string_view rest = value.substr(scheme.size() + origin.size());
  if (!rest.empty() && rest.front() != '/' && rest.front() != '?' && rest.front() != '#') return;
  location_ = client_->info().encrypted() ? "https://" : "http://";
  location_ += request_->authority;
  location_ += rest;
  for (http::Field& field : head.fields)
    if (&field == &location) field.value = location_;
}

void Exchange::FromUpstream::on_body(Bytes bytes) {
  Exchange& x = exchange;
  x.touch();
  x.client_->send_body(bytes);
}

void Exchange::FromUpstream::on_end(std::span<const http::Field> trailers) {
  Exchange& x = exchange;
  if (x.state_ == State::kTunnel) {
    x.upstream_half_ended_ = true;
    x.client_->send_end({});
    return x.tunnel_half_ended();
  }
  x.response_ended_ = true;
  x.client_->send_end(trailers);
  x.finish({}, x.request_ended_ ? After::kNext : After::kLinger);
}

/// Whether the protocol that a 101 switches to is one the client offered (RFC 9110 §15.2.2).
bool Exchange::offered(const http::Head& head) const {
  const http::Field* chosen = head.find(http::FieldId::kUpgrade);
  if (chosen == nullptr) return false;
  bool fits = false;
  for (const http::Field& field : request_->fields)
    if (field.id == http::FieldId::kUpgrade && http::has_token(field.value, chosen->value))
      fits = true;
  return fits;
}

void Exchange::begin_tunnel(http::Head& head) {
  step(Event::kSwitched);
  record_.status = head.status;
  record_.first_byte = now() - sent_at_;
  note_outcome(false);
  client_->send_head(head, {}, {});
  upstream_->become_tunnel();
  touch();
  arm_for_state();
  client_->become_tunnel();
}

void Exchange::tunnel_half_ended() {
  if (client_half_ended_ && upstream_half_ended_) finish({}, After::kClose);
}

// Time.

void Exchange::touch() noexcept {
  touched_at_ = worker_.loop().turn();
}

Millis Exchange::idle_limit() const {
  const conf::Timeouts& timeouts = snapshot_->config->timeouts;
  if (state_ == State::kTunnel) return timeouts.tunnel_idle;
  if (state_ == State::kWaiting) return timeouts.body_idle;
  return response_framing_ == BodyLength::Kind::kLength ? timeouts.body_idle : timeouts.stream_idle;
}

void Exchange::arm_for_state() {
  const Instant turn = worker_.loop().turn();
  Instant at;
  switch (state_) {
    case State::kQueued: at = queued_at_ + pool().settings.queue_timeout; break;
    case State::kConnecting:
      at = turn + route_->settings.connect_timeout.value_or(pool().settings.connect_timeout);
      break;
    case State::kWaiting:
      at = turn + (request_ended_ ? route_->settings.response_timeout : idle_limit());
      break;
    case State::kRelaying:
    case State::kTunnel: at = touched_at_ + idle_limit(); break;
    default: return;
  }
  if (state_ < State::kRelaying && total_deadline_ && total_deadline_ < at) at = total_deadline_;
  worker_.loop().deadlines().arm(deadline_, at);
}

void Exchange::on_deadline(Deadline&) {
  const Instant turn = now();
  const bool out_of_time = state_ < State::kRelaying && total_deadline_ && turn >= total_deadline_;
  const bool idles = state_ == State::kRelaying || state_ == State::kTunnel ||
                     (state_ == State::kWaiting && !request_ended_);
  if (!out_of_time && idles && turn < touched_at_ + idle_limit()) {
    worker_.loop().deadlines().arm(deadline_, touched_at_ + idle_limit());
    return;
  }
  switch (state_) {
    case State::kRouting:
      if (!out_of_time) return try_endpoint();
      return reply({Fault::kFirstByteTimeout, Side::kUpstream});
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
  if (state_ != State::kReplying) record_.phase = error ? phase_now() : Phase::kDone;
  if (upstream_ != nullptr) {
    const bool clean = response_ended_ && end_sent_;
    clean ? upstream_->release() : upstream_->abort();
    upstream_ = nullptr;
  }
  if (after == After::kNext || after == After::kClose) worker_.gather().flush();
  record(error);
  if (endpoint_ != nullptr) end_attempt(false, false);
  if (series_ != nullptr) series_->in_flight.sub();
  if (retry_taken_) worker_.give_retry();
  step(Event::kEnd);
  Client* client = client_;
  client_ = nullptr;
  worker_.give_exchange(this);
  client->end_exchange(after);
}

Phase Exchange::phase_now() const noexcept {
  switch (state_) {
    case State::kIdle:
    case State::kRouting: return Phase::kRouting;
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

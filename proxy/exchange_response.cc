// The response on its way back, and the tunnel that a 101 makes of a connection.
#include "lib/http/field.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "telemetry/classify.h"

namespace segue::proxy {

using http::BodyLength;

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
    if (head.status == 100 && x.continued_) return;  // the client has had its 100
    if (x.request_->minor == 1) x.client_->send_head(head, {}, {});
    return;
  }
  x.on_response_head(head);
}

void Exchange::on_response_head(http::Head& head) {
  if (!route_->settings.lookup_on.empty() && look_elsewhere(head)) return;
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
  if (visiting_ || snapshot_->has_sessions) guard_cookies(head);
  if (unframed) count_open(Open::kStream);
  if (const http::Field* location = head.find(http::FieldId::kLocation))
    rewrite_location(head, *location);
  client_->send_head(head, visiting_ ? fields_for_visitor(head) : std::span<const http::Field>(),
                     body);
  if (replay_sent_ == replay_.size()) drop_held();
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

void Exchange::FromUpstream::on_piped(SplicePipe& pipe) {
  exchange.touch();
  exchange.client_->send_piped(pipe);
}

bool Exchange::FromUpstream::takes_pipe() const noexcept {
  return exchange.client_ != nullptr && exchange.client_->takes_pipe();
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
  count_open(Open::kTunnel);
  client_->send_head(head, visiting_ ? fields_for_visitor(head) : std::span<const http::Field>(),
                     {});
  upstream_->become_tunnel();
  touch();
  arm_for_state();
  client_->become_tunnel();
}

void Exchange::tunnel_half_ended() {
  if (client_half_ended_ && upstream_half_ended_) finish({}, After::kClose);
}

}  // namespace segue::proxy

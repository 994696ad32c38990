// How an exchange finds its place: route, cohort, pool, endpoint, and the queue when all are busy.
#include <algorithm>

#include "lib/http/field.h"
#include "proxy/exchange.h"
#include "proxy/proxy_protocol.h"
#include "proxy/worker.h"
#include "routing/route_table.h"

namespace segue::proxy {

/// Whether the listener sends this request to https.
bool Exchange::is_redirected() const noexcept {
  const conf::Listener& listener = client_->info().listener->settings;
  if (listener.redirect_https == 0) return false;
  for (const std::string& prefix : listener.redirect_except)
    if (request_->path.starts_with(prefix)) return false;
  return true;
}

void Exchange::redirect() {
  constexpr std::uint32_t kHttps = 443;
  const std::uint32_t port = client_->info().listener->settings.redirect_https;
  const std::string_view authority = request_->authority;
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && authority.back() != ']';
  const std::string_view host = has_port ? authority.substr(0, colon) : authority;
  if (host.empty()) return reply({Fault::kBadMessage, Side::kClient, Rule::kHostMissing});
  // 308 keeps method and body: a webhook that is redirected is still a POST (RFC 9110 §15.4.9).
  std::string fields = "Location: https://" + std::string(host);
  if (port != kHttps) fields += ":" + std::to_string(port);
  fields += request_->path.starts_with('/') ? request_->path : "/";
  if (request_->has_query) fields += "?" + std::string(request_->query);
  fields += "\r\n";
  answer(308, fields, {});
  finish({}, request_ended_ ? After::kNext : After::kLinger);
}

void Exchange::route() {
  if (is_redirected()) return redirect();
  const routing::RouteTable::Match match = snapshot_->table->find(*request_);
  if (match.ambiguous) return reply({Fault::kAmbiguousTarget, Side::kClient});
  if (!match.route.valid()) return reply({Fault::kNoRoute, Side::kClient});
  route_ = &snapshot_->route(match.route);
  if (route_->settings.total_timeout.count() > 0)
    total_deadline_ = worker_.loop().turn() + route_->settings.total_timeout;
  if (route_->settings.kind == conf::Route::Kind::kWebhook || !route_->cohort.bodies().empty()) {
    const routing::Delivery delivery = routing::delivery_of(*request_);
    forge_ = delivery.forge;
    record_.delivery = delivery.id;
    record_.event = delivery.event;
  }
  if (route_->visits ||
      (snapshot_->has_sessions && request_->find(http::FieldId::kCookie) != nullptr))
    begin_visit();
  choose(nullptr);
}

/// Goes to the pool of the request's cohort; `body` is what its body says, null before it was read.
void Exchange::choose(const routing::BodyKey* body) {
  const ClientInfo client = client_->info();
  selection_.cohort = route_->cohort.find(*request_, client_address(*request_, client),
                                          worker_.rng().next(), session_cohort(), body);
  if (selection_.cohort.found == routing::CohortKeys::Found::kNeedsBody)
    return begin_reading(selection_.cohort.index);
  const routing::Placement placement = first_place();
  record_.why = routing::to_string(placement.why);
  go_to(placement);
}

routing::Placement Exchange::first_place() {
  if (visiting_) settle_visit();
  const std::string_view name = selection_.cohort.name;
  if (!name.empty()) selection_.alias = routing::cohort_hash(name);
  const routing::CohortKeys::Found found = selection_.cohort.found;
  record_.has_cohort = found == routing::CohortKeys::Found::kKey;
  record_.cohort_key = selection_.cohort.key;
  record_.cohort_name = name;
  if (found == routing::CohortKeys::Found::kUnknown)
    worker_.counters().series.at(route_->destinations[route_->unknown].series).unknown.add();
  return routing::place(*snapshot_, *route_, selection_);
}

/// Where it goes when the pools it tried could not take it.
routing::Placement Exchange::other_place() const {
  if (looking_) return next_lookup();
  return routing::next_place(*snapshot_, *route_, selection_, tried_destinations_);
}

/// Tries the endpoints of the pool at `place`; with nobody left the client is told so.
void Exchange::go_to(const routing::Placement& place) {
  const std::size_t destination = place.destination;
  if (destination == routing::Placement::kNone) return reply({Fault::kNoEndpoint, Side::kUpstream});
  if (series_ != nullptr) series_->in_flight.sub();
  tried_destinations_ |= 1u << destination;
  pool_ = &snapshot_->pool(route_->destinations[destination].pool);
  series_ = &worker_.counters().series.at(route_->destinations[destination].series);
  series_->in_flight.add();
  if (place.why == routing::Placement::Why::kFallback) series_->fallbacks.add();
  repeats_in_pool_ = 0;
  fresh_only_ = false;
  try_endpoint();
}

void Exchange::try_endpoint() {
  // First come, first served: who queues already goes before who comes now.
  if (!queued_at_ && worker_.pool(pool().id).queued > 0) return enqueue();
  const routing::Picker::Choice choice = worker_.picker().pick(
      pool(), worker_.loads(), worker_.share_of(pool().settings.in_flight_max),
      {tried_.data(), std::min<std::size_t>(attempts_, tried_.size())}, worker_.loop().turn());
  if (choice.endpoint != nullptr) return take_endpoint(choice);
  if (choice.full) return enqueue();
  go_to(other_place());
}

void Exchange::enqueue() {
  PoolState& state = worker_.pool(pool().id);
  const bool again = static_cast<bool>(queued_at_);  // woken, and somebody else was quicker
  if (!again && state.queued >= worker_.share_of(pool().settings.queue_max))
    return reply({Fault::kQueueFull, Side::kUpstream});
  step(Event::kFull);
  waiting_.exchange = this;
  if (again) {
    state.queue.push_front(waiting_);
  } else {
    state.queue.push_back(waiting_);
    queued_at_ = now();
  }
  ++state.queued;
  hold_body();
  arm_for_state();
}

void Exchange::leave_queue() {
  if (!waiting_.link.linked()) return;
  waiting_.link.unlink();
  --worker_.pool(pool().id).queued;
}

void Exchange::on_slot() {
  leave_queue();
  step(Event::kSlot);
  try_endpoint();
}

/// What a fresh connection of this pool begins with.
std::string Exchange::proxy_header() const {
  const conf::ProxyProtocol version = pool().settings.proxy_protocol;
  if (version == conf::ProxyProtocol::kOff) return {};
  const SocketAddress from = client_->peer_address(), to = client_->local_address();
  return version == conf::ProxyProtocol::kV1 ? make_proxy_header_v1(from, to)
                                             : make_proxy_header_v2(from, to);
}

void Exchange::take_endpoint(const routing::Picker::Choice& choice) {
  step(Event::kPicked);
  if (queued_at_) record_.queue = now() - queued_at_;
  queued_at_ = {};
  endpoint_ = choice.endpoint;
  probe_ = choice.probe;
  const EndpointId id = endpoint_->id;
  telemetry::EndpointCells& cells = *worker_.endpoint(id).cells;
  cells.requests.add();
  cells.in_flight.set(++worker_.loads()[id.index()].in_flight);
  telemetry::AttemptRecord& attempt = record_.attempts[attempts_];
  attempt = {pool().name, endpoint_->address, Fault::kNone, false, attempts_ > 0, proof_};
  if (attempts_ > 0) series_->retries[static_cast<std::size_t>(proof_)].add();
  tried_[attempts_] = id;
  record_.attempts_count = ++attempts_;

  const bool private_connection = pool().settings.proxy_protocol != conf::ProxyProtocol::kOff;
  if (!fresh_only_ && !private_connection) {
    const auto look = http::is_idempotent(request_->method_id) ? ConnPool::Look::kQuick
                                                               : ConnPool::Look::kCareful;
    upstream_ = worker_.connections().take(id, look);
  }
  if (upstream_ != nullptr) {
    attempt.reused = true;
    upstream_->attach(from_upstream_);
    step(Event::kConnected);
    return send_request();
  }
  dialled_at_ = now();
  hold_body();
  Error error;
  UpstreamH1* connection = worker_.connections().make(id);
  if (!connection->dial({endpoint_->socket, endpoint_->address, proxy_header()}, from_upstream_,
                        error))
    return attempt_failed(error);
  upstream_ = connection;
  arm_for_state();
}

}  // namespace segue::proxy

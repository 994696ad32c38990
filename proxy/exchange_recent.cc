// What is remembered of an exchange, for operators who ask where something went.
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace segue::proxy {

void Exchange::remember() {
  const std::uint64_t wall_ms = wall_clock_ms();
  if (record_.has_cohort && pool_ != nullptr) {
    telemetry::Sighting sighting;
    sighting.route = route_->id;
    sighting.pool = pool_->id;
    sighting.hash = selection_.cohort.hash;
    sighting.alias = selection_.alias;
    sighting.key = record_.cohort_key;
    sighting.name = record_.cohort_name;
    sighting.session = visiting_ && visit_->has_session;
    worker_.recent().saw(sighting, wall_ms);
  }
  if (record_.delivery.empty()) return;
  telemetry::RecentDelivery& delivery = worker_.recent().next_delivery();
  delivery.route = route_->id;
  if (pool_ != nullptr) delivery.pool = pool_->id;
  delivery.wall_ms = wall_ms;
  delivery.hash = selection_.cohort.hash;
  delivery.generation = snapshot_->generation;
  delivery.id.set(record_.delivery);
  delivery.request_id.set(forwarded_.request_id());
  delivery.event.set(record_.event);
  delivery.key.set(record_.cohort_key);
  delivery.name.set(record_.cohort_name);
  if (attempts_ > 0) delivery.endpoint.set(record_.attempts[attempts_ - 1].endpoint);
  delivery.why = record_.why;
  delivery.status = record_.status;
  delivery.attempts = static_cast<std::uint8_t>(attempts_);
  if (attempts_ > 0) delivery.fault = record_.attempts[attempts_ - 1].fault;
}

}  // namespace segue::proxy

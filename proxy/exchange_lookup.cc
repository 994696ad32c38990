// Deep links: what one pool has nothing for is asked at the others, in order.
#include <algorithm>

#include "proxy/exchange.h"
#include "proxy/worker.h"
#include "telemetry/classify.h"

namespace segue::proxy {

/// The pool to ask next: of the split in its order, whatever its weight, then of the fallback.
routing::Placement Exchange::next_lookup() const noexcept {
  for (std::size_t i = 0; i < route_->destinations.size(); ++i) {
    const bool tried = (tried_destinations_ >> i & 1) != 0;
    if (!tried && snapshot_->pool(route_->destinations[i].pool).eligible)
      return {routing::Placement::Why::kLookup, i};
  }
  return {};
}

/// Whether the pool's word is final: there is nobody else to ask, or it must not be.
bool Exchange::is_final(const http::Head& head) const noexcept {
  const std::vector<std::uint16_t>& statuses = route_->settings.lookup_on;
  const bool asks_further =
      std::find(statuses.begin(), statuses.end(), head.status) != statuses.end() ||
      (looking_ && telemetry::is_gateway_error(head.status));
  if (!asks_further) return true;
  const bool may_ask =
      (request_->method_id == http::Method::kGet || request_->method_id == http::Method::kHead) &&
      !has_body_ && !request_->upgrade;
  if (!may_ask) return true;
  // Who named the pool wants its word.
  const routing::PinTable::Pin* pin = routing::pin_of(*route_, selection_);
  return selection_.chosen != routing::Selection::kNone || (pin != nullptr && pin->hard);
}

/// Takes a final head that another pool may know better; false when it is to be passed on.
bool Exchange::look_elsewhere(const http::Head& head) {
  if (is_final(head)) return false;
  const bool failed = telemetry::is_gateway_error(head.status);
  const bool in_time = !total_deadline_ || worker_.loop().turn() < total_deadline_;
  const routing::Placement place = next_lookup();
  const bool possible =
      in_time && attempts_ < tried_.size() && place.destination != routing::Placement::kNone;
  if (!possible && !failed) return false;
  if (visiting_ && !looking_) visit_->answered = destination_now();
  looking_ = true;
  note_outcome(failed);
  if (!possible) {
    reply({Fault::kLookupFailed, Side::kUpstream});
    return true;
  }
  deadline_.disarm();
  upstream_->discard();
  upstream_ = nullptr;
  end_attempt(false, false);
  proof_ = telemetry::Proof::kLookup;
  step(Event::kElsewhere);
  go_to(place);
  return true;
}

}  // namespace segue::proxy

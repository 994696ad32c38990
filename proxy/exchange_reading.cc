// A request whose cohort only its body knows: the body is read and held until the cohort is known,
// and goes on from there as if it had just begun to come in.
#include "lib/http/status.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace segue::proxy {

/// Looks for the first `sources` of the route's sources in the body.
void Exchange::begin_reading(std::size_t sources) {
  step(Event::kNeedsBody);
  reads_body_ = true;
  if (exceeds_body_limit(request_->body.bytes)) return reply({Fault::kBodyTooLarge, Side::kClient});
  scan_ = worker_.scans().take();
  scan_->begin(route_->cohort.bodies(), sources, routing::body_form(*request_), forge_);
  if (request_->expects_continue) send_continue();
  touch();
  arm_for_state();
}

/// Whoever needs the body asks for it (RFC 9110 §10.1.1): who comes behind us has it at once, and
/// neither is asked nor asks again.
void Exchange::send_continue() {
  continued_ = true;
  http::Head head;
  head.status = 100;
  head.reason = http::reason_phrase(head.status);
  client_->send_head(head, {}, {});
  for (http::Field& field : request_->fields)
    if (field.id == http::FieldId::kExpect) field.hop_by_hop = true;
}

/// The next piece of the body. What makes the cohort known is not held but passed on, so that a
/// body that comes in one piece is copied no more often than any other.
void Exchange::read_on(Bytes bytes) {
  if (scan_->feed(bytes) == routing::BodyScan::State::kMore) {
    hold(bytes);
    return;
  }
  const bool first = replay_.empty();
  if (!first && !hold(bytes)) return;
  feeding_ = true;
  end_reading();
  if (first) pass_on(bytes);
  feeding_ = false;
  resume_body();
}

/// The cohort is known, or known not to be in the body.
void Exchange::end_reading() {
  deadline_.disarm();
  step(Event::kBodyRead);
  routing::BodyKey key = scan_->key();
  // The scan is for the next body; what it has found lasts as long as the exchange.
  body_key_ = key.text;
  body_name_ = key.alias;
  key.text = body_key_;
  key.alias = body_name_;
  worker_.scans().give(std::move(scan_));
  choose(&key);
}

}  // namespace segue::proxy

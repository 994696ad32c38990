// What may come before the first request of a client connection: a PROXY protocol header, and the
// TLS handshake.
#include <utility>

#include "proxy/client_h1.h"
#include "proxy/proxy_protocol.h"
#include "proxy/worker.h"

namespace segue::proxy {

void ClientH1::read_proxy_header() {
  if (intake_ == nullptr) intake_ = worker_.intakes().take();
  http::HeadBuffer& buffer = intake_->buffer;
  const net::ReadResult got = tcp_.read(buffer.space());
  if (got.kind == net::ReadResult::Kind::kAgain) return;
  if (got.kind != net::ReadResult::Kind::kBytes || !trusted_) return close();
  buffer.filled(got.bytes);
  const ProxyHeader header = parse_proxy_header(buffer.unread());
  if (header.outcome == ProxyHeader::Outcome::kMore) return;
  if (header.outcome == ProxyHeader::Outcome::kBad) return close();
  buffer.take(header.bytes);
  if (header.source.family() != AF_UNSPEC) {
    host_size_ = static_cast<std::uint8_t>(header.source.write_host(host_.data()));
    port_ = header.source.port();
    trusted_ = contains(listener_->trusted, header.source);
  }
  buffer.compact();
  if (listener_->tls != nullptr) {
    const Bytes unread = buffer.unread();
    const std::string early(unread.data(), unread.size());
    worker_.intakes().give(std::move(intake_));
    return begin_tls(early);
  }
  if (buffer.empty()) {
    worker_.intakes().give(std::move(intake_));
    return await_request();
  }
  intake_->parser.begin(http::H1Parser::Kind::kRequest, worker_.head_limits());
  phase_ = Phase::kHead;
  began_us_ = now().us;
  process();
}

void ClientH1::begin_tls(std::string_view early) {
  if (!worker_.take_handshake()) {
    worker_.counters().listeners.at(listener_->id).refused.add();
    return close();
  }
  phase_ = Phase::kHandshake;
  arm(worker_.snapshot()->config->timeouts.tls_handshake);
  net::TransportEvents& events = *this;
  tls_ = std::make_unique<net::Tls>(worker_.loop(), tcp_, events, listener_->tls);
  wire_ = tls_.get();
  wire_->read_start();
  tls_->start(early);
}

/// The handshake is over, however it went.
void ClientH1::end_handshake() {
  worker_.give_handshake();
  telemetry::ListenerCells& cells = worker_.counters().listeners.at(listener_->id);
  if (tls_->failed()) {
    cells.tls_failed.add();
  } else {
    (tls_->resumed() ? cells.tls_resumed : cells.tls_full).add();
  }
}

void ClientH1::on_connected() {
  end_handshake();
  if (auto shown = net::peer_certificate(tls_->ssl()))
    certificate_.reset(new ClientCertificate{std::move(shown->subject), std::move(shown->sha256)});
  await_request();
}

}  // namespace segue::proxy

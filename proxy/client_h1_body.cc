// The body of a client's request, or its side of a tunnel, on its way in.
#include <algorithm>

#include "proxy/body_reader.h"
#include "proxy/client_h1.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace segue::proxy {

using http::BodyLength;

void ClientH1::read_body() {
  if (phase_ == Phase::kBody && intake_ != nullptr && !intake_->buffer.unread().empty()) {
    process_rest();
    return;
  }
  BodyReader(*this).read();
}

http::StreamEvents* ClientH1::receiver() noexcept {
  return exchange_ == nullptr ? nullptr : &exchange_->from_client();
}

std::uint64_t ClientH1::left() const noexcept {
  if (phase_ == Phase::kTunnel) return Bulk::kEndless;
  if (phase_ != Phase::kBody) return 0;
  return request_framing_ == BodyLength::Kind::kChunked ? intake_->parser.chunk_left() : remaining_;
}

bool ClientH1::is_reading() const noexcept {
  return holds_ == 0 && !peer_ended_ && (phase_ == Phase::kBody || phase_ == Phase::kTunnel);
}

std::uint64_t ClientH1::chunk() const noexcept {
  const bool chunked = phase_ == Phase::kBody && request_framing_ == BodyLength::Kind::kChunked;
  return chunked && intake_ != nullptr ? intake_->parser.chunk_bytes() : 0;
}

void ClientH1::skip(std::size_t bytes) noexcept {
  bytes_in_ += bytes;
  if (phase_ != Phase::kBody) return;
  if (request_framing_ == BodyLength::Kind::kChunked) {
    intake_->parser.skip_chunk_data(bytes);
  } else {
    remaining_ -= bytes;
  }
}

bool ClientH1::end_if_whole() {
  if (phase_ != Phase::kBody || request_framing_ == BodyLength::Kind::kChunked || remaining_ > 0)
    return false;
  end_request({});
  return true;
}

void ClientH1::feed(Bytes bytes) {
  if (phase_ == Phase::kTunnel) {
    bytes_in_ += bytes.size();
    exchange_->from_client().on_body(bytes);
    return;
  }
  if (request_framing_ == BodyLength::Kind::kChunked) return feed_chunked(bytes);
  const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
  remaining_ -= n;
  bytes_in_ += n;
  if (n < bytes.size()) intake_->buffer.append(bytes.subspan(n));
  exchange_->from_client().on_body(bytes.first(n));
  if (remaining_ == 0 && phase_ == Phase::kBody) end_request({});
}

void ClientH1::feed_chunked(Bytes bytes) {
  const Result<std::size_t> consumed = intake_->parser.feed_chunked(bytes, *this);
  if (phase_ != Phase::kBody) return;  // the exchange ended meanwhile
  if (!consumed || intake_->parser.done()) pass_pipe(worker_.pipe(), receiver());
  if (phase_ != Phase::kBody) return;
  if (!consumed) return exchange_->from_client().on_failed(consumed.error());
  bytes_in_ += *consumed;
  if (!intake_->parser.done()) return;
  if (*consumed < bytes.size()) intake_->buffer.append(bytes.subspan(*consumed));
  end_request(intake_->parser.trailers());
}

void ClientH1::on_chunk_data(Bytes bytes) {
  pass_pipe(worker_.pipe(), receiver());
  if (phase_ == Phase::kBody) exchange_->from_client().on_body(bytes);
}

void ClientH1::end_request(std::span<const http::Field> trailers) {
  phase_ = Phase::kAnswering;
  exchange_->from_client().on_end(trailers);
}

}  // namespace segue::proxy

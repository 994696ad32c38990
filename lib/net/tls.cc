// Records in and out, and the handshake before them.
#include "lib/net/tls.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "lib/base/check.h"

namespace segue::net {
namespace {

// After a quiet second the first records are short, so that a page's first bytes can be read before
// a whole record has crossed a slow network; then they grow to what costs least.
constexpr std::size_t kShortRecord = 4 * 1024;
constexpr std::uint32_t kRampBytes = 64 * 1024;
constexpr Millis kQuiet{1000};

/// SSL_get_error() looks at the thread's queue, so it is empty before every call. Whoever fails
/// leaves it so; asking is cheap, clearing is not.
void clear_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

bool begins_like_http(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

const BIO_METHOD* Tls::method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "segue");
    SEGUE_CHECK(made != nullptr, "memory for OpenSSL at start");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

Tls::Tls(Loop& loop, Tcp& tcp, TransportEvents& events, std::shared_ptr<const TlsServer> server)
    : loop_(loop),
      buffers_(loop.tls_buffers()),
      tcp_(tcp),
      events_(events),
      settings_(server),
      serves_(true) {
  attach(server->accept());
}

Tls::Tls(Loop& loop, Tcp& tcp, TransportEvents& events, std::shared_ptr<const TlsClient> client,
         const std::string& host, TlsSession* session)
    : loop_(loop),
      buffers_(loop.tls_buffers()),
      tcp_(tcp),
      events_(events),
      settings_(client),
      serves_(false) {
  attach(client->connect(host, session));
}

Tls::~Tls() {
  soon_link.unlink();
  if (gone_ != nullptr) *gone_ = true;
}

void Tls::attach(SslPtr ssl) {
  ssl_ = std::move(ssl);
  BIO* bio = BIO_new(method());
  SEGUE_CHECK(bio != nullptr, "memory for a TLS connection");
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  tcp_.set_events(*this);
}

// The seam with OpenSSL: never an event from in here.

int Tls::bio_read(BIO* bio, char* out, int size) {
  auto* tls = static_cast<Tls*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (tls->input_.empty() && !tls->drained_) {
    const std::size_t window = tls->bulk_ ? TlsBuffers::kWindowBulkBytes : TlsBuffers::kWindowBytes;
    const ReadResult got = tls->tcp_.read({tls->buffers_.window.get(), window});
    tls->drained_ = true;
    switch (got.kind) {
      case ReadResult::Kind::kBytes:
        // A short read has emptied the socket; a full one may not have.
        tls->drained_ = got.bytes < window;
        tls->bulk_ = got.bytes >= TlsBuffers::kWindowBytes;
        tls->input_ = {tls->buffers_.window.get(), got.bytes};
        break;
      case ReadResult::Kind::kAgain: break;
      case ReadResult::Kind::kEnd: return 0;
      case ReadResult::Kind::kFailed: return -1;
    }
  }
  if (tls->input_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t n = std::min(tls->input_.size(), static_cast<std::size_t>(size));
  std::memcpy(out, tls->input_.data(), n);
  tls->input_.remove_prefix(n);
  return static_cast<int>(n);
}

int Tls::bio_write(BIO* bio, const char* bytes, int size) {
  auto* tls = static_cast<Tls*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const auto n = static_cast<std::size_t>(size);
  if (tls->join_flight_ && tls->flight_bytes_ + n <= TlsBuffers::kRecordBytes) {
    std::memcpy(tls->buffers_.flight.get() + tls->flight_bytes_, bytes, n);
    tls->flight_bytes_ += n;
    return size;
  }
  tls->flush_flight();
  const iovec piece{const_cast<char*>(bytes), n};
  tls->pressure_ = tls->more_ ? tls->tcp_.write_more({&piece, 1}) : tls->tcp_.write({&piece, 1});
  return size;
}

long Tls::bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

void Tls::flush_flight() {
  if (flight_bytes_ == 0) return;
  const iovec piece{buffers_.flight.get(), flight_bytes_};
  flight_bytes_ = 0;
  pressure_ = tcp_.write({&piece, 1});
}

// The handshake.

void Tls::start(std::string_view early) {
  tcp_.read_start();
  if (!serves_) return handshake();  // the client speaks first
  if (!early.empty()) first_bytes(early);
}

/// OpenSSL would answer plain HTTP with an alert that no browser shows.
void Tls::first_bytes(std::string_view bytes) {
  looked_ = true;
  if (begins_like_http(bytes.front())) return refuse(Fault::kNotTls, "plain HTTP");
  rest_ = std::make_unique<std::string>(bytes);
  handshake();
}

void Tls::handshake() {
  const std::string kept = take_rest();
  input_ = kept;
  join_flight_ = true;
  ERR_clear_error();
  const int outcome = SSL_do_handshake(ssl_.get());
  const int error = outcome == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), outcome);
  join_flight_ = false;
  flush_flight();
  if (error == SSL_ERROR_NONE) {
    keep_rest();
    handshaking_ = false;
    if (!reading_) {
      tcp_.read_stop();
    } else if (has_buffered()) {
      loop_.soon(*this);
    }
    return events_.on_connected();
  }
  if (error == SSL_ERROR_WANT_READ) return keep_rest();
  input_ = {};
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE) {
    ERR_clear_error();
    return refuse(Fault::kTlsFailed, X509_verify_cert_error_string(verified));
  }
  const unsigned long code = ERR_peek_error();
  const bool left = error == SSL_ERROR_SYSCALL || error == SSL_ERROR_ZERO_RETURN ||
                    ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  std::string reason = left ? "the peer closed the connection" : take_ssl_error();
  ERR_clear_error();
  refuse(Fault::kTlsFailed, std::move(reason));
}

void Tls::refuse(Fault fault, std::string reason) {
  broken_ = true;
  reason_ = std::make_unique<std::string>(std::move(reason));
  tcp_.read_stop();
  events_.on_failed({fault, serves_ ? Side::kClient : Side::kUpstream});
}

// Events.

void Tls::on_readable() {
  drained_ = false;
  if (!handshaking_) return deliver();
  if (!serves_ || looked_) return handshake();
  const ReadResult got = tcp_.read({buffers_.window.get(), TlsBuffers::kWindowBytes});
  if (got.kind == ReadResult::Kind::kAgain) return;
  if (got.kind != ReadResult::Kind::kBytes)
    return refuse(Fault::kTlsFailed, "the peer closed the connection");
  drained_ = got.bytes < TlsBuffers::kWindowBytes;
  first_bytes({buffers_.window.get(), got.bytes});
}

/// Tells of what can be read until it has been, or until nobody wants it any more.
void Tls::deliver() {
  bool gone = false;
  gone_ = &gone;
  do {
    if (!reading_) break;
    events_.on_readable();
    if (gone) return;
  } while (has_buffered());
  gone_ = nullptr;
}

void Tls::on_soon() {
  drained_ = true;
  if (!broken_ && !handshaking_) deliver();
}

void Tls::on_drained() {
  if (!handshaking_) events_.on_drained();
}

void Tls::on_failed(Error error) {
  if (handshaking_) broken_ = true;
  events_.on_failed(error);
}

// Reading.

bool Tls::has_buffered() const noexcept {
  return rest_ != nullptr || SSL_pending(ssl_.get()) > 0 || end_ != ReadResult::Kind::kAgain;
}

bool Tls::has_input() noexcept {
  if (broken_ || end_ != ReadResult::Kind::kAgain) return true;
  // Tickets and key updates come without being asked for and are no answer: OpenSSL sorts them out.
  const std::string kept = take_rest();
  input_ = kept;
  drained_ = false;
  char byte;
  std::size_t n = 0;
  ERR_clear_error();
  const int outcome = SSL_peek_ex(ssl_.get(), &byte, 1, &n);
  const bool quiet = outcome != 1 && SSL_get_error(ssl_.get(), outcome) == SSL_ERROR_WANT_READ;
  keep_rest();
  return !quiet;
}

std::string Tls::take_rest() {
  const auto rest = std::move(rest_);
  return rest == nullptr ? std::string() : std::move(*rest);
}

/// The window is everybody's: what is left of it is kept aside.
void Tls::keep_rest() {
  if (input_.empty()) return;
  rest_ = std::make_unique<std::string>(input_);
  input_ = {};
}

ReadResult Tls::read(std::span<char> space) {
  if (end_ != ReadResult::Kind::kAgain) return {end_, 0};
  const std::string kept = take_rest();
  input_ = kept;
  std::size_t total = 0;
  while (total < space.size()) {
    std::size_t n = 0;
    clear_errors();
    const int outcome = SSL_read_ex(ssl_.get(), space.data() + total, space.size() - total, &n);
    if (outcome == 1) {
      total += n;
      // Nothing more can come out: OpenSSL need not be asked.
      if (input_.empty() && drained_ && SSL_pending(ssl_.get()) == 0) break;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), outcome);
    if (error == SSL_ERROR_WANT_READ) break;
    // Without close_notify the end may be an attacker's (RFC 8446 §6.1): a failure, not an end.
    end_ = error == SSL_ERROR_ZERO_RETURN ? ReadResult::Kind::kEnd : ReadResult::Kind::kFailed;
    clear_errors();
    break;
  }
  keep_rest();
  if (total > 0) return {ReadResult::Kind::kBytes, total};
  return {end_, 0};
}

void Tls::read_start() {
  reading_ = true;
  if (broken_) return;
  tcp_.read_start();
  if (!handshaking_ && has_buffered()) loop_.soon(*this);
}

void Tls::read_stop() {
  reading_ = false;
  if (!handshaking_) tcp_.read_stop();
}

// Writing.

std::size_t Tls::record_limit() noexcept {
  const Instant turn = loop_.turn();
  if (turn > last_write_ + kQuiet) ramp_ = 0;
  last_write_ = turn;
  return ramp_ < kRampBytes ? kShortRecord : TlsBuffers::kRecordBytes;
}

/// `more`: another one follows in the same write().
void Tls::send_record(const char* bytes, std::size_t size, bool more) {
  std::size_t written = 0;
  clear_errors();
  more_ = more;
  if (SSL_write_ex(ssl_.get(), bytes, size, &written) != 1) {
    ERR_clear_error();
    broken_ = true;
  }
  more_ = false;
  ramp_ = std::min<std::uint32_t>(ramp_ + static_cast<std::uint32_t>(size), kRampBytes);
}

Pressure Tls::write(std::span<const iovec> pieces) {
  if (failed() || handshaking_) return Pressure::kOk;
  pressure_ = Pressure::kOk;
  std::size_t limit = record_limit();
  char* const joined = buffers_.record.get();
  std::size_t filled = 0, unsent = 0;
  for (const iovec& piece : pieces) unsent += piece.iov_len;
  const auto send = [&](const char* bytes, std::size_t size) {
    unsent -= size;
    send_record(bytes, size, unsent > 0);
  };
  for (const iovec& piece : pieces) {
    const char* at = static_cast<const char*>(piece.iov_base);
    std::size_t left = piece.iov_len;
    while (left > 0 && !broken_) {
      if (filled == 0 && left >= limit) {
        send(at, limit);
        at += limit;
        left -= limit;
        limit = record_limit();
        continue;
      }
      const std::size_t n = std::min(left, limit - filled);
      std::memcpy(joined + filled, at, n);
      filled += n;
      at += n;
      left -= n;
      if (filled < limit) continue;
      send(joined, filled);
      filled = 0;
      limit = record_limit();
    }
  }
  if (filled > 0 && !broken_) send(joined, filled);
  return pressure_;
}

// The end.

void Tls::shutdown() {
  if (!end_sent_ && !handshaking_ && !failed()) {
    end_sent_ = true;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  tcp_.shutdown();
}

void Tls::close() {
  // Nothing is missing: say so. What is still queued dies with the socket, and then something is.
  if (tcp_.queued() == 0) shutdown();
  broken_ = true;
  reading_ = false;
  soon_link.unlink();
  tcp_.close();
}

void Tls::reset_on_close() {
  broken_ = true;
  tcp_.reset_on_close();
}

}  // namespace segue::net

// TLS as a Transport over a Tcp: OpenSSL reads ciphertext from a window that one recv has filled
// and hands its records to the socket.
//
// The window belongs to the loop, not to the connection: it is empty again when an event is over,
// what could not be used yet is kept aside. An idle connection holds no buffer at all
// (docs/adr/0013).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/net/loop.h"
#include "lib/net/ssl.h"
#include "lib/net/tcp.h"
#include "lib/net/tls_buffers.h"
#include "lib/net/tls_client.h"
#include "lib/net/tls_server.h"

namespace segue::net {

class Tls final : public Transport, private TransportEvents, private Soon {
 public:
  /// The server's side over a connected `tcp`, whose events it takes. `events` gets on_connected()
  /// after the handshake, or on_failed(). Everything given outlives the Tls.
  Tls(Loop& loop, Tcp& tcp, TransportEvents& events, std::shared_ptr<const TlsServer> server);
  /// The client's side, over a connected `tcp`.
  Tls(Loop& loop, Tcp& tcp, TransportEvents& events, std::shared_ptr<const TlsClient> client,
      const std::string& host, TlsSession* session);
  ~Tls() override;

  /// Begins the handshake. `early` are bytes read from it already.
  void start(std::string_view early);

  ReadResult read(std::span<char> space) override;
  Pressure write(std::span<const iovec> pieces) override;
  void read_start() override;
  void read_stop() override;
  void shutdown() override;
  void close() override;
  void reset_on_close() override;
  bool failed() const noexcept override { return broken_ || tcp_.failed(); }
  std::size_t queued() const noexcept override { return tcp_.queued(); }
  bool has_input() noexcept override;

  /// Why the handshake failed, for people: "certificate has expired". "" for none.
  std::string reason() const { return reason_ == nullptr ? std::string() : *reason_; }

  // After the handshake.
  bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
  /// Null on the server's side.
  const TlsClient* client() const noexcept {
    return serves_ ? nullptr : static_cast<const TlsClient*>(settings_.get());
  }
  SSL* ssl() const noexcept { return ssl_.get(); }

 private:
  static const BIO_METHOD* method();
  static int bio_read(BIO* bio, char* out, int size);
  static int bio_write(BIO* bio, const char* bytes, int size);
  static long bio_control(BIO* bio, int command, long number, void* pointer);

  // TransportEvents, from the Tcp
  void on_connected() override {}
  void on_readable() override;
  void on_drained() override;
  void on_failed(Error error) override;
  void on_soon() override;

  void attach(SslPtr ssl);
  void first_bytes(std::string_view bytes);
  void handshake();
  void deliver();
  std::string take_rest();
  void keep_rest();
  void flush_flight();
  void send_record(const char* bytes, std::size_t size, bool more);
  bool has_buffered() const noexcept;
  void refuse(Fault fault, std::string reason);
  std::size_t record_limit() noexcept;

  Loop& loop_;
  TlsBuffers& buffers_;
  Tcp& tcp_;
  TransportEvents& events_;
  std::shared_ptr<const void> settings_;  // a TlsServer or a TlsClient, see serves_
  SslPtr ssl_;
  std::unique_ptr<std::string> rest_;    // ciphertext that came and could not be used yet
  std::unique_ptr<std::string> reason_;  // of a failed handshake
  std::string_view input_;               // what is left of the window, or of rest_; within an event
  std::size_t flight_bytes_ = 0;         // in buffers_.flight; within a call
  Instant last_write_;
  bool* gone_ = nullptr;    // told when the Tls is destroyed within an event
  std::uint32_t ramp_ = 0;  // bytes sent since the connection was quiet
  const bool serves_;
  bool handshaking_ = true;
  bool looked_ = false;  // at a client's first bytes
  bool reading_ = false;
  bool drained_ = true;  // the socket had no more at the last look
  bool bulk_ = false;    // the next look may bring much
  bool join_flight_ = false;
  bool more_ = false;  // another record follows this one
  bool broken_ = false;
  bool end_sent_ = false;                            // close_notify
  ReadResult::Kind end_ = ReadResult::Kind::kAgain;  // what read() says once all is read
  Pressure pressure_ = Pressure::kOk;
};

}  // namespace segue::net

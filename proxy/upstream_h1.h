// One HTTP/1 connection to an endpoint: dials, sends a request, parses the response, waits for the
// next.
//
// Owned by the ConnPool; an exchange borrows it from take() or dial() until release() or abort().
#pragma once

#include <cstdint>
#include <memory>

#include "lib/base/deadlines.h"
#include "lib/base/gather.h"
#include "lib/http/stream.h"
#include "lib/net/loop.h"
#include "lib/net/tcp.h"
#include "lib/net/tls.h"
#include "proxy/body_writer.h"
#include "proxy/bulk.h"
#include "proxy/endpoint_state.h"
#include "proxy/intake.h"
#include "routing/snapshot.h"

namespace segue::proxy {

class Worker;

/// What a connection tells its exchange, beside the stream's events.
class UpstreamEvents : public http::StreamEvents {
 public:
  virtual void on_connected() = 0;

 protected:
  ~UpstreamEvents() = default;
};

class UpstreamH1 final : public net::Retired,
                         public http::Stream,
                         net::TransportEvents,
                         Gather::Sink,
                         Deadline::Owner,
                         http::H1Parser::BodySink {
 public:
  UpstreamH1(Worker& worker, EndpointId endpoint);
  ~UpstreamH1() override;

  struct Dial {
    const SocketAddress& socket;
    std::string_view address;  ///< as configured: its host is who TLS expects
    std::string preamble;      ///< sent first of all (PROXY protocol)
  };
  /// Begins to connect for `events`; false with the error when it failed at once.
  bool dial(Dial dial, UpstreamEvents& events, Error& error);
  /// An idle connection is taken by `events`.
  void attach(UpstreamEvents& events);

  EndpointId endpoint() const noexcept { return endpoint_; }
  bool reused() const noexcept { return served_ > 0; }
  bool bytes_received() const noexcept { return bytes_received_; }  ///< of the current response
  bool bytes_written() const noexcept {
    return tcp_.sent() != sent_before_;
  }  ///< of the current request
  /// Its last response had no body by rule (HEAD, 204, 304): a server that sent one all the same
  /// may have it still on its way.
  bool is_wary() const noexcept { return response_framing_ == http::BodyLength::Kind::kNone; }
  /// Bytes or the end wait on an idle connection: it is not fit for a request.
  bool is_stale() noexcept { return wire_->has_input(); }
  /// How it is spoken to; null: plain.
  const net::TlsClient* tls() const noexcept { return tls_ == nullptr ? nullptr : tls_->client(); }

  /// The request that send_head() will carry: decides how the response is framed.
  void expect(http::Method method, bool upgrade_asked, std::string_view host) noexcept {
    method_ = method;
    upgrade_asked_ = upgrade_asked;
    host_ = host;
  }

  void send_head(const http::Head& head, std::span<const http::Field> extra,
                 http::BodyLength body) override;
  void send_body(Bytes bytes) override;
  void send_piped(SplicePipe& pipe) override;
  bool takes_pipe() const noexcept override;
  void send_end(std::span<const http::Field> trailers) override;
  void hold(Hold why) override;
  void resume(Hold why) override;

  void become_tunnel();    ///< after a 101: bytes both ways
  void shutdown_tunnel();  ///< the client's half is over
  void end_tunnel();       ///< both are: closes once all has left that came from the client

  /// The exchange is done with it: kept when the response ended cleanly, closed otherwise.
  void release();
  /// The exchange gives up: closed at once.
  void abort();
  /// The exchange does not want this response, whose head it was just given, and has sent the whole
  /// request. What is left of a small body is read and dropped, so that the connection serves
  /// again; a long one, or one that takes its time, costs the connection.
  void discard();

 private:
  friend class ConnPool;
  template <class Connection>
  friend class BodyReader;
  enum class Phase : std::uint8_t { kConnecting, kHead, kBody, kTunnel, kEnded, kIdle, kClosed };

  void on_connected() override;
  void on_readable() override;
  void on_drained() override;
  void on_failed(Error error) override;
  void on_gathered(std::span<const iovec> pieces) override;
  void on_deadline(Deadline& deadline) override;
  void on_chunk_data(Bytes bytes) override;

  void read_head();
  // What BodyReader asks and tells:
  http::StreamEvents* receiver() noexcept;
  std::uint64_t left() const noexcept;
  std::uint64_t chunk() const noexcept;
  bool is_reading() const noexcept;
  void feed(Bytes bytes);
  void skip(std::size_t bytes) noexcept;
  bool end_if_whole();
  void parse_heads();
  void begin_body(const http::Head& head);
  void pass_on(Bytes bytes);
  void feed_chunked(Bytes bytes);
  void end_response(std::span<const http::Field> trailers);
  void fail(Error error);
  void on_peer_end(bool clean);
  bool drops(Bytes bytes);
  void drop_intake();
  void close();

  Worker& worker_;
  net::Tcp tcp_;
  std::unique_ptr<net::Tls> tls_;         // over tcp_; null: plain
  net::Transport* wire_ = &tcp_;          // the one of them that carries HTTP
  std::string preamble_, host_expected_;  // while connecting
  UpstreamEvents* events_ = nullptr;      // null while idle or closed
  std::unique_ptr<Intake> intake_;        // while a head or a chunked body is on its way in
  Deadline deadline_{*this};              // of the idle connection
  IdleLink idle_link_;                    // in EndpointState::idle while kIdle
  Link all_link_;                         // in the pool's list of all connections
  EndpointId endpoint_;
  Phase phase_ = Phase::kConnecting;
  std::uint8_t holds_ = 0;
  http::Method method_ = http::Method::kGet;
  http::BodyLength::Kind response_framing_ = http::BodyLength::Kind::kNone;
  bool upgrade_asked_ = false;
  bool keep_alive_ = true;
  bool request_ended_ = false;
  bool bytes_received_ = false;
  bool discarding_ = false;          // the exchange has left; the body is read for nobody
  std::uint8_t informational_ = 0;   // 1xx heads of this response
  std::uint32_t served_ = 0;         // responses completed
  std::uint32_t idle_limit_ms_ = 0;  // from the server's Keep-Alive; 0: the pool's own
  std::uint64_t sent_before_ = 0;    // bytes of earlier requests
  std::uint64_t remaining_ = 0;      // of a body with a length
  std::uint64_t discarded_ = 0;
  Bulk bulk_;              // of the response
  BodyWriter body_;        // of the request
  std::string_view host_;  // sent where the client gave none; during send_head() only
};

}  // namespace segue::proxy

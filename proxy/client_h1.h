// One HTTP/1 client connection: reads requests one after the other, runs an exchange for each,
// writes its response.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "lib/base/deadlines.h"
#include "lib/base/gather.h"
#include "lib/net/loop.h"
#include "lib/net/tcp.h"
#include "lib/net/tls.h"
#include "proxy/body_writer.h"
#include "proxy/bulk.h"
#include "proxy/client.h"
#include "proxy/intake.h"

namespace segue::proxy {

class Worker;
class Exchange;

class ClientH1 final : public net::Retired,
                       net::Soon,
                       public Client,
                       net::TransportEvents,
                       Gather::Sink,
                       Deadline::Owner,
                       http::H1Parser::BodySink {
 public:
  /// Takes over a connected descriptor. `listener` counts the connection already.
  ClientH1(Worker& worker, std::shared_ptr<ListenerState> listener, int fd,
           const SocketAddress& peer);
  ~ClientH1() override;

  void begin();  ///< once, after it is in the worker's list

  /// Draining: an idle connection closes now, a busy one after its response.
  void begin_drain();
  bool is_tunnel() const noexcept { return phase_ == Phase::kTunnel; }
  bool is_tunnel_to(PoolId id) const noexcept;
  void end_tunnel_at(Instant at);  ///< nothing when it is none
  void cut();                      ///< the drain deadline passed

  ListenerId listener_id() const noexcept { return listener_->id; }

  Link link;  ///< in the worker's list of clients

 private:
  template <class Connection>
  friend class BodyReader;
  enum class Phase : std::uint8_t {
    kProxyHeader,  // a PROXY protocol header comes first
    kHandshake,    // of TLS
    kIdle,         // between requests
    kHead,         // part of a head has arrived
    kBody,         // the request's body is on its way in
    kAnswering,    // the request is complete, its response is not
    kTunnel,
    kLinger,  // everything sent; reading and dropping
    kClosed,
  };

  // http::Stream and Client
  void send_head(const http::Head& head, std::span<const http::Field> extra,
                 http::BodyLength body) override;
  void send_body(Bytes bytes) override;
  void send_piped(SplicePipe& pipe) override;
  bool takes_pipe() const noexcept override;
  void send_end(std::span<const http::Field> trailers) override;
  void hold(Hold why) override;
  void resume(Hold why) override;
  ClientInfo info() const noexcept override;
  bool may_persist() const noexcept override;
  void send_reply(std::uint16_t status, std::string_view head_fields, std::string_view body,
                  Body wanted) override;
  SocketAddress peer_address() const override;
  SocketAddress local_address() const override;
  void become_tunnel() override;
  std::uint64_t bytes_in() const noexcept override { return bytes_in_; }
  std::uint64_t bytes_out() const noexcept override;
  void drop_unsent() noexcept override;
  void end_exchange(After after) override;

  // net::TransportEvents and the rest
  void on_connected() override;
  void on_readable() override;
  void on_soon() override;
  void on_drained() override;
  void on_failed(Error error) override;
  void on_gathered(std::span<const iovec> pieces) override;
  void on_deadline(Deadline& deadline) override;
  void on_chunk_data(Bytes bytes) override;

  void read_head();
  void read_body();
  // What BodyReader asks and tells:
  http::StreamEvents* receiver() noexcept;
  std::uint64_t left() const noexcept;
  std::uint64_t chunk() const noexcept;
  bool is_reading() const noexcept;
  void skip(std::size_t bytes) noexcept;
  bool end_if_whole();
  void read_linger();
  void read_proxy_header();
  void begin_tls(std::string_view early);
  void end_handshake();
  void process();
  void process_rest();
  bool begin_exchange();
  void feed(Bytes bytes);
  void feed_chunked(Bytes bytes);
  void end_request(std::span<const http::Field> trailers);
  void refuse(Error error, const http::Head* head = nullptr);
  void on_peer_end(bool clean);
  void begin_linger();
  void arm(Millis after);
  void await_request();
  void close();

  Worker& worker_;
  std::shared_ptr<ListenerState> listener_;
  net::Tcp tcp_;
  std::unique_ptr<net::Tls> tls_;  // over tcp_; null: plain
  net::Transport* wire_ = &tcp_;   // the one of them that carries HTTP
  std::unique_ptr<ClientCertificate> certificate_;
  Exchange* exchange_ = nullptr;    // from a complete head until end_exchange()
  std::unique_ptr<Intake> intake_;  // from the first byte of a head until its exchange is over
  Deadline deadline_{*this};        // idle, head, linger
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0, remaining_ = 0;
  std::uint64_t sent_when_armed_ =
      0;                        // tcp_.sent() when deadline_ was armed: has the client read since?
  std::uint64_t began_us_ = 0;  // first byte of the current head
  std::uint32_t requests_ = 0;
  std::uint32_t lingered_ = 0;
  Phase phase_ = Phase::kIdle;
  std::uint8_t holds_ = 0;
  http::BodyLength::Kind request_framing_ = http::BodyLength::Kind::kNone;
  Bulk bulk_;        // of the request
  BodyWriter body_;  // of the response
  // An idle connection is small, also in what it rounds up to.
  std::uint8_t minor_ : 1 = 1;
  bool keep_alive_ : 1 = true;
  bool announced_close_ : 1 = false;  // the response said Connection: close
  bool peer_ended_ : 1 = false;       // FIN seen
  bool processing_ : 1 = false;       // process() is on the stack
  bool trusted_ : 1 = false;
  std::uint16_t port_ = 0;
  std::uint8_t host_size_ = 0;
  std::array<char, SocketAddress::kHostMax> host_;
};

}  // namespace segue::proxy

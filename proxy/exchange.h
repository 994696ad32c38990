// One request and its response, from route to access-log line. The states and their arrows are in
// exchange_table.h; whether an attempt may be repeated is decided in attempt.h.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/deadlines.h"
#include "lib/http/stream.h"
#include "proxy/client.h"
#include "proxy/endpoint_state.h"
#include "proxy/exchange_table.h"
#include "proxy/forwarding.h"
#include "proxy/upstream_h1.h"
#include "proxy/visit.h"
#include "routing/body_scan.h"
#include "routing/picker.h"
#include "routing/place.h"
#include "routing/snapshot.h"
#include "telemetry/record.h"

namespace segue::proxy {

class Worker;

class Exchange final : Deadline::Owner {
 public:
  static constexpr std::size_t kReplayKept = 4096;  ///< capacity that a finished exchange keeps

  explicit Exchange(Worker& worker);

  /// A complete, judged head of `client`, which outlives the exchange or tells it on_failed().
  /// Views in `head` hold until end_exchange(). The snapshot is pinned here: a request sees one
  /// generation from its first byte to its log line. `began` is when the first byte of the head
  /// arrived.
  void begin(Client& client, http::Head& head, Instant began);

  http::StreamEvents& from_client() noexcept { return from_client_; }
  State state() const noexcept { return state_; }

  /// Lets go of the snapshot, once nobody on the stack needs it.
  void unpin() noexcept {
    snapshot_ = {};
    if (replay_.capacity() > kReplayKept) std::string().swap(replay_);
  }

  /// A place became free at an endpoint of the pool it queues for.
  void on_slot();

  // Draining (exchange_drain.cc), of a tunnel:
  bool leads_to(PoolId id) const noexcept { return pool_ != nullptr && pool_->id == id; }
  void end_tunnel_at(Instant at);  ///< both ends are closed then, politely

 private:
  struct FromClient final : http::StreamEvents {
    explicit FromClient(Exchange& owner) : exchange(owner) {}
    void on_head(http::Head& head) override;
    void on_body(Bytes bytes) override;
    void on_piped(SplicePipe& pipe) override;
    bool takes_pipe() const noexcept override;
    void on_end(std::span<const http::Field> trailers) override;
    void on_full() override;
    void on_drained() override;
    void on_failed(Error error) override;
    Exchange& exchange;
  };
  struct FromUpstream final : UpstreamEvents {
    explicit FromUpstream(Exchange& owner) : exchange(owner) {}
    void on_connected() override;
    void on_head(http::Head& head) override;
    void on_body(Bytes bytes) override;
    void on_piped(SplicePipe& pipe) override;
    bool takes_pipe() const noexcept override;
    void on_end(std::span<const http::Field> trailers) override;
    void on_full() override;
    void on_drained() override;
    void on_failed(Error error) override;
    Exchange& exchange;
  };
  void step(Event event);
  void reset();

  // Draining (exchange_drain.cc)
  /// What lasts, and is counted on its pool meanwhile.
  enum class Open : std::uint8_t { kNothing, kStream, kTunnel };
  telemetry::Cell& open_cell();
  void count_open(Open what);
  void uncount_open();

  // Choosing (exchange_route.cc)
  void route();
  void choose(const routing::BodyKey* body);
  routing::Placement first_place();
  routing::Placement other_place() const;
  void go_to(const routing::Placement& place);
  void try_endpoint();
  void take_endpoint(const routing::Picker::Choice& choice);
  void enqueue();
  void leave_queue();
  std::string proxy_header() const;
  bool is_redirected() const noexcept;
  void redirect();
  const routing::Pool& pool() const noexcept { return *pool_; }

  // Sessions, testers, isolated cookies (exchange_session.cc)
  void begin_visit();
  std::uint64_t session_cohort() const noexcept;
  void settle_visit();
  void hear_tester();
  void cut_parameter(std::string_view name);
  void show_cookies();
  std::span<const http::Field> fields_for_visitor(http::Head& head);
  void rename_cookies(http::Head& head);
  void keep_session(const http::Head& head);
  telemetry::SessionState session_state(std::size_t answered) const noexcept;
  std::size_t destination_now() const noexcept;
  Isolation isolation() const noexcept;
  bool is_encrypted_to_client() const noexcept;
  void end_visit() noexcept;

  // Asking other pools (exchange_lookup.cc)
  bool look_elsewhere(const http::Head& head);
  bool is_final(const http::Head& head) const noexcept;
  routing::Placement next_lookup() const noexcept;

  // One attempt (exchange_attempt.cc)
  void send_request();
  void attempt_failed(Error error);
  bool try_again(bool stale);
  bool retry_allowed();
  void end_attempt(bool gateway_error, bool verdict);
  void note_outcome(bool gateway_error);

  // A body that names the cohort (exchange_reading.cc)
  void begin_reading(std::size_t sources);
  void read_on(Bytes bytes);
  void end_reading();
  void send_continue();

  // The request's body (exchange_body.cc)
  bool exceeds_body_limit(std::uint64_t bytes) const noexcept;
  void pass_on(Bytes bytes);
  bool hold(Bytes bytes);
  void send_held();
  void drop_held() noexcept;
  void keep_for_replay(Bytes bytes);
  void hold_body();
  void hold_client();
  void resume_body();
  bool sends_body() const noexcept {
    return upstream_ != nullptr && (state_ == State::kWaiting || state_ == State::kRelaying);
  }

  // The response (exchange_response.cc)
  void on_response_head(http::Head& head);
  void rewrite_location(http::Head& head, const http::Field& location);
  bool offered(const http::Head& head) const;
  void begin_tunnel(http::Head& head);
  void tunnel_half_ended();

  // Time
  void on_deadline(Deadline& deadline) override;
  void arm_for_state();
  void touch() noexcept;
  Millis idle_limit() const;

  // Endings
  void reply(Error error);
  void answer(std::uint16_t status, std::string_view fields, std::string_view body);
  void finish(Error error, After after);
  void record(Error error);
  void remember();                       // exchange_recent.cc
  void guard_cookies(http::Head& head);  // exchange_session.cc
  telemetry::Phase phase_now() const noexcept;

  Worker& worker_;
  Client* client_ = nullptr;        // set from begin() to finish()
  UpstreamH1* upstream_ = nullptr;  // set while kConnecting, kWaiting, kRelaying, kTunnel
  http::Head* request_ = nullptr;   // the client's, from begin() to finish()
  routing::SnapshotRef snapshot_;
  const routing::Route* route_ = nullptr;        // null until matched
  const routing::Pool* pool_ = nullptr;          // the one being tried
  const routing::Endpoint* endpoint_ = nullptr;  // set during an attempt
  telemetry::SeriesCells* series_ = nullptr;     // of the destination being tried
  ForwardedFields forwarded_;                    // what the proxy adds to the request
  std::span<const http::Field> extra_;           // the same, as fields
  std::unique_ptr<routing::BodyScan> scan_;      // while kReading
  std::string body_key_, body_name_;             // what the body says its cohort is
  std::string replay_;  // request body from its beginning, while it is needed first or again
  std::span<const http::Field> trailers_;  // of the request; the client's
  std::string location_;                   // a rewritten Location, until the head is sent
  std::unique_ptr<Visit> visit_;           // made by the first request that needs it
  Deadline deadline_{*this};
  Waiting waiting_;
  telemetry::Record record_;

  Instant began_, queued_at_, dialled_at_, sent_at_, touched_at_, total_deadline_;
  routing::Selection selection_;          // what its pool is chosen by
  std::uint64_t body_bytes_ = 0;          // of the request, so far
  std::size_t replay_sent_ = 0;           // bytes of replay_ that the upstream has been given
  std::size_t held_ = 0;                  // bytes of replay_ that count as held by the worker
  std::uint32_t tried_destinations_ = 0;  // bits
  std::array<EndpointId, telemetry::Record::kAttemptsMax> tried_;
  std::uint32_t attempts_ = 0;         // attempts begun
  std::uint32_t repeats_in_pool_ = 0;  // repeated attempts in the current pool
  http::BodyLength::Kind response_framing_ = http::BodyLength::Kind::kNone;
  State state_ = State::kIdle;
  routing::Forge forge_ = routing::Forge::kNone;  // who sent it, where that is asked
  bool request_ended_ = false;                    // all of it came from the client
  bool end_sent_ = false;                         // and its end went to the upstream
  bool response_ended_ = false;
  bool replayable_ = true;  // replay_ holds all of the body that was sent
  bool has_body_ = false;
  bool reads_body_ = false;  // it was read for the cohort
  bool continued_ = false;   // we have sent a 100 of our own
  bool feeding_ = false;     // a piece of the body is being looked at
  bool held_client_ = false;
  bool probe_ = false;        // this attempt decides about a half-open endpoint
  bool retry_taken_ = false;  // counts against the retry budget
  bool client_half_ended_ = false, upstream_half_ended_ = false;  // tunnels
  bool tunnel_ends_ = false;  // deadline_ is when end_tunnel_at() said
  Open open_ = Open::kNothing;
  bool fresh_only_ = false;                           // the next attempt takes no idle connection
  bool visiting_ = false;                             // visit_ is of this request
  bool looking_ = false;                              // a pool had nothing for it: others are asked
  bool keeps_replay_ = false;                         // body bytes go to replay_ as they pass
  bool client_slow_ = false, upstream_slow_ = false;  // who is holding whom
  telemetry::Proof proof_ =
      telemetry::Proof::kUnsent;  // why the attempt about to begin was allowed
  FromClient from_client_{*this};
  FromUpstream from_upstream_{*this};
};

}  // namespace segue::proxy

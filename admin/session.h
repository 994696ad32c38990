// One connection to the admin API: reads a request, hands it over, writes the answer, reads the
// next.
//
//            first byte        complete             send()               written
//   kIdle ───────────▶ kReading ──────▶ kAnswering ──────▶ kWriting ───────────────▶ kIdle, or
//   closed
//                          │                 └─ stream() ─▶ kStreaming ── gone ────▶ closed
//                          └─ refused ─▶ kWriting ─▶ kLingering ───────────────────▶ closed
//
// Requests are answered one after another; what is pipelined behind one waits unparsed. No state is
// without a deadline but kAnswering, which is the handler's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <uv.h>

#include "admin/limits.h"
#include "admin/message.h"
#include "admin/parser.h"
#include "admin/uv_handle.h"
#include "lib/base/clock.h"

namespace segue::admin {

class Session final : public Turn, public std::enable_shared_from_this<Session> {
 public:
  /// The server, as its sessions see it.
  class Host {
   public:
    virtual Handler& handler() = 0;
    virtual const Limits& limits() const = 0;
    virtual void on_session_closed(
        Session& session) = 0;  ///< may destroy it once the stack has unwound

   protected:
    ~Host() = default;
  };

  /// `stream` is an accepted uv_pipe_t or uv_tcp_t.
  Session(Host& host, uv_loop_t& loop, UvHandle stream, Door door, Author author);
  ~Session() override;

  void start();
  void refuse(int status, const std::string& sentence);  ///< answers with a problem, then closes
  void close();                                          ///< at once; tells the host

  /// Who waits for whom, in the order in which connections make room for a new one.
  enum class Use : std::uint8_t {
    kIdle,       ///< nobody: no request has begun
    kSlow,       ///< we for the client, to send a request or to take an answer
    kListening,  ///< the client for whatever happens
    kBusy,       ///< the client for us
  };
  Use use() const noexcept;
  Instant since() const noexcept { return since_; }  ///< when that began
  Door door() const noexcept { return door_; }

  // Turn
  void send(std::uint64_t turn, Response response) override;
  void begin_stream(std::uint64_t turn, Response head, std::string heartbeat,
                    std::function<void()> on_closed) override;
  bool write_stream(std::uint64_t turn, std::string_view bytes) override;

 private:
  enum class State : std::uint8_t {
    kIdle,
    kReading,
    kAnswering,
    kWriting,
    kStreaming,
    kLingering,
    kClosed
  };

  void enter(State state);
  void on_bytes(std::string_view bytes);
  void on_end();
  void on_deadline();
  void on_written(int status);
  void process();
  void ask();
  void finish_answer();
  void respond(Response response, bool keep);
  void linger();
  void write(std::string bytes);
  void doom();  // closes on the next turn of the loop
  void arm(Millis after, Millis repeat = Millis{0});
  void read_on();
  uv_stream_t* stream() const noexcept { return &stream_->stream; }

  Host& host_;
  UvHandle stream_, timer_;
  const Door door_;
  const Author author_;
  RequestParser parser_;
  State state_ = State::kIdle;
  Instant since_ = now();  // of the state
  std::uint64_t turn_ = 0;
  std::array<char, 16 * 1024> read_space_;
  std::string in_;  // read and not yet parsed
  bool reading_ = false;
  bool ended_ = false;      // the client sent its last byte
  bool keep_ = true;        // after the answer being written
  bool head_only_ = false;  // the request is a HEAD
  bool chunked_ = false;    // the stream is
  bool doomed_ = false;
  bool behind_ = false;  // the stream had unread bytes at the last heartbeat
  int minor_ = 1;
  std::size_t lingered_ = 0;
  std::string heartbeat_;
  std::function<void()> on_stream_closed_;
};

}  // namespace segue::admin

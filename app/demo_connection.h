// One client of a demonstration server: requests one after another, then perhaps events or a
// WebSocket.
#pragma once

#include <set>
#include <string>

#include <llhttp.h>
#include <openssl/evp.h>
#include <uv.h>

#include "app/demo_site.h"

namespace segue::app {

/// Owns itself: lives from accept() until its handles are closed.
class DemoConnection {
 public:
  using All = std::set<DemoConnection*>;

  /// Takes the connection that waits at `listener`. It is in `all` until it closes.
  static void accept(uv_loop_t& loop, uv_stream_t& listener, DemoSite& site, All& all);
  void close();

 private:
  enum class Mode { kHttp, kEvents, kWebSocket };

  DemoConnection(uv_loop_t& loop, DemoSite& site, All& all);
  ~DemoConnection();

  // llhttp's callbacks; `parser->data` is the connection.
  static int on_url(llhttp_t* parser, const char* at, std::size_t length);
  static int on_name(llhttp_t* parser, const char* at, std::size_t length);
  static int on_value(llhttp_t* parser, const char* at, std::size_t length);
  static int on_value_complete(llhttp_t* parser);
  static int on_headers(llhttp_t* parser);
  static int on_body(llhttp_t* parser, const char* at, std::size_t length);
  static int on_complete(llhttp_t* parser);
  static const llhttp_settings_t& callbacks();

  void on_bytes(const char* bytes, std::size_t length);
  void go_on();  // parses what is buffered until a request must wait
  void handle();
  void respond(const DemoResponse& response);
  void begin_websocket();
  void begin_events();
  void send_event();
  void write(std::string bytes);
  void finish();  // closes after what was written has left

  uv_tcp_t socket_;
  uv_timer_t timer_;
  uv_shutdown_t shutdown_;
  int open_handles_ = 2;
  bool closing_ = false;
  DemoSite& site_;
  All& all_;
  llhttp_t parser_;
  EVP_MD_CTX* digest_;
  DemoRequest request_;
  std::string name_, value_;
  std::string in_;        // not parsed yet
  bool waiting_ = false;  // for the timer, before the response is sent
  DemoResponse delayed_;  // what is sent then
  Mode mode_ = Mode::kHttp;
  unsigned events_ = 0;
};

}  // namespace segue::app

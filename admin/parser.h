// llhttp for both ends of the admin socket: whole requests for the server, response heads and body
// pieces for `segue ctl`. Strict only; every bound comes from Limits.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <llhttp.h>

#include "admin/limits.h"
#include "admin/message.h"

namespace segue::admin {

/// Reads one request, then the next after reset(). No I/O, no clock.
class RequestParser {
 public:
  enum class State : std::uint8_t { kHead, kBody, kComplete, kFailed };

  explicit RequestParser(const Limits& limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  /// Parses as much of `bytes` as belongs to the current request and says how many that were; the
  /// rest is the next request's. Nothing is taken once kComplete or kFailed.
  std::size_t feed(std::string_view bytes);

  State state() const noexcept { return state_; }
  bool begun() const noexcept { return fed_ > 0; }  ///< has a byte of this request been read
  Request& request() noexcept { return request_; }

  int status() const noexcept { return status_; }  ///< of kFailed: 400, 413, 414, 417, 431 or 505
  const std::string& sentence() const noexcept { return sentence_; }  ///< of kFailed

  void reset();  ///< for the next request

 private:
  static int on_url(llhttp_t* http, const char* at, std::size_t length) noexcept;
  static int on_field(llhttp_t* http, const char* at, std::size_t length) noexcept;
  static int on_value(llhttp_t* http, const char* at, std::size_t length) noexcept;
  static int on_value_complete(llhttp_t* http) noexcept;
  static int on_headers_complete(llhttp_t* http) noexcept;
  static int on_body(llhttp_t* http, const char* at, std::size_t length) noexcept;
  static int on_message_complete(llhttp_t* http) noexcept;
  static const llhttp_settings_t& settings() noexcept;

  int judge_head();
  int fail(int status, std::string sentence);

  const Limits& limits_;
  llhttp_t http_;
  State state_ = State::kHead;
  Request request_;
  std::string name_, value_;    // of the field being read
  std::size_t head_bytes_ = 0;  // names, values and target; trailers too
  std::size_t fed_ = 0;         // of this message
  int status_ = 0;
  std::string sentence_;
};

/// Reads one response. Body pieces go to `on_body` as they come.
class ResponseParser {
 public:
  explicit ResponseParser(std::function<void(std::string_view)> on_body);
  ResponseParser(const ResponseParser&) = delete;
  ResponseParser& operator=(const ResponseParser&) = delete;

  /// False: this is not HTTP, see sentence().
  bool feed(std::string_view bytes);
  void finish();  ///< the peer closed: ends a body without a length

  bool head_complete() const noexcept { return head_complete_; }
  bool complete() const noexcept { return complete_; }
  int status() const noexcept { return status_; }
  const Fields& fields() const noexcept { return fields_; }
  const std::string& sentence() const noexcept { return sentence_; }

 private:
  static constexpr std::size_t kHeadBytesMax = 64 * 1024;

  static int on_field(llhttp_t* http, const char* at, std::size_t length) noexcept;
  static int on_value(llhttp_t* http, const char* at, std::size_t length) noexcept;
  static int on_value_complete(llhttp_t* http) noexcept;
  static int on_headers_complete(llhttp_t* http) noexcept;
  static int on_body(llhttp_t* http, const char* at, std::size_t length) noexcept;
  static int on_message_complete(llhttp_t* http) noexcept;
  static const llhttp_settings_t& settings() noexcept;

  std::function<void(std::string_view)> on_body_;
  llhttp_t http_;
  Fields fields_;
  std::string name_, value_;
  std::size_t head_bytes_ = 0;
  bool head_complete_ = false, complete_ = false;
  int status_ = 0;
  std::string sentence_;
};

}  // namespace segue::admin

// The callbacks of llhttp, and the rules that it leaves to us.
#include "admin/parser.h"

#include <utility>

#include "lib/http/field.h"

namespace segue::admin {
namespace {

constexpr int kStop = -1;  // what a data callback returns to end the parse

RequestParser& request_of(llhttp_t* http) {
  return *static_cast<RequestParser*>(http->data);
}
ResponseParser& response_of(llhttp_t* http) {
  return *static_cast<ResponseParser*>(http->data);
}

// RFC 9110 §5.5: whitespace around a value is not part of it. llhttp leaves the trailing part.
void trim_end(std::string& value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
}

}  // namespace

RequestParser::RequestParser(const Limits& limits) : limits_(limits) {
  reset();
}

void RequestParser::reset() {
  llhttp_init(&http_, HTTP_REQUEST, &settings());
  http_.data = this;
  state_ = State::kHead;
  request_ = Request{};
  name_.clear();
  value_.clear();
  head_bytes_ = fed_ = 0;
  status_ = 0;
  sentence_.clear();
}

std::size_t RequestParser::feed(std::string_view bytes) {
  if (state_ == State::kComplete || state_ == State::kFailed || bytes.empty()) return 0;
  const llhttp_errno_t error = llhttp_execute(&http_, bytes.data(), bytes.size());
  std::size_t consumed = bytes.size();
  if (error != HPE_OK && llhttp_get_error_pos(&http_) != nullptr)
    consumed = static_cast<std::size_t>(llhttp_get_error_pos(&http_) - bytes.data());
  fed_ += consumed;
  if (state_ == State::kComplete || state_ == State::kFailed) return consumed;
  if (error != HPE_OK) {
    if (error == HPE_INVALID_VERSION || error == HPE_PAUSED_H2_UPGRADE)
      fail(505, "this server speaks HTTP/1.0 and HTTP/1.1 only");
    else
      fail(400, std::string("this is not an HTTP/1.1 request: ") + llhttp_get_error_reason(&http_));
  } else if (fed_ > limits_.head_bytes + limits_.body_bytes + limits_.framing_bytes) {
    fail(400, "the framing of this request is larger than its content may be");
  }
  return consumed;
}

int RequestParser::fail(int status, std::string sentence) {
  state_ = State::kFailed;
  status_ = status;
  sentence_ = std::move(sentence);
  return kStop;
}

int RequestParser::on_url(llhttp_t* http, const char* at, std::size_t length) noexcept {
  RequestParser& self = request_of(http);
  if (self.request_.target.size() + length > self.limits_.target_bytes)
    return self.fail(414, "the request target is longer than " +
                              std::to_string(self.limits_.target_bytes) + " bytes");
  self.request_.target.append(at, length);
  self.head_bytes_ += length;
  return 0;
}

int RequestParser::on_field(llhttp_t* http, const char* at, std::size_t length) noexcept {
  RequestParser& self = request_of(http);
  self.head_bytes_ += length;
  if (self.head_bytes_ > self.limits_.head_bytes)
    return self.fail(431, "the request head is larger than " +
                              std::to_string(self.limits_.head_bytes) + " bytes");
  self.name_.append(at, length);
  return 0;
}

int RequestParser::on_value(llhttp_t* http, const char* at, std::size_t length) noexcept {
  RequestParser& self = request_of(http);
  self.head_bytes_ += length;
  if (self.head_bytes_ > self.limits_.head_bytes)
    return self.fail(431, "the request head is larger than " +
                              std::to_string(self.limits_.head_bytes) + " bytes");
  self.value_.append(at, length);
  return 0;
}

int RequestParser::on_value_complete(llhttp_t* http) noexcept {
  RequestParser& self = request_of(http);
  trim_end(self.value_);
  if (self.state_ == State::kHead) {  // later ones are trailers, which nobody here reads
    if (self.request_.fields.size() == self.limits_.fields)
      return self.fail(431, "the request has more than " + std::to_string(self.limits_.fields) +
                                " header fields");
    self.request_.fields.emplace_back(std::move(self.name_), std::move(self.value_));
  }
  self.name_.clear();
  self.value_.clear();
  return 0;
}

int RequestParser::judge_head() {
  request_.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_get_method(&http_)));
  request_.minor = llhttp_get_http_minor(&http_);
  if (llhttp_get_http_major(&http_) != 1 || request_.minor > 1)
    return fail(505, "this server speaks HTTP/1.0 and HTTP/1.1 only");
  std::size_t hosts = 0;
  for (const auto& [name, value] : request_.fields) {
    if (http::same_name(name, "host")) ++hosts;
    if (!http::same_name(name, "expect")) continue;
    // RFC 9110 §10.1.1: 100-continue is the only expectation there is.
    if (!http::same_name(value, "100-continue"))
      return fail(417, "the only expectation this server meets is 100-continue");
    request_.expects_continue = request_.minor == 1;
  }
  // RFC 9112 §3.2: exactly one Host.
  if (hosts > 1 || (hosts == 0 && request_.minor == 1))
    return fail(400, "an HTTP/1.1 request needs exactly one Host field");
  if ((http_.flags & F_CONTENT_LENGTH) != 0 && http_.content_length > limits_.body_bytes)
    return fail(413, "the body is larger than " + std::to_string(limits_.body_bytes) + " bytes");
  // RFC 9112 §6.1: a server must not trust Transfer-Encoding in HTTP/1.0.
  if ((http_.flags & F_TRANSFER_ENCODING) != 0 && request_.minor == 0)
    return fail(400, "an HTTP/1.0 request cannot have Transfer-Encoding");
  return 0;
}

int RequestParser::on_headers_complete(llhttp_t* http) noexcept {
  RequestParser& self = request_of(http);
  if (self.judge_head() != 0) return kStop;
  self.state_ = State::kBody;
  return 0;
}

int RequestParser::on_body(llhttp_t* http, const char* at, std::size_t length) noexcept {
  RequestParser& self = request_of(http);
  if (self.request_.body.size() + length > self.limits_.body_bytes)
    return self.fail(
        413, "the body is larger than " + std::to_string(self.limits_.body_bytes) + " bytes");
  self.request_.body.append(at, length);
  return 0;
}

int RequestParser::on_message_complete(llhttp_t* http) noexcept {
  RequestParser& self = request_of(http);
  self.state_ = State::kComplete;
  self.request_.keep_alive = llhttp_should_keep_alive(http) != 0;
  return HPE_PAUSED;  // what follows is the next request, in its turn
}

const llhttp_settings_t& RequestParser::settings() noexcept {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_url = on_url;
    made.on_header_field = on_field;
    made.on_header_value = on_value;
    made.on_header_value_complete = on_value_complete;
    made.on_headers_complete = on_headers_complete;
    made.on_body = on_body;
    made.on_message_complete = on_message_complete;
    return made;
  }();
  return settings;
}

ResponseParser::ResponseParser(std::function<void(std::string_view)> on_body)
    : on_body_(std::move(on_body)) {
  llhttp_init(&http_, HTTP_RESPONSE, &settings());
  http_.data = this;
}

bool ResponseParser::feed(std::string_view bytes) {
  while (!complete_ && !bytes.empty()) {
    const llhttp_errno_t error = llhttp_execute(&http_, bytes.data(), bytes.size());
    if (error == HPE_OK || complete_) return true;
    if (error != HPE_PAUSED) {
      if (sentence_.empty())
        sentence_ =
            std::string("this is not an HTTP/1.1 response: ") + llhttp_get_error_reason(&http_);
      return false;
    }
    // The end of an interim (1xx) response: the final one follows.
    bytes.remove_prefix(static_cast<std::size_t>(llhttp_get_error_pos(&http_) - bytes.data()));
    llhttp_init(&http_, HTTP_RESPONSE, &settings());
    http_.data = this;
    fields_.clear();
    head_complete_ = false;
  }
  return true;
}

void ResponseParser::finish() {
  llhttp_finish(&http_);
}

int ResponseParser::on_field(llhttp_t* http, const char* at, std::size_t length) noexcept {
  ResponseParser& self = response_of(http);
  self.name_.append(at, length);
  self.head_bytes_ += length;
  return self.head_bytes_ > kHeadBytesMax ? kStop : 0;
}

int ResponseParser::on_value(llhttp_t* http, const char* at, std::size_t length) noexcept {
  ResponseParser& self = response_of(http);
  self.value_.append(at, length);
  self.head_bytes_ += length;
  return self.head_bytes_ > kHeadBytesMax ? kStop : 0;
}

int ResponseParser::on_value_complete(llhttp_t* http) noexcept {
  ResponseParser& self = response_of(http);
  trim_end(self.value_);
  if (!self.head_complete_)
    self.fields_.emplace_back(std::move(self.name_), std::move(self.value_));
  self.name_.clear();
  self.value_.clear();
  return 0;
}

int ResponseParser::on_headers_complete(llhttp_t* http) noexcept {
  ResponseParser& self = response_of(http);
  self.status_ = llhttp_get_status_code(http);
  self.head_complete_ = true;
  return 0;
}

int ResponseParser::on_body(llhttp_t* http, const char* at, std::size_t length) noexcept {
  response_of(http).on_body_({at, length});
  return 0;
}

int ResponseParser::on_message_complete(llhttp_t* http) noexcept {
  ResponseParser& self = response_of(http);
  self.complete_ = self.status_ >= 200;
  return HPE_PAUSED;
}

const llhttp_settings_t& ResponseParser::settings() noexcept {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t made;
    llhttp_settings_init(&made);
    made.on_header_field = on_field;
    made.on_header_value = on_value;
    made.on_header_value_complete = on_value_complete;
    made.on_headers_complete = on_headers_complete;
    made.on_body = on_body;
    made.on_message_complete = on_message_complete;
    return made;
  }();
  return settings;
}

}  // namespace segue::admin

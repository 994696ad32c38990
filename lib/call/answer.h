// One bounded answer, collected from whatever pieces it comes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/http/h1_parser.h"
#include "lib/http/head_buffer.h"
#include "lib/http/message.h"

namespace segue::call {

struct Answer {
  std::uint16_t status = 0;                                  ///< 0 for Request::Kind::kConnect
  std::vector<std::pair<std::string, std::string>> headers;  ///< as received, in order
  std::string body;
  bool body_cut = false;  ///< there was more than Request::body_max
  Micros connect{0};      ///< until the connection was open
  Micros total{0};        ///< until the answer was complete

  /// The value of the first header `name` (any case), or null.
  const std::string* header(std::string_view name) const noexcept;

  /// Whether a header meets `expected`: "Name" (it is there, in any case) or "Name: part of its
  /// value".
  bool has(std::string_view expected) const noexcept;
};

/// Parses an answer with the same strictness as the data path (http::H1Parser, judge_response).
class AnswerReader final : private http::H1Parser::BodySink {
 public:
  static constexpr http::HeadLimits kLimits{};  ///< 32 KiB and 100 fields
  static constexpr int kInterimMax = 16;        ///< 1xx answers before the final one

  /// `method` is the request's: it decides whether there is a body.
  AnswerReader(std::string_view method, std::size_t body_max);

  enum class Progress : std::uint8_t { kMore, kComplete };
  using Step =
      Result<Progress, std::string>;  ///< errors: a sentence without any of the peer's bytes

  std::span<char> space() { return in_body_ ? std::span<char>(body_space_) : buffer_.space(); }
  Step filled(std::size_t bytes);  ///< so many bytes of space() have arrived; not after kComplete
  Step end();                      ///< the peer closed

  bool begun() const noexcept { return begun_; }  ///< a byte of the answer was seen
  bool ended() const noexcept { return ended_; }  ///< end() was called
  Answer take() { return std::move(answer_); }

 private:
  Step on_head_bytes();
  Step on_body_bytes(Bytes bytes);
  void keep(Bytes bytes);
  void on_chunk_data(Bytes bytes) override { keep(bytes); }
  Progress progress(bool complete) const {
    return complete || answer_.body_cut ? Progress::kComplete : Progress::kMore;
  }

  http::HeadBuffer buffer_;
  http::H1Parser parser_;
  Answer answer_;
  http::BodyLength length_;
  std::vector<char> body_space_;
  http::Method method_;
  std::size_t body_max_;
  int interim_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  bool in_body_ = false;
};

}  // namespace segue::call

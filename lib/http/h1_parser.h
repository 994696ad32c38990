// llhttp, strict, behind two calls: parse_head() until a head is complete, feed_chunked() for a
// chunked body. Bodies with a length need no parser.
//
// The callbacks only collect; what a head means is judged in h1_rules.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <llhttp.h>

#include "lib/base/bytes.h"
#include "lib/base/error.h"
#include "lib/base/result.h"
#include "lib/http/head_buffer.h"
#include "lib/http/message.h"

namespace segue::http {

/// Sizes in bytes, RFC 9110 §4.1 and RFC 6585 §5 leave them to us.
struct HeadLimits {
  std::size_t request_line = 8 * 1024;
  std::size_t head = 32 * 1024;
  std::size_t fields = 100;
};

class H1Parser {
 public:
  enum class Kind : std::uint8_t { kRequest, kResponse };

  /// Begins a message. Must be called before the first parse_head() of each message.
  void begin(Kind kind, const HeadLimits& limits);

  /// Parses what is unread in `buffer`, taking it. True: the head is complete, head() says what it
  /// is, and the body begins at buffer.unread(). False: read more. Errors: kBadMessage,
  /// kTargetTooLong, kHeadTooLarge, kVersion; the side is the sender's.
  Result<bool> parse_head(HeadBuffer& buffer);

  /// The head found; views point into the buffer. Body, keep_alive and the like are for the rules.
  Head& head() noexcept { return head_; }

  class BodySink {
   public:
    virtual void on_chunk_data(Bytes bytes) = 0;

   protected:
    ~BodySink() = default;
  };

  /// Decodes a chunked body (RFC 9112 §7.1) and says how many of `bytes` belong to it. done() tells
  /// whether it is over; what follows is the next message's. Chunk extensions are dropped (§7.1.1).
  /// Errors: kBadMessage, kHeadTooLarge (trailers, or a line between data, beyond the head's
  /// limit).
  Result<std::size_t> feed_chunked(Bytes bytes, BodySink& sink);
  bool done() const noexcept { return done_; }
  std::uint64_t chunk_bytes() const noexcept { return chunk_bytes_; }  ///< of the last chunk seen
  /// Data of the current chunk that is still to come; 0 between chunks.
  std::uint64_t chunk_left() const noexcept { return in_chunk_ ? llhttp_.content_length : 0; }
  /// `bytes` ≤ chunk_left() of it went another way.
  void skip_chunk_data(std::uint64_t bytes) noexcept {
    llhttp_.content_length -= bytes;
    line_bytes_ = 0;
  }

  /// Trailer fields after done(), copied out of the reads they came in; hold until begin().
  std::span<const Field> trailers();

 private:
  static const llhttp_settings_t& settings() noexcept;
  static int on_protocol(llhttp_t* llhttp, const char* at, std::size_t length) noexcept;
  static int on_url(llhttp_t* llhttp, const char* at, std::size_t length) noexcept;
  static int on_status(llhttp_t* llhttp, const char* at, std::size_t length) noexcept;
  static int on_field(llhttp_t* llhttp, const char* at, std::size_t length) noexcept;
  static int on_value(llhttp_t* llhttp, const char* at, std::size_t length) noexcept;
  static int on_headers_complete(llhttp_t* llhttp) noexcept;
  static int on_chunk_header(llhttp_t* llhttp) noexcept;
  static int on_chunk_complete(llhttp_t* llhttp) noexcept;
  static int on_extension_value(llhttp_t* llhttp, const char* at, std::size_t length) noexcept;
  static int on_body(llhttp_t* llhttp, const char* at, std::size_t length) noexcept;
  static int on_message_complete(llhttp_t* llhttp) noexcept;

  int on_trailer_name(const char* at, std::size_t length);
  int on_trailer_value(const char* at, std::size_t length);
  int count_trailer(std::size_t bytes) noexcept;
  Error error(Fault fault, Rule rule = Rule::kNone) const noexcept;
  bool is_line_exact() const noexcept;
  bool is_line_bounded(const char* at) noexcept;
  void finish_head();

  struct Trailer {
    std::string name, value;
  };

  llhttp_t llhttp_;
  HeadLimits limits_;
  Head head_;
  HeadBuffer* buffer_ = nullptr;  // during parse_head()
  BodySink* sink_ = nullptr;      // during feed_chunked()
  Fault fault_ = Fault::kNone;    // why a callback stopped llhttp
  bool in_value_ = true;  // the last callback was for a value: the next field span begins a field
  bool head_done_ = false;
  bool done_ = false;
  std::vector<Trailer> trailer_texts_;
  std::vector<Field> trailers_;
  std::size_t trailer_bytes_ = 0;
  const char* line_from_ = nullptr;  // during feed_chunked(): where counting goes on
  std::size_t line_bytes_ = 0;       // since the last data of a chunk
  bool in_trailers_ = false;
  std::uint64_t chunk_bytes_ = 0;
  std::uint8_t protocol_bytes_ = 0;  // of "HTTP" that have come
  bool in_chunk_ = false;            // llhttp's content_length is what is left of its data
};

}  // namespace segue::http

// A connection's bytes through parser, rules and writer, as the proxy puts them together, without
// its sockets: what of them becomes a message, and what would leave.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/gather.h"
#include "lib/http/h1_parser.h"
#include "lib/http/h1_rules.h"
#include "lib/http/h1_writer.h"
#include "lib/http/status.h"
#include "tests/support/messages.h"

namespace segue::tests {

/// What a Gather hands over, as one text.
struct Written final : Gather::Sink {
  Gather gather;
  std::string text;

  void on_gathered(std::span<const iovec> pieces) override {
    for (const iovec& piece : pieces)
      text.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  }
  template <typename Write>
  void write(Write&& what) {
    gather.begin(*this);
    what(gather);
    gather.send_all();
  }
};

/// One message that was understood, and what would be sent on for it.
struct Passed {
  std::string head, body, trailers;  // the head as sent on; trailers as "name: value\n"
  std::string leaves;                // everything that would be sent on
  std::uint16_t status = 0;
  bool complete = false, keep_alive = false;

  /// Without what depends on the cuts: the sizes of chunks, and how much came before a fault.
  std::string text() const {
    return head + (complete ? "[" + body + "]" + trailers : "...") + (keep_alive ? "+" : "-");
  }
};

/// The common part: bytes through one buffer and one parser, message after message.
class MessageStream : public http::H1Parser::BodySink {
 public:
  virtual ~MessageStream() = default;

  void read(std::string_view piece) {
    while (!piece.empty() && !over()) {
      if (in_body_) {
        piece.remove_prefix(body(piece));
        if (messages.back().complete) next_message();
        continue;
      }
      const std::span<char> space = buffer_.space();
      const std::size_t n = std::min(space.size(), piece.size());
      std::memcpy(space.data(), piece.data(), n);
      buffer_.filled(n);
      piece.remove_prefix(n);
      parse();
    }
    behind += piece.size();
  }

  bool over() const { return fault || ended; }
  bool in_body() const { return in_body_; }

  /// The messages and how it went on; the same for every way to cut the same bytes.
  std::string text() const {
    std::string out;
    for (const Passed& message : messages) out += message.text() + "\n";
    if (fault) return out + (in_body_ ? "broken" : "refused");
    return out + (ended ? "ended" : in_body_ ? "in a body" : "in a head");
  }

  std::vector<Passed> messages;
  std::optional<Error> fault;
  bool ended = false;      // no message may follow the last one
  std::size_t behind = 0;  // bytes that came when nothing could follow

 protected:
  using Kind = http::BodyLength::Kind;

  explicit MessageStream(http::H1Parser::Kind kind, const http::HeadLimits& limits)
      : kind_(kind), limits_(limits) {
    parser_.begin(kind, limits);
  }

  /// Judges, and writes what would leave. False: not a message whose body follows (`fault`, or an
  /// interim one).
  virtual bool take_head(http::Head& head) = 0;
  virtual void end_message() = 0;

  void open(std::string head, const http::Head& judged, Kind leaves_as) {
    messages.push_back({head, {}, {}, head, judged.status, false, judged.keep_alive});
    framing_ = judged.body.kind;
    leaves_as_ = leaves_as;
    remaining_ = judged.body.bytes;
  }
  void close_message() {
    in_body_ = false;
    messages.back().complete = true;
    end_message();
  }

  Kind framing_ = Kind::kNone;

 private:
  void next_message() {
    buffer_.compact();
    if (over()) {
      behind += buffer_.unread().size();
      return;
    }
    parser_.begin(kind_, limits_);
    if (!buffer_.unread().empty()) parse();
  }

  void parse() {
    while (!over() && !in_body_) {
      const Result<bool> complete = parser_.parse_head(buffer_);
      if (!complete) {
        fault = complete.error();
        return;
      }
      if (!*complete) return;
      if (!take_head(parser_.head())) {
        if (fault) return;
        buffer_.compact();
        parser_.begin(kind_, limits_);
        continue;
      }
      const bool empty = framing_ == Kind::kNone || (framing_ == Kind::kLength && remaining_ == 0);
      if (empty) {
        close_message();
        next_message();
        return;
      }
      in_body_ = true;
      const std::span<const char> unread = buffer_.unread();
      const std::string rest(unread.data(), unread.size());
      buffer_.take(rest.size());
      if (rest.empty()) return;
      const std::size_t n = body(rest);
      if (!messages.back().complete) return;
      buffer_.append({rest.data() + n, rest.size() - n});
      next_message();
      return;
    }
  }

  /// How many bytes belong to the body.
  std::size_t body(std::string_view bytes) {
    switch (framing_) {
      case Kind::kNone: return 0;
      case Kind::kUntilClose: on_chunk_data({bytes.data(), bytes.size()}); return bytes.size();
      case Kind::kLength: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
        remaining_ -= n;
        on_chunk_data({bytes.data(), n});
        if (remaining_ == 0) close_message();
        return n;
      }
      case Kind::kChunked: break;
    }
    const Result<std::size_t> taken = parser_.feed_chunked({bytes.data(), bytes.size()}, *this);
    if (!taken) {
      fault = taken.error();
      return bytes.size();
    }
    if (!parser_.done()) return *taken;
    const std::span<const http::Field> trailers = parser_.trailers();
    for (const http::Field& field : trailers)
      if (!field.hop_by_hop)
        messages.back().trailers +=
            std::string(field.name) + ": " + std::string(field.value) + "\n";
    if (leaves_as_ == Kind::kChunked) {
      Written end;
      end.write([&](Gather& out) { http::write_last_chunk(out, trailers); });
      messages.back().leaves += end.text;
    }
    close_message();
    return *taken;
  }

  void on_chunk_data(Bytes bytes) override {
    if (bytes.empty()) return;
    Passed& message = messages.back();
    message.body.append(bytes.data(), bytes.size());
    if (leaves_as_ == Kind::kChunked) {
      Written size;
      size.write([&](Gather& out) { http::write_chunk_size(out, bytes.size()); });
      message.leaves += size.text;
    }
    message.leaves.append(bytes.data(), bytes.size());
    if (leaves_as_ == Kind::kChunked) message.leaves += "\r\n";
  }

  const http::H1Parser::Kind kind_;
  const http::HeadLimits limits_;
  http::HeadBuffer buffer_;
  http::H1Parser parser_;
  Kind leaves_as_ = Kind::kNone;
  std::uint64_t remaining_ = 0;
  bool in_body_ = false;
};

/// A client's side: requests, one after the other.
class RequestStream final : public MessageStream {
 public:
  explicit RequestStream(const http::HeadLimits& limits = {})
      : MessageStream(http::H1Parser::Kind::kRequest, limits) {}

  http::Method method = http::Method::kGet;  // of the last request
  bool upgrade = false;
  std::uint8_t minor = 1;

 private:
  bool take_head(http::Head& head) override {
    if (const Status<> judged = http::judge_request(head); !judged) {
      fault = judged.error();
      return false;
    }
    method = head.method_id;
    upgrade = head.upgrade;
    minor = head.minor;
    Written out;
    out.write([&](Gather& gather) {
      http::write_request_head(
          gather, head, {}, head.body,
          head.upgrade ? http::Persistence::kUpgrade : http::Persistence::kDefault, "upstream");
    });
    open(out.text, head, head.body.kind);
    return true;
  }
  void end_message() override { ended = !messages.back().keep_alive; }
};

/// A server's side: the answer to one request, with the interim ones before it.
class ResponseStream final : public MessageStream {
 public:
  ResponseStream(http::Method method, bool upgrade_asked, std::uint8_t client_minor,
                 const http::HeadLimits& limits = {})
      : MessageStream(http::H1Parser::Kind::kResponse, limits),
        method_(method),
        upgrade_asked_(upgrade_asked),
        client_minor_(client_minor) {}

  /// The server's end: whether it completes the message is for the framing to say.
  void end_of_stream() {
    if (in_body() && !fault && framing_ == Kind::kUntilClose) close_message();
  }

  std::vector<std::uint16_t> interim;

 private:
  bool take_head(http::Head& head) override {
    if (const Status<> judged = http::judge_response(head, method_, upgrade_asked_); !judged) {
      fault = judged.error();
      return false;
    }
    if (head.status < 200 && head.status != 101) {
      interim.push_back(head.status);
      return false;
    }
    // The proxy frames anew what its server ends by closing, and what an old client cannot read.
    http::BodyLength body = head.body;
    if (body.kind == Kind::kUntilClose || body.kind == Kind::kChunked)
      body.kind = client_minor_ == 0 ? Kind::kUntilClose : Kind::kChunked;
    Written out;
    out.write([&](Gather& gather) {
      http::write_response_head(
          gather, head, {}, body,
          head.status == 101 ? http::Persistence::kUpgrade : http::Persistence::kDefault);
    });
    open(out.text, head, body.kind);
    return true;
  }
  void end_message() override { ended = true; }

  const http::Method method_;
  const bool upgrade_asked_;
  const std::uint8_t client_minor_;
};

}  // namespace segue::tests

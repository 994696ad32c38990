// Head, then body by its framing (RFC 9112 §6.3); an answer without a length ends with its
// connection.
#include "lib/call/answer.h"

#include <algorithm>

#include "lib/http/field.h"
#include "lib/http/h1_rules.h"

namespace segue::call {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;

using Kind = http::BodyLength::Kind;

/// HEAD is the only method of ours that changes how an answer is read (RFC 9112 §6.3).
http::Method method_of(std::string_view method) {
  return method == "HEAD" ? http::Method::kHead : http::Method::kOther;
}

Failure<std::string> sentence(Error error) {
  if (error.fault == Fault::kHeadTooLarge) return {"the head of the answer is too large"};
  if (error.fault == Fault::kVersion) return {"the answer is not HTTP/1.0 or HTTP/1.1"};
  return {"the answer is not HTTP"};
}

}  // namespace

const std::string* Answer::header(std::string_view name) const noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const auto& header) {
    return http::same_name(header.first, name);
  });
  return found == headers.end() ? nullptr : &found->second;
}

bool Answer::has(std::string_view expected) const noexcept {
  const std::size_t colon = expected.find(':');
  const std::string_view name = http::trim(expected.substr(0, colon));
  const std::string_view part =
      colon == std::string_view::npos ? std::string_view() : http::trim(expected.substr(colon + 1));
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) {
    return http::same_name(header.first, name) && header.second.find(part) != std::string::npos;
  });
}

AnswerReader::AnswerReader(std::string_view method, std::size_t body_max)
    : method_(method_of(method)), body_max_(body_max) {
  parser_.begin(http::H1Parser::Kind::kResponse, kLimits);
}

AnswerReader::Step AnswerReader::filled(std::size_t bytes) {
  begun_ = true;
  if (in_body_) return on_body_bytes({body_space_.data(), bytes});
  buffer_.filled(bytes);
  return on_head_bytes();
}

AnswerReader::Step AnswerReader::on_head_bytes() {
  while (!buffer_.unread().empty()) {
    const auto complete = parser_.parse_head(buffer_);
    if (!complete) return sentence(complete.error());
    if (!*complete) return Progress::kMore;
    http::Head& head = parser_.head();
    const auto judged = http::judge_response(head, method_, false);
    if (!judged) return sentence(judged.error());
    if (head.status >= 200) {
      answer_.status = head.status;
      for (const http::Field& field : head.fields) {
        answer_.headers.emplace_back(field.name, field.value);
      }
      length_ = head.body;
      in_body_ = true;
      body_space_.resize(kReadBytes);
      return on_body_bytes(buffer_.unread());
    }
    if (++interim_ > kInterimMax) return fail(std::string("too many interim answers"));
    buffer_.compact();
    parser_.begin(http::H1Parser::Kind::kResponse, kLimits);
  }
  return Progress::kMore;
}

AnswerReader::Step AnswerReader::on_body_bytes(Bytes bytes) {
  switch (length_.kind) {
    case Kind::kNone: return Progress::kComplete;
    case Kind::kLength: {
      const std::size_t ours = std::min<std::uint64_t>(bytes.size(), length_.bytes);
      keep(bytes.first(ours));
      length_.bytes -= ours;
      return progress(length_.bytes == 0);
    }
    case Kind::kChunked: {
      if (bytes.empty()) return Progress::kMore;
      const auto fed = parser_.feed_chunked(bytes, *this);
      if (!fed) return fail(std::string("the body of the answer is not well-formed"));
      return progress(parser_.done());
    }
    case Kind::kUntilClose: break;
  }
  keep(bytes);
  return progress(false);
}

void AnswerReader::keep(Bytes bytes) {
  const std::size_t room = body_max_ - answer_.body.size();
  answer_.body.append(bytes.data(), std::min(bytes.size(), room));
  if (bytes.size() > room) answer_.body_cut = true;
}

AnswerReader::Step AnswerReader::end() {
  ended_ = true;
  if (in_body_ && length_.kind == Kind::kUntilClose) return Progress::kComplete;
  if (!begun_) return fail(std::string("the connection was closed without an answer"));
  return fail(std::string("the connection was closed within the answer"));
}

}  // namespace segue::call

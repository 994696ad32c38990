// Spans into fields; nothing is copied in a head, since every span extends the one before.
#include "lib/http/h1_parser.h"

#include <array>
#include <limits>
#include <utility>

#include "lib/http/field.h"

namespace segue::http {
namespace {

H1Parser& parser_of(llhttp_t* llhttp) {
  return *static_cast<H1Parser*>(llhttp->data);
}

void extend(std::string_view& view, const char* at, std::size_t length) {
  view = view.data() == nullptr ? std::string_view(at, length)
                                : std::string_view(view.data(), view.size() + length);
}

std::string_view trimmed(std::string_view value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  return value;
}

Method method_of(std::uint8_t method) {
  switch (method) {
    case HTTP_GET: return Method::kGet;
    case HTTP_HEAD: return Method::kHead;
    case HTTP_POST: return Method::kPost;
    case HTTP_PUT: return Method::kPut;
    case HTTP_DELETE: return Method::kDelete;
    case HTTP_OPTIONS: return Method::kOptions;
    case HTTP_TRACE: return Method::kTrace;
    case HTTP_PATCH: return Method::kPatch;
    case HTTP_CONNECT: return Method::kConnect;
    default: return Method::kOther;
  }
}

/// llhttp's method names as views; its own function returns C strings.
std::string_view method_name(std::uint8_t method) {
  switch (method) {
#define SEGUE_METHOD(number, name, text) \
  case number: return #text;
    HTTP_ALL_METHOD_MAP(SEGUE_METHOD)
#undef SEGUE_METHOD
    default: return {};
  }
}

/// What llhttp refused, as a rule to look up.
Rule rule_of(llhttp_errno_t code, std::uint16_t flags) {
  switch (code) {
    case HPE_INVALID_METHOD: return Rule::kMethod;
    case HPE_INVALID_URL: return Rule::kTarget;
    case HPE_INVALID_STATUS: return Rule::kStatus;
    case HPE_CB_HEADERS_COMPLETE:
    case HPE_INVALID_CONTENT_LENGTH: return Rule::kLengthInvalid;
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return (flags & F_TRANSFER_ENCODING) != 0 ? Rule::kCodingAndLength : Rule::kLengthRepeated;
    case HPE_INVALID_TRANSFER_ENCODING:
      return (flags & F_CONTENT_LENGTH) != 0 ? Rule::kCodingAndLength : Rule::kCodingUnknown;
    case HPE_INVALID_VERSION:  // of a good version: what comes behind it
    case HPE_STRICT:
    case HPE_CR_EXPECTED:
    case HPE_LF_EXPECTED: return Rule::kLineEnd;
    default: return Rule::kSyntax;
  }
}

}  // namespace

const llhttp_settings_t& H1Parser::settings() noexcept {
  static const llhttp_settings_t kSettings = [] {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
#if LLHTTP_VERSION_MINOR >= 3  // before, only HTTP was one
    settings.on_protocol = on_protocol;
#endif
    settings.on_status = on_status;
    settings.on_header_field = on_field;
    settings.on_header_value = on_value;
    settings.on_headers_complete = on_headers_complete;
    settings.on_chunk_header = on_chunk_header;
    settings.on_chunk_complete = on_chunk_complete;
    settings.on_chunk_extension_value = on_extension_value;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
    return settings;
  }();
  return kSettings;
}

void H1Parser::begin(Kind kind, const HeadLimits& limits) {
  llhttp_init(&llhttp_, kind == Kind::kRequest ? HTTP_REQUEST : HTTP_RESPONSE, &settings());
  llhttp_.data = this;
  limits_ = limits;
  head_ = Head{};
  fault_ = Fault::kNone;
  head_done_ = done_ = false;
  in_value_ = true;
  if (!trailer_texts_.empty()) {
    trailer_texts_.clear();
    trailers_.clear();
  }
  trailer_bytes_ = 0;
  line_bytes_ = 0;
  in_trailers_ = in_chunk_ = false;
  chunk_bytes_ = 0;
  protocol_bytes_ = 0;
}

Error H1Parser::error(Fault fault, Rule rule) const noexcept {
  return {fault, llhttp_.type == HTTP_REQUEST ? Side::kClient : Side::kUpstream, rule};
}

Result<bool> H1Parser::parse_head(HeadBuffer& buffer) {
  const std::span<const char> bytes = buffer.unread();
  if (bytes.empty()) return false;
  buffer_ = &buffer;
  const llhttp_errno_t code = llhttp_execute(&llhttp_, bytes.data(), bytes.size());
  buffer_ = nullptr;
  if (head_done_ && code == HPE_PAUSED) {
    buffer.take(static_cast<std::size_t>(llhttp_get_error_pos(&llhttp_) - bytes.data()));
    if (buffer.taken() > limits_.head) return fail(error(Fault::kHeadTooLarge));
    // RFC 9112 §2.3: what we speak is HTTP/1.0 and HTTP/1.1.
    if (llhttp_.http_major != 1 || llhttp_.http_minor > 1) return fail(error(Fault::kVersion));
    if (!is_line_exact()) return fail(error(Fault::kBadMessage, Rule::kRequestLine));
    // §6.1: what is not chunked to llhttp ("chunked" and a tab) must not be to the rules.
    if ((llhttp_.flags & F_TRANSFER_ENCODING) != 0 && (llhttp_.flags & F_CHUNKED) == 0)
      return fail(error(Fault::kBadMessage, Rule::kCodingUnknown));
    finish_head();
    return true;
  }
  if (code == HPE_OK) {
    buffer.take(bytes.size());
    if (buffer.taken() >= limits_.head) return fail(error(Fault::kHeadTooLarge));
    if (!buffer.space().empty()) return false;
    std::array<std::string_view*, 2> views{&head_.target, &head_.reason};
    if (!buffer.grow(limits_.head, views)) return fail(error(Fault::kHeadTooLarge));
    return false;
  }
  // The same code stands for what is wrong behind a good version.
  const bool good_version = llhttp_.http_major == 1 && llhttp_.http_minor <= 1;
  if (code == HPE_INVALID_VERSION && !good_version) return fail(error(Fault::kVersion));
  if (fault_ != Fault::kNone) return fail(error(fault_));
  return fail(error(Fault::kBadMessage, rule_of(code, llhttp_.flags)));
}

/// RFC 9112 §3: single spaces in the request line. llhttp lets more of them pass, and another
/// parser behind us could find the target elsewhere.
bool H1Parser::is_line_exact() const noexcept {
  if (llhttp_.type != HTTP_REQUEST) return true;
  const char* const begin = head_.target.data();
  const char* const end = begin + head_.target.size();
  return begin[-1] == ' ' && begin[-2] != ' ' && std::string_view(end, 6) == " HTTP/";
}

void H1Parser::finish_head() {
  head_.minor = llhttp_.http_minor;
  if (llhttp_.type == HTTP_REQUEST) {
    head_.method_id = method_of(llhttp_.method);
    head_.method = method_name(llhttp_.method);
  } else {
    head_.status = llhttp_.status_code;
  }
}

Result<std::size_t> H1Parser::feed_chunked(Bytes bytes, BodySink& sink) {
  llhttp_resume(&llhttp_);
  // A body follows, whatever the head asked for: an upgrade with a body is not one (h1_rules.h).
  llhttp_.upgrade = 0;
  llhttp_.flags &= static_cast<std::uint16_t>(~F_UPGRADE);
  sink_ = &sink;
  line_from_ = bytes.data();
  const llhttp_errno_t code = llhttp_execute(&llhttp_, bytes.data(), bytes.size());
  sink_ = nullptr;
  const bool over = code == HPE_PAUSED && done_;
  if (code != HPE_OK && !over)
    return fail(fault_ != Fault::kNone ? error(fault_) : error(Fault::kBadMessage, Rule::kChunk));
  const char* const end = over ? llhttp_get_error_pos(&llhttp_) : bytes.data() + bytes.size();
  if (!is_line_bounded(end)) return fail(error(fault_));
  return static_cast<std::size_t>(end - bytes.data());
}

/// Counts what is neither data nor trailer up to `at`: sizes and extensions may be of any length
/// to RFC 9112 §7.1, and would be read for ever (CVE-2024-22019).
bool H1Parser::is_line_bounded(const char* at) noexcept {
  if (in_trailers_) return true;
  line_bytes_ += static_cast<std::size_t>(at - line_from_);
  line_from_ = at;
  if (line_bytes_ <= limits_.head) return true;
  fault_ = Fault::kHeadTooLarge;
  return false;
}

std::span<const Field> H1Parser::trailers() {
  trailers_.clear();
  for (const Trailer& text : trailer_texts_)
    trailers_.push_back({text.name, trimmed(text.value), field_id(text.name), false});
  // RFC 9110 §6.5.1: framing, routing and control have no place here; servers that merge would
  // obey.
  for (Field& field : trailers_)
    field.hop_by_hop =
        field.id != FieldId::kOther || field.name.find('_') != std::string_view::npos;
  return trailers_;
}

/// RFC 9112 §2.3: llhttp knows RTSP and ICE as well.
int H1Parser::on_protocol(llhttp_t* llhttp, const char* at, std::size_t length) noexcept {
  constexpr std::string_view kProtocol = "HTTP";
  H1Parser& parser = parser_of(llhttp);
  const std::string_view rest = kProtocol.substr(parser.protocol_bytes_);
  if (!rest.starts_with({at, length})) return HPE_USER;
  parser.protocol_bytes_ = static_cast<std::uint8_t>(parser.protocol_bytes_ + length);
  return 0;
}

int H1Parser::on_url(llhttp_t* llhttp, const char* at, std::size_t length) noexcept {
  H1Parser& parser = parser_of(llhttp);
  extend(parser.head_.target, at, length);
  if (parser.head_.target.size() <= parser.limits_.request_line) return 0;
  parser.fault_ = Fault::kTargetTooLong;
  return HPE_USER;
}

int H1Parser::on_status(llhttp_t* llhttp, const char* at, std::size_t length) noexcept {
  extend(parser_of(llhttp).head_.reason, at, length);
  return 0;
}

int H1Parser::on_field(llhttp_t* llhttp, const char* at, std::size_t length) noexcept {
  H1Parser& parser = parser_of(llhttp);
  if (parser.head_done_) return parser.on_trailer_name(at, length);
  FieldTable& fields = parser.buffer_->fields;
  if (!std::exchange(parser.in_value_, false)) {
    extend(fields.back().name, at, length);
    return 0;
  }
  if (fields.size() == parser.limits_.fields) {
    parser.fault_ = Fault::kHeadTooLarge;
    return HPE_USER;
  }
  fields.add() = {{at, length}, {}, FieldId::kOther, false};
  return 0;
}

int H1Parser::on_value(llhttp_t* llhttp, const char* at, std::size_t length) noexcept {
  H1Parser& parser = parser_of(llhttp);
  if (parser.head_done_) return parser.on_trailer_value(at, length);
  parser.in_value_ = true;
  extend(parser.buffer_->fields.back().value, at, length);
  return 0;
}

int H1Parser::on_trailer_name(const char* at, std::size_t length) {
  if (!is_line_bounded(at)) return HPE_USER;
  in_trailers_ = true;
  if (std::exchange(in_value_, false)) trailer_texts_.emplace_back();
  trailer_texts_.back().name.append(at, length);
  return count_trailer(length);
}

int H1Parser::on_trailer_value(const char* at, std::size_t length) {
  in_value_ = true;
  trailer_texts_.back().value.append(at, length);
  return count_trailer(length);
}

int H1Parser::count_trailer(std::size_t bytes) noexcept {
  trailer_bytes_ += bytes;
  if (trailer_bytes_ <= limits_.head && trailer_texts_.size() <= limits_.fields) return 0;
  fault_ = Fault::kHeadTooLarge;
  return HPE_USER;
}

int H1Parser::on_headers_complete(llhttp_t* llhttp) noexcept {
  H1Parser& parser = parser_of(llhttp);
  parser.head_done_ = true;
  for (Field& field : parser.buffer_->fields.all()) {
    field.id = field_id(field.name);
    // Older releases of llhttp refuse it, newer ones take it: a length that ends in a tab is not
    // read alike everywhere.
    if (field.id == FieldId::kContentLength && field.value.ends_with('\t')) return -1;
    field.value = trimmed(field.value);
  }
  parser.head_.fields = parser.buffer_->fields.all();
  parser.in_value_ = true;
  return HPE_PAUSED;  // the rules decide about the body
}

int H1Parser::on_chunk_header(llhttp_t* llhttp) noexcept {
  // As with lengths: servers keep sizes in signed 64-bit numbers, and such a chunk never ends.
  constexpr auto kSizeMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  parser_of(llhttp).in_chunk_ = true;
  parser_of(llhttp).chunk_bytes_ = llhttp->content_length;
  return llhttp->content_length <= kSizeMax ? 0 : HPE_USER;
}

int H1Parser::on_chunk_complete(llhttp_t* llhttp) noexcept {
  parser_of(llhttp).in_chunk_ = false;
  return 0;
}

int H1Parser::on_extension_value(llhttp_t*, const char* at, std::size_t length) noexcept {
  // RFC 9110 §5.6.4: the one control character that llhttp lets into quotes.
  return std::string_view(at, length).find('\x7f') == std::string_view::npos ? 0 : HPE_USER;
}

int H1Parser::on_body(llhttp_t* llhttp, const char* at, std::size_t length) noexcept {
  if (length == 0) return 0;  // the end of a chunk whose last data was skipped
  H1Parser& parser = parser_of(llhttp);
  if (!parser.is_line_bounded(at)) return HPE_USER;
  parser.line_bytes_ = 0;
  parser.line_from_ = at + length;
  parser.sink_->on_chunk_data({at, length});
  return 0;
}

int H1Parser::on_message_complete(llhttp_t* llhttp) noexcept {
  parser_of(llhttp).done_ = true;
  return HPE_PAUSED;
}

}  // namespace segue::http

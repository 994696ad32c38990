// One template for both formats, so that they cannot drift apart in what they say.
#include "telemetry/access_format.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "telemetry/escape.h"
#include "telemetry/timestamp.h"

namespace segue::telemetry {
namespace {

// Keys, punctuation, words and numbers of a line without its texts: below 600 bytes in either
// format.
constexpr std::size_t kFixedMax = 1024;
constexpr std::size_t kAttemptFixedMax = 160;
constexpr std::size_t kDigitsMax = 20;

std::string_view cut(std::string_view text) noexcept {
  return text.substr(0, kAccessTextMax);
}

std::string_view without_query(std::string_view path) noexcept {
  path = cut(path);
  return path.substr(0, path.find('?'));
}

std::size_t text_bound(std::string_view text) noexcept {
  return kEscapedMax * std::min(text.size(), kAccessTextMax) + 4;  // quotes, or null
}

std::uint64_t count(Micros time) noexcept {
  return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

std::size_t attempts_of(const Record& record) noexcept {
  return std::min(record.attempts_count, Record::kAttemptsMax);
}

template <AccessFormat F>
class Line {
 public:
  explicit Line(char* out) noexcept : at_(out) {}
  char* end() const noexcept { return at_; }

  void raw(std::string_view bytes) noexcept {
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  /// `name` stands between the separator before it and the one before its value.
  void key(std::string_view name) noexcept {
    raw(F == AccessFormat::kJson ? ",\"" : " ");
    raw(name);
    raw(F == AccessFormat::kJson ? "\":" : "=");
  }
  void text(std::string_view value) noexcept {
    if constexpr (F == AccessFormat::kLogfmt) {
      at_ = write_logfmt_value(at_, cut(value));
    } else if (value.empty()) {
      raw("null");
    } else {
      *at_++ = '"';
      at_ = write_json_text(at_, cut(value));
      *at_++ = '"';
    }
  }
  /// One of our own constants: nothing in it to escape.
  void word(std::string_view value) noexcept {
    if constexpr (F == AccessFormat::kJson) *at_++ = '"';
    raw(value);
    if constexpr (F == AccessFormat::kJson) *at_++ = '"';
  }
  void number(std::uint64_t value) noexcept {
    at_ = std::to_chars(at_, at_ + kDigitsMax, value).ptr;
  }
  void hex(std::uint64_t value) noexcept {
    constexpr char kHex[] = "0123456789abcdef";
    for (int shift = 60; shift >= 0; shift -= 4) *at_++ = kHex[(value >> shift) & 15];
  }
  void time(std::uint64_t wall_ms) noexcept { at_ = write_timestamp(at_, wall_ms); }

 private:
  char* at_;
};

void write_attempts(Line<AccessFormat::kJson>& line, const Record& record) noexcept {
  line.raw("[");
  for (std::size_t i = 0; i < attempts_of(record); ++i) {
    const AttemptRecord& attempt = record.attempts[i];
    line.raw(i == 0 ? "{\"pool\":" : ",{\"pool\":");
    line.text(attempt.pool);
    line.key("endpoint");
    line.text(attempt.endpoint);
    line.key("fault");
    line.word(to_string(attempt.fault));
    line.key("reused");
    line.raw(attempt.reused ? "true" : "false");
    line.key("proof");
    if (attempt.retry) {
      line.word(to_string(attempt.proof));
    } else {
      line.raw("null");
    }
    line.raw("}");
  }
  line.raw("]");
}

/// logfmt has no lists: attempts=2 attempt1_pool=new attempt1_endpoint=…
/// attempt1_fault=connect_failed attempt1_reused=false attempt1_proof=- attempt2_pool=…
void write_attempts(Line<AccessFormat::kLogfmt>& line, const Record& record) noexcept {
  line.number(attempts_of(record));
  for (std::size_t i = 0; i < attempts_of(record); ++i) {
    const AttemptRecord& attempt = record.attempts[i];
    const auto key = [&](std::string_view name) {
      line.raw(" attempt");
      line.number(i + 1);
      line.raw("_");
      line.raw(name);
      line.raw("=");
    };
    key("pool"), line.text(attempt.pool);
    key("endpoint"), line.text(attempt.endpoint);
    key("fault"), line.word(to_string(attempt.fault));
    key("reused"), line.raw(attempt.reused ? "true" : "false");
    key("proof"), line.raw(attempt.retry ? to_string(attempt.proof) : "-");
  }
}

template <AccessFormat F>
char* write_line(char* out, const Record& record) noexcept {
  Line<F> line(out);
  line.raw(F == AccessFormat::kJson ? "{\"time\":\"" : "time=");
  line.time(record.wall_ms);
  if (F == AccessFormat::kJson) line.raw("\"");
  line.key("request_id"), line.text(record.request_id);
  line.key("client"), line.text(record.client);
  line.key("listener"), line.text(record.listener);
  line.key("method"), line.text(record.method);
  line.key("host"), line.text(record.host);
  line.key("path"), line.text(without_query(record.path));
  line.key("http"), line.word(record.minor == 0 ? "1.0" : "1.1");
  line.key("route"), line.text(record.route);
  line.key("cohort");
  if (record.has_cohort) {
    if (F == AccessFormat::kJson) line.raw("\"");
    line.hex(record.cohort);
    if (F == AccessFormat::kJson) line.raw("\"");
  } else {
    line.text({});
  }
  if (!record.delivery.empty()) line.key("delivery"), line.text(record.delivery);
  if (!record.event.empty()) line.key("event"), line.text(record.event);
  if (record.session != SessionState::kNone)
    line.key("session"), line.word(to_string(record.session));
  if (record.tester_override != OverrideState::kNone)
    line.key("override"), line.word(to_string(record.tester_override));
  line.key("pool"), line.text(record.pool);
  line.key("endpoint"), line.text(record.endpoint);
  line.key("status"), line.number(record.status);
  line.key("attempts"), write_attempts(line, record);
  line.key("bytes_in"), line.number(record.bytes_in);
  line.key("bytes_out"), line.number(record.bytes_out);
  line.key("queue_us"), line.number(count(record.queue));
  line.key("connect_us"), line.number(count(record.connect));
  line.key("first_byte_us"), line.number(count(record.first_byte));
  line.key("total_us"), line.number(count(record.total));
  line.key("ended_by"), line.word(record.error ? to_string(record.error.side) : "none");
  line.key("fault"), line.word(to_string(record.error.fault));
  if (record.error.rule != Rule::kNone) line.key("rule"), line.word(to_string(record.error.rule));
  line.key("phase"), line.word(to_string(record.phase));
  line.key("generation"), line.number(record.generation);
  line.raw(F == AccessFormat::kJson ? "}\n" : "\n");
  return line.end();
}

}  // namespace

std::size_t access_line_bound(const Record& record) noexcept {
  std::size_t bound = kFixedMax;
  for (const std::string_view text :
       {record.request_id, record.client, record.listener, record.method, record.host, record.path,
        record.route, record.delivery, record.event, record.pool, record.endpoint}) {
    bound += text_bound(text);
  }
  for (std::size_t i = 0; i < attempts_of(record); ++i) {
    bound += kAttemptFixedMax + text_bound(record.attempts[i].pool) +
             text_bound(record.attempts[i].endpoint);
  }
  return bound;
}

char* write_access_line(char* out, const Record& record, AccessFormat format) noexcept {
  return format == AccessFormat::kJson ? write_line<AccessFormat::kJson>(out, record)
                                       : write_line<AccessFormat::kLogfmt>(out, record);
}

}  // namespace segue::telemetry

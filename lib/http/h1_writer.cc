// Serialising: what the parser understood is what leaves, byte for byte in names and values.
#include "lib/http/h1_writer.h"

#include <charconv>
#include <cstring>

#include "lib/http/status.h"

namespace segue::http {
namespace {

// Short lines are put together in place; fields too long for this go piece by piece.
constexpr std::size_t kLineInPlace = 2048;

char* put(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

void write_field(Gather& out, const Field& field) {
  const std::size_t bytes = field.name.size() + field.value.size() + 4;
  if (bytes <= kLineInPlace) [[likely]] {
    char* at = out.space(bytes);
    at = put(at, field.name);
    at = put(at, ": ");
    at = put(at, field.value);
    put(at, "\r\n");
    out.wrote(bytes);
    return;
  }
  out.copy(field.name);
  out.copy(": ");
  out.copy(field.value);
  out.copy("\r\n");
}

/// Whether the name is followed by its value in memory as it would be on the wire.
bool stands(const Field& field) {
  const char* const colon = field.name.data() + field.name.size();
  return field.value.data() == colon + 2 && colon[0] == ':' && colon[1] == ' ';
}

/// The fields from `at` on that stand in the head as they are to be written, one behind the other:
/// all of them are one copy. Moves `at` behind them.
std::string_view run_of(std::span<const Field> fields, std::size_t& at) {
  const char* const begin = fields[at].name.data();
  const char* end = fields[at].value.data() + fields[at].value.size();
  for (++at; at < fields.size(); ++at) {
    const Field& next = fields[at];
    // The line end is looked at only where a field follows it.
    if (next.hop_by_hop || next.name.data() != end + 2 || end[0] != '\r' || end[1] != '\n' ||
        !stands(next))
      break;
    end = next.value.data() + next.value.size();
  }
  return {begin, static_cast<std::size_t>(end - begin)};
}

void write_fields(Gather& out, const Head& head, std::span<const Field> extra,
                  const BodyLength& body) {
  // A Content-Length that no longer frames the body (upstream sent it with none) is kept: it
  // describes what a GET would get (RFC 9110 §9.3.2, §15.4.5).
  for (std::size_t at = 0; at < head.fields.size();) {
    const Field& field = head.fields[at];
    if (field.hop_by_hop) {
      ++at;
    } else if (stands(field)) {
      out.copy(run_of(head.fields, at));
      out.copy("\r\n");
    } else {
      write_field(out, field);
      ++at;
    }
  }
  for (const Field& field : extra) write_field(out, field);
  if (body.kind == BodyLength::Kind::kChunked) out.copy("Transfer-Encoding: chunked\r\n");
}

void write_persistence(Gather& out, const Head& head, Persistence persistence) {
  switch (persistence) {
    case Persistence::kDefault: break;
    case Persistence::kKeepAlive: out.copy("Connection: keep-alive\r\n"); break;
    case Persistence::kClose: out.copy("Connection: close\r\n"); break;
    case Persistence::kUpgrade:
      out.copy("Connection: upgrade\r\n");
      for (const Field& field : head.fields)
        if (field.id == FieldId::kUpgrade) write_field(out, field);
      break;
  }
  out.copy("\r\n");
}

}  // namespace

void write_request_head(Gather& out, const Head& head, std::span<const Field> extra,
                        BodyLength body, Persistence persistence, std::string_view host) {
  out.copy(head.method);
  out.copy(" ");
  if (head.target.starts_with('/') || head.target == "*") {
    out.copy(head.target);
  } else {  // absolute form becomes origin form (RFC 9112 §3.2.1)
    out.copy(head.path);
    if (head.has_query) out.copy("?");
    out.copy(head.query);
  }
  out.copy(" HTTP/1.1\r\n");
  if (head.find(FieldId::kHost) == nullptr) {
    out.copy("Host: ");
    out.copy(head.authority.empty() ? host : head.authority);
    out.copy("\r\n");
  }
  write_fields(out, head, extra, body);
  write_persistence(out, head, persistence);
}

void write_response_head(Gather& out, const Head& head, std::span<const Field> extra,
                         BodyLength body, Persistence persistence) {
  char* at = out.space(16);
  at = put(at, "HTTP/1.1 ");
  *at++ = static_cast<char>('0' + head.status / 100);
  *at++ = static_cast<char>('0' + head.status / 10 % 10);
  *at++ = static_cast<char>('0' + head.status % 10);
  *at = ' ';
  out.wrote(13);
  out.copy(head.reason);
  out.copy("\r\n");
  write_fields(out, head, extra, body);
  write_persistence(out, head, persistence);
}

void write_chunk_size(Gather& out, std::uint64_t bytes) {
  constexpr std::size_t kLineMax = 18;  // 16 digits and a line end
  char* const line = out.space(kLineMax);
  char* const end = put(std::to_chars(line, line + 16, bytes, 16).ptr, "\r\n");
  out.wrote(static_cast<std::size_t>(end - line));
}

void write_last_chunk(Gather& out, std::span<const Field> trailers) {
  out.copy("0\r\n");
  for (const Field& trailer : trailers)
    if (!trailer.hop_by_hop) write_field(out, trailer);
  out.copy("\r\n");
}

}  // namespace segue::http

// Dividing targets, and the one pass that normalises a path.
#include "lib/http/target.h"

#include <array>

#include "lib/http/field.h"

namespace segue::http {
namespace {

constexpr Error kBadTarget{Fault::kBadMessage, Side::kClient};

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The byte that the escape at text[at] stands for, or -1 when it is none.
constexpr int escaped_byte(std::string_view text, std::size_t at) noexcept {
  if (at + 2 >= text.size()) return -1;
  const int high = hex_value(text[at + 1]), low = hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

constexpr bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

constexpr bool is_decoded(int byte) noexcept {
  return byte >= 0 && (byte == '/' || byte == '\\' || is_unreserved(static_cast<char>(byte)));
}

/// Characters at which a path might not be normal.
constexpr std::array<bool, 256> kSuspicious = [] {
  std::array<bool, 256> is{};
  for (const char c : {'/', '%', ';', '\\'}) is[static_cast<unsigned char>(c)] = true;
  return is;
}();

/// Whether the segment that begins at text[at] is "." or "..".
constexpr bool dots_at(std::string_view text, std::size_t at) noexcept {
  std::size_t end = at;
  while (end < text.size() && text[end] == '.') ++end;
  return end > at && end - at <= 2 && (end == text.size() || text[end] == '/');
}

/// Where normalising begins to change `path`, which begins with '/'; its size when it is normal.
std::size_t first_change(std::string_view path) noexcept {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!kSuspicious[static_cast<unsigned char>(path[i])]) continue;
    if (path[i] == '/') {
      if (i + 1 < path.size() && (path[i + 1] == '/' || dots_at(path, i + 1))) return i;
    } else if (path[i] == '%') {
      const int byte = escaped_byte(path, i);
      const auto lower = [](char c) { return c >= 'a'; };
      if (is_decoded(byte) || (byte >= 0 && (lower(path[i + 1]) || lower(path[i + 2])))) return i;
    } else {
      return i;
    }
  }
  return path.size();
}

/// The segments written so far, with the dots and slashes resolved where a segment ends.
class Writer {
 public:
  explicit Writer(char* to) noexcept : to_(to) {}

  void put(char c) noexcept { to_[size_++] = c; }
  void begin_segment() noexcept { segment_ = size_; }  ///< after the '/' that begins it

  /// Ends the segment with a '/', or with the path.
  void end_segment(bool slash) noexcept {
    const std::string_view segment(to_ + segment_, size_ - segment_);
    if (segment == "." || segment == "..") {
      size_ = segment_;
      if (segment.size() == 2 && size_ > 1) {  // back behind the '/' before the last one
        --size_;
        while (to_[size_ - 1] != '/') --size_;
      }
    } else if (!segment.empty() && slash) {
      put('/');
    }
    begin_segment();
  }
  std::size_t size() const noexcept { return size_; }

 private:
  char* to_;
  std::size_t size_ = 0, segment_ = 0;
};

constexpr bool is_bad_in_target(char c) noexcept {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '#';
}

constexpr bool is_authority(std::string_view text) noexcept {
  return !text.empty() && text.find_first_of("@/\\?") == std::string_view::npos;
}

void split_query(std::string_view rest, Target& out) noexcept {
  const std::size_t mark = rest.find('?');
  out.path = rest.substr(0, mark);
  out.has_query = mark != std::string_view::npos;
  if (out.has_query) out.query = rest.substr(mark + 1);
}

}  // namespace

Result<Target> split_target(std::string_view target, Method method) noexcept {
  for (const char c : target) {
    if (is_bad_in_target(c)) return fail(kBadTarget);
  }
  Target out;
  if (method == Method::kConnect) {  // RFC 9112 §3.2.3
    if (!is_authority(target)) return fail(kBadTarget);
    out.form = Target::Form::kAuthority;
    out.authority = target;
    return out;
  }
  if (target.starts_with('/')) {  // RFC 9112 §3.2.1
    split_query(target, out);
    return out;
  }
  if (target == "*") {  // RFC 9112 §3.2.4
    if (method != Method::kOptions) return fail(kBadTarget);
    out.form = Target::Form::kAsterisk;
    out.path = target;
    return out;
  }
  const std::size_t colon = target.find("://");  // RFC 9112 §3.2.2
  if (colon == std::string_view::npos) return fail(kBadTarget);
  out.form = Target::Form::kAbsolute;
  out.scheme = target.substr(0, colon);
  if (!same_name(out.scheme, "http") && !same_name(out.scheme, "https")) return fail(kBadTarget);
  const std::string_view rest = target.substr(colon + 3);
  out.authority = rest.substr(0, rest.find_first_of("/?"));
  if (!is_authority(out.authority)) return fail(kBadTarget);
  split_query(rest.substr(out.authority.size()), out);
  // RFC 9112 §3.2.4: OPTIONS for an absolute form without path and query is OPTIONS *.
  if (out.path.empty()) out.path = method == Method::kOptions && !out.has_query ? "*" : "/";
  return out;
}

std::string_view host_of(std::string_view authority) noexcept {
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon)) {
    authority = authority.substr(0, colon);
  }
  if (authority.size() > 1 && authority.back() == '.') authority.remove_suffix(1);
  return authority;
}

bool normalise(std::string_view path, std::span<char> scratch, std::string_view& out) noexcept {
  out = path;
  if (!path.starts_with('/') || first_change(path) == path.size()) return true;
  if (scratch.size() < path.size()) return false;
  Writer writer(scratch.data());
  writer.put('/');
  writer.begin_segment();
  bool in_parameters = false;
  for (std::size_t i = 1; i < path.size(); ++i) {
    char c = path[i];
    if (c == ';') in_parameters = true;
    const int byte = c == '%' ? escaped_byte(path, i) : -1;
    if (is_decoded(byte)) {
      c = static_cast<char>(byte);
      i += 2;
    }
    if (c == '/' || c == '\\') {
      in_parameters = false;
      writer.end_segment(true);
    } else if (in_parameters) {
      continue;
    } else if (byte >= 0 && !is_decoded(byte)) {
      writer.put('%');
      for (const int digit : {byte / 16, byte % 16}) {
        writer.put(static_cast<char>(digit < 10 ? '0' + digit : 'A' + digit - 10));
      }
      i += 2;
    } else {
      writer.put(c);
    }
  }
  writer.end_segment(false);
  out = std::string_view(scratch.data(), writer.size());
  return true;
}

char Decoder::next() noexcept {
  const char c = text_[at_];
  if (c == '%') {
    if (const int byte = escaped_byte(text_, at_); byte >= 0) {
      at_ += 3;
      return static_cast<char>(byte);
    }
  }
  ++at_;
  return c == '+' && plus_ == Plus::kSpace ? ' ' : c;
}

bool same_decoded(std::string_view encoded, std::string_view plain) noexcept {
  Decoder decoder(encoded, Decoder::Plus::kSpace);
  for (const char c : plain) {
    if (decoder.done() || decoder.next() != c) return false;
  }
  return decoder.done();
}

std::optional<std::string_view> find_parameter(std::string_view query,
                                               std::string_view name) noexcept {
  std::optional<std::string_view> found;
  for_each_parameter(query, [&](std::string_view key, std::string_view value) {
    if (same_decoded(key, name)) found = value;
    return !found;
  });
  return found;
}

}  // namespace segue::http

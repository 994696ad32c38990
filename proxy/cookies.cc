// Names to and from their pool's, and Cookie fields without what is not for a pool.
#include "proxy/cookies.h"

#include <algorithm>
#include <array>

#include "lib/base/check.h"
#include "lib/http/cookie.h"

namespace segue::proxy {
namespace {

constexpr std::string_view kMark = "segue.";

/// What browsers ask of names that begin with these (RFC 6265bis §4.1.3) must hold for the new name
/// as well. Longest first; browsers compare without regard to case.
constexpr std::string_view kPrefixes[] = {"__Host-Http-", "__Secure-", "__Host-", "__Http-"};

std::size_t prefix_size(std::string_view name) noexcept {
  if (!name.starts_with("__")) return 0;
  for (const std::string_view prefix : kPrefixes)
    if (http::same_name(name.substr(0, prefix.size()), prefix)) return prefix.size();
  return 0;
}

/// Pools' names may have dots, and a dot ends the name here: '~', which they never have, instead.
char as_written(char c) noexcept {
  return c == '.' ? '~' : c;
}

bool is_pool(std::string_view written, std::string_view pool) noexcept {
  return std::equal(pool.begin(), pool.end(), written.begin(), written.end(),
                    [](char p, char w) { return as_written(p) == w; });
}

/// A name behind a space would lose it when it is alone again, and be another's name.
bool may_be_marked(std::string_view name) noexcept {
  return !name.empty() && name.front() != ' ' && name.front() != '\t';
}

/// A cookie's name in the browser, taken apart.
struct BrowserName {
  enum class Whose : unsigned char { kNobody, kPool, kOther } whose = Whose::kNobody;
  std::string_view prefix, name;  // as the pool knows it: `prefix` then `name`
};

BrowserName take_apart(std::string_view name, std::string_view pool) noexcept {
  using Whose = BrowserName::Whose;
  const std::string_view prefix = name.substr(0, prefix_size(name));
  std::string_view rest = name.substr(prefix.size());
  const BrowserName plain{Whose::kNobody, prefix, rest};
  if (!rest.starts_with(kMark)) return plain;
  rest.remove_prefix(kMark.size());
  const std::size_t dot = rest.find('.');
  if (dot == 0 || dot == std::string_view::npos) return plain;
  const BrowserName marked{Whose::kOther, prefix, rest.substr(dot + 1)};
  if (!may_be_marked(marked.name) || !is_pool(rest.substr(0, dot), pool)) return marked;
  return {Whose::kPool, marked.prefix, marked.name};
}

/// The name in a Set-Cookie field; nothing where it has none.
std::string_view set_name(std::string_view value) noexcept {
  const std::string_view pair = value.substr(0, value.find(';'));
  const std::size_t equals = pair.find('=');
  return equals == std::string_view::npos ? std::string_view() : http::trim(pair.substr(0, equals));
}

/// Whether the year of a date is 19xx, in whatever form it is written.
bool is_of_last_century(std::string_view date) noexcept {
  while (!date.empty()) {
    const std::size_t begin = date.find_first_of("0123456789");
    if (begin == std::string_view::npos) return false;
    date.remove_prefix(begin);
    const std::size_t digits = std::min(date.find_first_not_of("0123456789"), date.size());
    if (digits == 4) return date.starts_with("19");
    date.remove_prefix(digits);
  }
  return false;
}

}  // namespace

bool Isolation::covers(std::string_view prefix, std::string_view name) const noexcept {
  for (const std::string& pattern : names) {
    std::string_view wanted = pattern;
    const bool open = wanted.ends_with('*');
    if (open) wanted.remove_suffix(1);
    // `wanted` against `prefix` followed by `name`.
    const std::string_view front = wanted.substr(0, prefix.size());
    const std::string_view back = wanted.substr(front.size());
    if (!prefix.starts_with(front)) continue;
    if (front.size() < prefix.size() && !open) continue;
    if (front.size() < prefix.size() || (open ? name.starts_with(back) : name == back)) return true;
  }
  return false;
}

bool sets_ours(std::string_view value, std::string_view session_cookie) noexcept {
  std::string_view name = set_name(value);
  if (name.empty()) {
    // Browsers keep a cookie without a name, and send its value as if it were one.
    value.remove_prefix(std::min(value.find_first_not_of("= \t"), value.size()));
    name = set_name(value);
    if (name.empty()) name = value.substr(0, value.find(';'));
  }
  const std::string_view rest = name.substr(prefix_size(name));
  return rest == session_cookie || rest.starts_with(kMark);
}

bool rename_set_cookie(std::string_view value, const Isolation& isolation, std::string& out) {
  const std::string_view name = set_name(value);
  if (name.empty()) return false;
  const std::string_view prefix = name.substr(0, prefix_size(name));
  const std::string_view rest = name.substr(prefix.size());
  if (!may_be_marked(rest) || !isolation.covers(prefix, rest)) return false;
  out += prefix;
  out += kMark;
  for (const char c : isolation.pool) out += as_written(c);
  out += '.';
  out += value.substr(static_cast<std::size_t>(rest.data() - value.data()));
  return true;
}

bool is_removal(std::string_view set_cookie) noexcept {
  bool first = true, removal = false, aged = false;
  http::for_each_cookie(set_cookie, [&](const http::Cookie& part) {
    if (first) {
      removal = part.value.empty() || part.value == "\"\"";
      first = false;
    } else if (http::same_name(part.name, "max-age")) {  // goes before Expires (RFC 6265 §5.3)
      aged = true;
      removal =
          part.value.starts_with('-') ||
          (!part.value.empty() && part.value.find_first_not_of('0') == std::string_view::npos);
    } else if (!aged && http::same_name(part.name, "expires")) {
      removal = removal || is_of_last_century(part.value);
    }
  });
  return removal;
}

bool was_sent_plain(std::string_view set_cookie, std::span<const http::Field> fields) noexcept {
  const std::string_view name = set_name(set_cookie);
  return !name.empty() && http::find_cookie(fields, name).has_value();
}

void ShownCookies::undo() noexcept {
  for (const Original& original : originals_) {
    original.field->value = original.value;
    original.field->hop_by_hop = false;  // a Cookie field never is (h1_rules.h)
  }
  originals_.clear();
}

void ShownCookies::clear() noexcept {
  originals_.clear();
  if (text_.capacity() > kBytesKept) std::string().swap(text_);
}

void ShownCookies::show(std::span<http::Field> fields, std::string_view own,
                        const Isolation& isolation) {
  using Whose = BrowserName::Whose;
  SEGUE_DCHECK(originals_.empty(), "undo() comes before the next show()");
  const auto is_own = [&](const http::Cookie& cookie) {
    return !own.empty() && cookie.name == own;
  };
  // What is restored decides about plain cookies before and behind it: a first look finds it.
  std::array<BrowserName, kRestoredMax> restored;
  std::size_t restored_count = 0;
  std::size_t bytes = 0;
  bool any = false;
  for (const http::Field& field : fields) {
    if (field.id != http::FieldId::kCookie) continue;
    bytes += field.value.size();
    http::for_each_cookie(field.value, [&](const http::Cookie& cookie) {
      if (is_own(cookie)) any = true;
      if (!isolation.on()) return;
      const BrowserName name = take_apart(cookie.name, isolation.pool);
      if (name.whose == Whose::kNobody) return;
      any = true;
      const bool shown = name.whose == Whose::kPool && isolation.covers(name.prefix, name.name);
      if (shown && restored_count < kRestoredMax) restored[restored_count++] = name;
    });
  }
  if (!any) return;
  const auto replaced = [&](const BrowserName& plain) {
    const auto end = restored.begin() + static_cast<std::ptrdiff_t>(restored_count);
    return std::any_of(restored.begin(), end, [&](const BrowserName& other) {
      return other.name == plain.name && other.prefix == plain.prefix;
    });
  };
  text_.clear();
  // Views into it must hold. A value grows by nothing but the spaces behind its semicolons.
  text_.reserve(2 * bytes);
  for (http::Field& field : fields) {
    if (field.id != http::FieldId::kCookie) continue;
    const std::size_t begin = text_.size();
    bool changed = false;
    http::for_each_cookie(field.value, [&](const http::Cookie& cookie) {
      const std::size_t before = text_.size();
      if (before > begin) text_ += "; ";
      BrowserName name;
      if (isolation.on()) name = take_apart(cookie.name, isolation.pool);
      const bool kept =
          !is_own(cookie) && name.whose != Whose::kOther &&
          (name.whose == Whose::kPool ? isolation.covers(name.prefix, name.name) : !replaced(name));
      changed = changed || !kept || name.whose == Whose::kPool;
      if (!kept) {
        text_.resize(before);
      } else if (name.whose == Whose::kPool) {
        text_ += name.prefix;
        text_ +=
            cookie.pair.substr(static_cast<std::size_t>(name.name.data() - cookie.pair.data()));
      } else {
        text_ += cookie.pair;
      }
    });
    if (!changed) {
      text_.resize(begin);
      continue;
    }
    const std::string_view value(text_.data() + begin, text_.size() - begin);
    originals_.push_back({&field, field.value});
    field.value = value;
    field.hop_by_hop = value.empty();
  }
}

}  // namespace segue::proxy

// Finding a request's key and hashing it, folded, without a copy on the heap.
#include "routing/cohort.h"

#include <array>

#include "conf/judge.h"
#include "lib/base/hash.h"
#include "lib/http/field.h"
#include "lib/http/target.h"

namespace segue::routing {
namespace {

using Kind = conf::CohortKey::Kind;

/// Keys are folded on the stack in pieces of this size; longer ones chain the pieces' hashes.
constexpr std::size_t kFoldBytes = 256;

/// Hashes what `source` (done(), next()) yields, in lower case.
template <typename Source>
CohortHash hash_folded(Source source) noexcept {
  std::array<char, kFoldBytes> piece;
  CohortHash hash = 0;
  bool first = true;
  do {
    std::size_t size = 0;
    while (size < piece.size() && !source.done()) piece[size++] = http::to_lower(source.next());
    const CohortHash more = siphash({piece.data(), size});
    hash = first ? more : mix(hash, more);
    first = false;
  } while (!source.done());
  return hash;
}

/// Text as it is, in the manner of http::Decoder.
class Plain {
 public:
  explicit Plain(std::string_view text) noexcept : text_(text) {}
  bool done() const noexcept { return at_ == text_.size(); }
  char next() noexcept { return text_[at_++]; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

static_assert(conf::kPointerNamesMax <= http::JsonQuery::kTokensMax &&
                  conf::kPointerMax <= http::JsonQuery::kTokenBytesMax,
              "what the configuration takes, a query takes");

BodyQuery body_query(const std::vector<conf::CohortKey>& keys) {
  using Source = BodyQuery::Source;
  std::vector<Source> sources;
  for (const conf::CohortKey& key : keys) {
    if (key.kind == Kind::kJson) sources.push_back({Source::Kind::kPointer, key.argument});
    if (key.kind == Kind::kRepository)
      sources.push_back(
          {key.argument.empty() ? Source::Kind::kRepositoryById : Source::Kind::kRepositoryByName,
           ""});
  }
  return sources.empty() ? BodyQuery() : BodyQuery(sources);
}

/// Whether there is a body in which a key can be found.
bool is_readable(const http::Head& head) noexcept {
  const bool empty = head.body.kind == http::BodyLength::Kind::kNone ||
                     (head.body.kind == http::BodyLength::Kind::kLength && head.body.bytes == 0);
  return !empty && body_form(head) != BodyForm::kOpaque;
}

std::string_view header(const http::Head& head, std::string_view name) noexcept {
  for (const http::Field& field : head.fields) {
    if (http::same_name(field.name, name)) return field.value;
  }
  return {};
}

}  // namespace

CohortHash cohort_hash(std::string_view key) noexcept {
  return hash_folded(Plain(key));
}

CohortKeys::CohortKeys(std::vector<conf::CohortKey> keys)
    : keys_(std::move(keys)), bodies_(body_query(keys_)) {
  for (const conf::CohortKey& key : keys_) {
    if (key.kind == Kind::kSession) session_at_ = patterns_.size();
    patterns_.push_back(key.kind == Kind::kPath ? PathPattern::parse(key.argument) : PathPattern());
  }
}

CohortKeys::PathPattern CohortKeys::PathPattern::parse(std::string_view pattern) {
  constexpr std::string_view kMark = "{*}";
  const std::size_t mark = pattern.find(kMark);
  if (mark == std::string_view::npos) return {std::string(pattern), "", ""};
  std::string_view rest = pattern.substr(mark + kMark.size());
  const std::size_t slash = rest.find('/');
  PathPattern out;
  out.before = pattern.substr(0, mark);
  out.tail = rest.substr(0, slash);
  if (slash != std::string_view::npos) out.after = rest.substr(slash);
  if (out.after.ends_with('/')) out.after.pop_back();
  return out;
}

std::optional<std::string_view> CohortKeys::PathPattern::capture(
    std::string_view path) const noexcept {
  if (!path.starts_with(before)) return std::nullopt;
  std::string_view rest = path.substr(before.size());
  std::string_view segment = rest.substr(0, rest.find('/'));
  rest.remove_prefix(segment.size());
  if (!segment.ends_with(tail) || !rest.starts_with(after)) return std::nullopt;
  rest.remove_prefix(after.size());
  if (!rest.empty() && rest.front() != '/') return std::nullopt;
  segment.remove_suffix(tail.size());
  if (segment.empty()) return std::nullopt;
  return segment;
}

CohortKeys::Cohort CohortKeys::find(const http::Head& head, std::string_view client,
                                    std::uint64_t random, CohortHash session,
                                    const BodyKey* body) const noexcept {
  Cohort out{Found::kUnknown, random, {}, keys_.size(), {}};
  std::size_t sources = 0;  // of bodies_, before the key that the head has
  for (std::size_t i = 0; i < keys_.size() && out.found == Found::kUnknown; ++i) {
    if (keys_[i].kind != Kind::kJson && keys_[i].kind != Kind::kRepository) {
      out = find_in_head(i, head, client, random, session);
    } else if (body != nullptr && body->source == sources) {
      return {Found::kKey, cohort_hash(body->text), body->text, i, body->alias};
    } else {
      ++sources;
    }
  }
  if (body == nullptr && sources > 0 && is_readable(head))
    return {Found::kNeedsBody, random, {}, sources, {}};
  if (out.found == Found::kUnknown && session_at_ != kNowhere)
    return {Found::kRandom, random, {}, session_at_, {}};
  return out;
}

/// Key `i` as the head has it, or kUnknown.
CohortKeys::Cohort CohortKeys::find_in_head(std::size_t i, const http::Head& head,
                                            std::string_view client, std::uint64_t random,
                                            CohortHash session) const noexcept {
  const conf::CohortKey& key = keys_[i];
  std::string_view found;
  CohortHash hash = 0;
  switch (key.kind) {
    case Kind::kRequest: return {Found::kRandom, random, {}, i, {}};
    case Kind::kClient: found = client; break;
    case Kind::kSession:
      if (session != 0) return {Found::kKey, session, {}, i, {}};
      break;
    case Kind::kJson:
    case Kind::kRepository: break;
    case Kind::kCookie: found = http::find_cookie(head.fields, key.argument).value_or(""); break;
    case Kind::kHeader: found = header(head, key.argument); break;
    case Kind::kQuery:
      found = http::find_parameter(head.query, key.argument).value_or("");
      hash = hash_folded(http::Decoder(found, http::Decoder::Plus::kSpace));
      break;
    case Kind::kPath:
      found = patterns_[i].capture(head.path).value_or("");
      hash = hash_folded(http::Decoder(found, http::Decoder::Plus::kLiteral));
      break;
  }
  if (found.empty()) return {Found::kUnknown, random, {}, keys_.size(), {}};
  const bool encoded = key.kind == Kind::kQuery || key.kind == Kind::kPath;
  return {Found::kKey, encoded ? hash : cohort_hash(found), found, i, {}};
}

std::string to_string(const conf::CohortKey& key) {
  switch (key.kind) {
    case Kind::kRequest: return "request";
    case Kind::kClient: return "client";
    case Kind::kCookie: return "cookie:" + key.argument;
    case Kind::kHeader: return "header:" + key.argument;
    case Kind::kQuery: return "query:" + key.argument;
    case Kind::kPath: return "path:" + key.argument;
    case Kind::kSession: return "session";
    case Kind::kJson: return "json:" + key.argument;
    case Kind::kRepository:
      return key.argument.empty() ? "repository" : "repository:" + key.argument;
  }
  return "unknown";
}

}  // namespace segue::routing

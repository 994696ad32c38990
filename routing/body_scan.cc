// Content types, forms and JSON put together.
#include "routing/body_scan.h"

#include <algorithm>

#include "lib/base/check.h"
#include "lib/http/field.h"

namespace segue::routing {

BodyForm body_form(const http::Head& head) noexcept {
  std::string_view type;
  for (const http::Field& field : head.fields) {
    if (field.id != http::FieldId::kOther) continue;
    if (http::same_name(field.name, "Content-Type")) {
      type = http::trim(field.value.substr(0, field.value.find(';')));
    } else if (http::same_name(field.name, "Content-Encoding") && !field.value.empty() &&
               !http::same_name(field.value, "identity")) {
      return BodyForm::kOpaque;
    }
  }
  constexpr std::string_view kSuffix = "+json";  // RFC 6839 §3.1
  if (http::same_name(type, "application/json")) return BodyForm::kJson;
  if (http::same_name(type, "application/x-www-form-urlencoded")) return BodyForm::kFormPayload;
  if (type.size() > kSuffix.size() &&
      http::same_name(type.substr(type.size() - kSuffix.size()), kSuffix))
    return BodyForm::kJson;
  return BodyForm::kOpaque;
}

BodyQuery::BodyQuery(std::span<const Source> sources) {
  SEGUE_CHECK(sources.size() <= kSourcesMax, "the configuration allows fewer");
  bool depends = false;  // on the forge
  std::uint8_t rank = 0;
  for (const Source& source : sources) {
    const bool pointer = source.kind == Source::Kind::kPointer;
    ranks_.push_back(rank);
    rank = static_cast<std::uint8_t>(rank + (pointer ? 1 : kIdentityRanks));
    depends = depends || !pointer;
  }
  ranks_.push_back(rank);
  for (std::size_t f = 0; f < (depends ? static_cast<std::size_t>(Forge::kCount) : 1); ++f) {
    std::vector<http::JsonQuery::Term> terms;
    bool identified = false;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (sources[i].kind == Source::Kind::kPointer) {
        terms.push_back({sources[i].pointer, "", 0, ranks_[i]});
        continue;
      }
      if (std::exchange(identified, true)) continue;  // twice is once
      const bool by_id = sources[i].kind == Source::Kind::kRepositoryById;
      for (http::JsonQuery::Term& term : identity_terms(
               static_cast<Forge>(f), by_id ? Identity::kId : Identity::kName, ranks_[i]))
        terms.push_back(std::move(term));
    }
    queries_.emplace_back(std::move(terms));
  }
}

const http::JsonQuery& BodyQuery::of(Forge forge) const noexcept {
  return queries_[queries_.size() == 1 ? 0 : static_cast<std::size_t>(forge)];
}

std::size_t BodyQuery::source_of(std::uint8_t rank) const noexcept {
  const auto behind = std::upper_bound(ranks_.begin(), ranks_.end(), rank);
  return static_cast<std::size_t>(behind - ranks_.begin()) - 1;
}

void BodyScan::begin(const BodyQuery& query, std::size_t sources, BodyForm form, Forge forge) {
  query_ = &query;
  forge_ = forge;
  form_ = form;
  key_ = {};
  json_.begin(query.of(forge), query.rank(sources));
  if (form == BodyForm::kFormPayload) field_.begin("payload");
}

BodyScan::State BodyScan::feed(Bytes bytes) {
  if (form_ == BodyForm::kJson) {
    json_.feed(bytes);
  } else {
    std::array<char, kPieceBytes> piece;
    while (!bytes.empty() && !field_.done() && json_.state() == State::kMore) {
      const std::size_t size = field_.read(bytes, piece);
      json_.feed({piece.data(), size});
    }
    if (field_.done()) json_.end();
  }
  return json_.state() == State::kDone ? finish() : State::kMore;
}

BodyScan::State BodyScan::end() {
  if (form_ == BodyForm::kFormPayload && json_.state() == State::kMore) {
    std::array<char, http::FormField::kEscapeBytes> rest;
    json_.feed({rest.data(), field_.end(rest)});
  }
  json_.end();
  return finish();
}

BodyScan::State BodyScan::finish() {
  const http::JsonScan::Answer found = json_.answer(0);
  if (!found || key_) return State::kDone;
  const http::JsonQuery::Term& term = query_->of(forge_).terms()[found.term];
  key_.source = query_->source_of(term.rank);
  key_.text = found.value;
  if (forge_ == Forge::kNone || !is_id(forge_, term.pointer)) return State::kDone;
  // "json:/repository/id" is the value itself, whatever forge sent it.
  if (query_->rank(key_.source + 1) - query_->rank(key_.source) == 1) return State::kDone;
  text_ = to_string(forge_);
  text_ += ':';
  text_ += found.value;
  key_.text = text_;
  key_.alias = json_.answer(1).value;
  return State::kDone;
}

}  // namespace segue::routing

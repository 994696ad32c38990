// A push parser for JSON that comes in pieces (RFC 8259, strictly), made for looking away: of a
// container that its handler does not care for nothing is told, and its strings are only checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/http/json_bytes.h"
#include "lib/http/json_token.h"

namespace segue::http {

enum class JsonContainer : bool { kArray, kObject };

// clang-format off
/// Tells `Handler` what comes:
///
///     void on_key(JsonToken::Text);      decoded; views hold until the call returns
///     void on_string(JsonToken::Text);   decoded
///     void on_number(JsonToken::Text);   as written
///     void on_literal();                 true, false, null
///     bool on_begin(JsonContainer);      whether to look into it; if not, it is over with this call
///     void on_end();                     of a container that was looked into
///     bool looks() const;                whether anything else in this container is of interest
///     bool done() const;                 whether anything else at all is
///
/// Asking for a little is cheap, so looks() is asked for each token and done() after each call.
/// What was told was well formed up to there, whatever comes behind. Nothing is allocated.
// clang-format on
template <typename Handler>
class JsonParser {
 public:
  static constexpr std::size_t kDepthMax = 64;
  enum class State : std::uint8_t {
    kMore,     ///< well formed so far
    kWhole,    ///< and over, but for white space
    kStopped,  ///< the handler is done
    kFault     ///< no JSON, or deeper than kDepthMax
  };

  void begin() noexcept {
    next_ = Next::kValue;
    depth_ = told_ = 0;
    objects_ = 0;
  }

  Handler& handler() noexcept { return handler_; }
  const Handler& handler() const noexcept { return handler_; }

  /// The next piece. Whatever the pieces are, the handler is told the same.
  State feed(Bytes bytes);

  /// There is no more: if that is kMore, it is a fault.
  State end() {
    if (next_ == Next::kInNumber && depth_ == 0 && token_.is_number()) feed(Bytes(" ", 1));
    return state();
  }

  State state() const noexcept {
    if (handler_.done()) return State::kStopped;
    if (next_ == Next::kFault) return State::kFault;
    return next_ == Next::kSpace ? State::kWhole : State::kMore;
  }

 private:
  /// What may come next.
  enum class Next : std::uint8_t {
    kValue,
    kElementOrEnd,  // behind '['
    kKeyOrEnd,      // behind '{'
    kKey,
    kColon,
    kCommaOrEnd,
    kInKey,  // a token was cut: its rest
    kInString,
    kInNumber,
    kInLiteral,
    kSpace,  // the text is over
    kFault
  };
  using Read = JsonToken::Read;
  using Keep = JsonToken::Keep;

  /// How far it came. Passed by value, so that it stays in registers.
  struct Place {
    Next next;
    const char* at;
  };

  static constexpr bool is_low(char c) noexcept { return static_cast<unsigned char>(c) <= ' '; }
  static constexpr bool is_over(Next next) noexcept { return next >= Next::kSpace; }
  static JsonToken::Text text_of(const char* from, const char* to) noexcept {
    const std::string_view text(from, static_cast<std::size_t>(to - from));
    return text.size() <= JsonToken::kTextBytesMax ? JsonToken::Text(text) : std::nullopt;
  }

  bool looks() const noexcept { return depth_ == told_ && handler_.looks() && !handler_.done(); }
  Next behind_value() const noexcept { return depth_ == 0 ? Next::kSpace : Next::kCommaOrEnd; }

  template <Keep kKeep>
  Place run(Place place, const char* end);
  template <Keep kKeep>
  Place string(Next in, const char* at, const char* end);
  template <Keep kKeep>
  Place value(const char* at, const char* end);
  Place literal(std::string_view text, const char* at, const char* end);
  Place resume(Next in, const char* at, const char* end);
  Next open(JsonContainer kind);
  Next close();
  void tell(Next in, JsonToken::Text text);

  Handler handler_;
  JsonToken token_;
  Next next_ = Next::kFault;
  std::size_t depth_ = 0;
  std::size_t told_ = 0;       // depth of the innermost container that the handler looks into
  std::uint64_t objects_ = 0;  // a bit for each container, the innermost lowest: it is an object
  static_assert(kDepthMax <= 64);
};

template <typename Handler>
auto JsonParser<Handler>::feed(Bytes bytes) -> State {
  const char* const end = bytes.data() + bytes.size();
  Place place{next_, bytes.data()};
  if (next_ >= Next::kInKey && next_ <= Next::kInLiteral) place = resume(next_, place.at, end);
  // Two readers, so that neither asks at each token which it is.
  while (place.at != end && !is_over(place.next) && !handler_.done())
    place = looks() ? run<Keep::kYes>(place, end) : run<Keep::kNo>(place, end);
  if (place.next == Next::kSpace && json_space_end(place.at, end) != end) place.next = Next::kFault;
  next_ = place.next;
  return state();
}

/// Reads up to the end of the bytes or of the text, or until the other reader's turn may have come.
/// The ways that most tokens take run downwards through the cases.
/// One function, so that its state stays in registers.
template <typename Handler>
template <JsonToken::Keep kKeep>
// NOLINTNEXTLINE(readability-function-size)
auto JsonParser<Handler>::run(Place place, const char* const end) -> Place {
  auto [next, at] = place;
  JsonPlainRuns runs(at, end);
  const char* quote = nullptr;
  while (at != end) {
    if (is_low(*at)) {
      at = json_space_end(at, end);
      if (at != end && is_low(*at)) return {Next::kFault, at};
      continue;
    }
    switch (next) {
      case Next::kKeyOrEnd:
        if (*at == '}') {
          ++at;
          next = close();
          if (depth_ > told_) continue;
          return {next, at};
        }
        next = Next::kKey;
        [[fallthrough]];
      case Next::kKey:
        if (*at != '"') return {Next::kFault, at};
        quote = runs.end_from(at + 1);
        if (quote == end || *quote != '"') return string<kKeep>(Next::kInKey, at + 1, end);
        if (kKeep == Keep::kYes) tell(Next::kInKey, text_of(at + 1, quote));
        at = quote + 1;
        next = Next::kColon;
        if (at == end || *at != ':') continue;
        [[fallthrough]];
      case Next::kColon:
        if (*at != ':') return {Next::kFault, at};
        ++at;
        next = Next::kValue;
        if (at == end || is_low(*at)) continue;
        [[fallthrough]];
      case Next::kValue:
        if (*at != '"') {
          place = value<kKeep>(at, end);
          next = place.next;
          at = place.at;
          if (kKeep == Keep::kYes || at == end || is_over(next)) return place;
          continue;
        }
        quote = runs.end_from(at + 1);
        if (quote == end || *quote != '"') return string<kKeep>(Next::kInString, at + 1, end);
        if (kKeep == Keep::kYes) tell(Next::kInString, text_of(at + 1, quote));
        at = quote + 1;
        next = behind_value();
        if ((kKeep == Keep::kYes && !looks()) || is_over(next)) return {next, at};
        if (at == end || *at != ',') continue;
        [[fallthrough]];
      case Next::kCommaOrEnd:
        if (*at == ',') {
          ++at;
          next = (objects_ & 1) != 0 ? Next::kKey : Next::kValue;
          continue;
        }
        if (*at != ((objects_ & 1) != 0 ? '}' : ']')) return {Next::kFault, at};
        ++at;
        next = close();
        if (depth_ > told_) continue;
        return {next, at};
      case Next::kElementOrEnd:
        if (*at == ']') {
          ++at;
          next = close();
          if (depth_ > told_) continue;
          return {next, at};
        }
        next = Next::kValue;
        continue;
      case Next::kInKey:  // cut, and so at the end
      case Next::kInString:
      case Next::kInNumber:
      case Next::kInLiteral:
      case Next::kSpace:
      case Next::kFault: return {next, at};
    }
  }
  return {next, at};
}

/// One with an escape, or cut, or with characters beyond ASCII.
template <typename Handler>
template <JsonToken::Keep kKeep>
auto JsonParser<Handler>::string(Next in, const char* at, const char* const end) -> Place {
  token_.begin_string(kKeep);
  return resume(in, at, end);
}

/// Any but a string.
template <typename Handler>
template <JsonToken::Keep kKeep>
auto JsonParser<Handler>::value(const char* at, const char* const end) -> Place {
  switch (*at) {
    case '{': return {open(JsonContainer::kObject), at + 1};
    case '[': return {open(JsonContainer::kArray), at + 1};
    case 't': return literal("true", at, end);
    case 'f': return literal("false", at, end);
    case 'n': return literal("null", at, end);
    default:  // whatever it is, it must be a number
      token_.begin_number(kKeep);
      return resume(Next::kInNumber, at, end);
  }
}

template <typename Handler>
auto JsonParser<Handler>::literal(std::string_view text, const char* at, const char* const end)
    -> Place {
  const std::string_view rest(at, static_cast<std::size_t>(end - at));
  if (rest.starts_with(text)) {
    if (looks()) handler_.on_literal();
    return {behind_value(), at + text.size()};
  }
  token_.begin_literal(text);
  return resume(Next::kInLiteral, at, end);
}

/// Goes on with a token.
template <typename Handler>
auto JsonParser<Handler>::resume(Next in, const char* at, const char* const end) -> Place {
  Read read = Read::kFault;
  if (in == Next::kInNumber) {
    read = token_.number(at, end);
  } else if (in == Next::kInLiteral) {
    read = token_.literal(at, end);
  } else {
    read = token_.string(at, end);
  }
  if (read == Read::kCut) return {in, at};
  if (read == Read::kFault) return {Next::kFault, at};
  if (looks()) tell(in, token_.text());
  return {in == Next::kInKey ? Next::kColon : behind_value(), at};
}

template <typename Handler>
void JsonParser<Handler>::tell(Next in, JsonToken::Text text) {
  if (in == Next::kInKey) {
    handler_.on_key(text);
  } else if (in == Next::kInString) {
    handler_.on_string(text);
  } else if (in == Next::kInNumber) {
    handler_.on_number(text);
  } else {
    handler_.on_literal();
  }
}

template <typename Handler>
auto JsonParser<Handler>::open(JsonContainer kind) -> Next {
  if (depth_ == kDepthMax) return Next::kFault;
  const bool into = looks() && handler_.on_begin(kind);
  ++depth_;
  if (into) told_ = depth_;
  const bool object = kind == JsonContainer::kObject;
  objects_ = objects_ << 1 | (object ? 1 : 0);
  return object ? Next::kKeyOrEnd : Next::kElementOrEnd;
}

template <typename Handler>
auto JsonParser<Handler>::close() -> Next {
  const bool told = depth_ == told_;
  --depth_;
  objects_ >>= 1;
  if (told) {
    --told_;
    handler_.on_end();
  }
  return behind_value();
}

}  // namespace segue::http

// What a JSON parser tells about a text, written down as a line: by ours and by Boost.JSON's, which
// is as strict and takes texts in pieces too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/basic_parser_impl.hpp>

#include "lib/http/json_parser.h"

namespace segue::tests {

/// Two readings of one text are the same when these are.
struct JsonEvents {
  std::string told;    // "{ k:3:key n:2:12 s:- l }": "-" for a text that was too long
  bool whole = false;  // otherwise it is no JSON, or too deep
  bool operator==(const JsonEvents&) const = default;

  void add(char what, std::string_view text) {
    told += what;
    if (text.size() <= http::JsonToken::kTextBytesMax) {
      told += ':' + std::to_string(text.size()) + ':';
      told += text;
    } else {
      told += ":-";
    }
    told += ' ';
  }
};

/// Writes down everything but what is in containers it declines: those whose turn it is in
/// `declines`, a bit for each in the order they come.
struct JsonRecorder {
  using Text = http::JsonToken::Text;

  JsonEvents events;
  std::uint64_t declines = 0;

  void on_key(Text text) { add('k', text); }
  void on_string(Text text) { add('s', text); }
  void on_number(Text text) { add('n', text); }
  void on_literal() { events.told += "l "; }
  bool on_begin(http::JsonContainer kind) {
    events.told += kind == http::JsonContainer::kObject ? "{ " : "[ ";
    const bool declined = (declines & 1) != 0;
    declines >>= 1;
    return !declined;
  }
  void on_end() { events.told += "} "; }
  bool looks() const { return true; }
  bool done() const { return false; }

 private:
  void add(char what, Text text) {
    if (text) {
      const std::string copy(*text);  // so that a look beyond it is seen
      events.add(what, copy);
    } else {
      events.told += what;
      events.told += ":- ";
    }
  }
};

/// Ours, of a text cut into `pieces` (anything that yields string views).
template <typename Pieces>
JsonEvents json_events(const Pieces& pieces, std::uint64_t declines = 0) {
  http::JsonParser<JsonRecorder> parser;
  parser.handler().declines = declines;
  parser.begin();
  for (const std::string_view piece : pieces) {
    const std::string copy(piece);  // so that a piece kept too long is seen
    parser.feed({copy.data(), copy.size()});
  }
  parser.handler().events.whole = parser.end() == http::JsonParser<JsonRecorder>::State::kWhole;
  return parser.handler().events;
}

/// Boost.JSON's handler. It has texts in parts.
struct BoostRecorder {
  using View = boost::json::string_view;
  using Code = boost::json::error_code;
  static constexpr std::size_t max_object_size = -1;
  static constexpr std::size_t max_array_size = -1;
  static constexpr std::size_t max_key_size = -1;
  static constexpr std::size_t max_string_size = -1;

  JsonEvents events;
  std::string parts;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return tell("{ "); }
  bool on_object_end(std::size_t, Code&) { return tell("} "); }
  bool on_array_begin(Code&) { return tell("[ "); }
  bool on_array_end(std::size_t, Code&) { return tell("} "); }
  bool on_key_part(View text, std::size_t, Code&) { return part(text); }
  bool on_key(View text, std::size_t, Code&) { return last('k', text); }
  bool on_string_part(View text, std::size_t, Code&) { return part(text); }
  bool on_string(View text, std::size_t, Code&) { return last('s', text); }
  bool on_number_part(View text, Code&) { return part(text); }
  bool on_int64(std::int64_t, View text, Code&) { return last('n', text); }
  bool on_uint64(std::uint64_t, View text, Code&) { return last('n', text); }
  bool on_double(double, View text, Code&) { return last('n', text); }
  bool on_bool(bool, Code&) { return tell("l "); }
  bool on_null(Code&) { return tell("l "); }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

 private:
  bool tell(const char* what) {
    events.told += what;
    return true;
  }
  bool part(View text) {
    parts.append(text.data(), text.size());
    return true;
  }
  bool last(char what, View text) {
    part(text);
    events.add(what, parts);
    parts.clear();
    return true;
  }
};

/// Boost.JSON's; nothing where it refuses what is JSON: an exponent beyond an int.
inline std::optional<JsonEvents> boost_events(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = http::JsonParser<JsonRecorder>::kDepthMax;
  boost::json::basic_parser<BoostRecorder> parser(options);
  boost::json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (error == boost::json::error::exponent_overflow) return std::nullopt;
  JsonEvents events = parser.handler().events;
  events.whole = !error && read == text.size();
  return events;
}

/// Whether the parsers agree. Of a text that is no JSON Boost's may tell one number more: before
/// what cannot follow it, or at the end.
inline bool agree(const JsonEvents& ours, const std::optional<JsonEvents>& boost) {
  if (!boost || ours == *boost) return true;
  if (ours.whole || boost->whole || !boost->told.starts_with(ours.told)) return false;
  const std::string_view rest = std::string_view(boost->told).substr(ours.told.size());
  return rest.starts_with("n:") && rest.find(' ') + 1 == rest.size();
}

}  // namespace segue::tests

// Messages in pieces: every way to cut a text, and what the parser makes of the pieces, as one text
// that can be compared.
#pragma once

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http/h1_parser.h"
#include "lib/http/h1_rules.h"

namespace segue::tests {

using Pieces = std::vector<std::string_view>;

inline Pieces byte_by_byte(std::string_view text) {
  Pieces pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

/// Calls `visit(pieces)` for the whole, for single bytes, and for every cut at one and at two
/// places.
template <typename Visit>
void for_each_cut(std::string_view text, Visit&& visit) {
  visit(Pieces{text});
  visit(byte_by_byte(text));
  for (std::size_t i = 1; i < text.size(); ++i) {
    visit(Pieces{text.substr(0, i), text.substr(i)});
    for (std::size_t k = i + 1; k < text.size(); ++k)
      visit(Pieces{text.substr(0, i), text.substr(i, k - i), text.substr(k)});
  }
}

/// A message read to the end of its head, or to the fault.
class HeadReader {
 public:
  HeadReader(http::H1Parser::Kind kind, const http::HeadLimits& limits = {}) : kind_(kind) {
    parser.begin(kind, limits);
  }

  /// Returns what lies behind the head once it is complete; until then nothing.
  void read(const Pieces& pieces) {
    for (const std::string_view piece : pieces) {
      std::string_view left = piece;
      while (!left.empty() && !complete && !fault) {
        const std::span<char> space = buffer.space();
        const std::size_t n = std::min(space.size(), left.size());
        std::memcpy(space.data(), left.data(), n);
        buffer.filled(n);
        left.remove_prefix(n);
        const Result<bool> result = parser.parse_head(buffer);
        if (!result) {
          fault = result.error().fault;
        } else {
          complete = *result;
        }
      }
      rest.append(left);
    }
    if (complete) rest.insert(0, std::string_view(buffer.unread().data(), buffer.unread().size()));
  }

  /// Everything that was understood, or the fault's word, or "incomplete".
  std::string text() {
    if (fault) return to_string(*fault);
    if (!complete) return "incomplete";
    const http::Head& head = parser.head();
    std::string out = kind_ == http::H1Parser::Kind::kRequest
                          ? std::string(head.method) + " " + std::string(head.target)
                          : std::to_string(head.status) + " " + std::string(head.reason);
    out += " 1." + std::to_string(head.minor) + "\n";
    for (const http::Field& field : head.fields)
      out += "[" + std::string(field.name) + "]=[" + std::string(field.value) + "]" +
             std::to_string(static_cast<int>(field.id)) + "\n";
    return out + "rest=" + rest;
  }

  http::HeadBuffer buffer;
  http::H1Parser parser;
  std::optional<Fault> fault;
  bool complete = false;
  std::string rest;

 private:
  http::H1Parser::Kind kind_;
};

inline std::string read_head(http::H1Parser::Kind kind, const Pieces& pieces,
                             const http::HeadLimits& limits = {}) {
  HeadReader reader(kind, limits);
  reader.read(pieces);
  return reader.text();
}

/// A chunked body behind the head of a request: data, then trailers, then what follows.
struct ChunkedBody final : http::H1Parser::BodySink {
  std::string data, trailers, rest;
  std::optional<Fault> fault;
  bool done = false;

  void on_chunk_data(Bytes bytes) override { data.append(bytes.data(), bytes.size()); }

  void read(const Pieces& pieces, const http::HeadLimits& limits = {}) {
    HeadReader reader(http::H1Parser::Kind::kRequest, limits);
    reader.read({"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"});
    http::H1Parser& parser = reader.parser;
    for (const std::string_view piece : pieces) {
      if (done || fault) {
        rest.append(piece);
        continue;
      }
      const Result<std::size_t> taken = parser.feed_chunked({piece.data(), piece.size()}, *this);
      if (!taken) {
        fault = taken.error().fault;
        continue;
      }
      done = parser.done();
      rest.append(piece.substr(*taken));
    }
    if (!done) return;
    for (const http::Field& field : parser.trailers())
      if (!field.hop_by_hop)
        trailers += std::string(field.name) + "=" + std::string(field.value) + ";";
  }

  /// Without the data that came before a fault: how much of it was told depends on the cuts.
  std::string text() const {
    if (fault) return to_string(*fault);
    return data + (done ? "|" + trailers + "|" + rest : "|incomplete");
  }
};

}  // namespace segue::tests

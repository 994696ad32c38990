// The tables of requests.json and responses.json against parser, rules and writer: every case
// whole, byte by byte, and cut in two at every place. What they mean is said in the tables.
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "lib/http/field.h"
#include "tests/support/streams.h"

namespace segue::tests {
namespace {

using Json = nlohmann::json;

// Nothing but padding is longer; it is cut in pieces of this size and not at every place.
constexpr std::size_t kWholeBytes = 4096;

Json table(const char* name) {
  std::ifstream file(std::string(SEGUE_SOURCE_DIR) + "/tests/wire/" + name);
  return Json::parse(file)["cases"];
}

/// The characters U+0000…U+00FF of a UTF-8 text as one byte each.
std::string bytes_of(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x80) {
      out += text[i];
    } else {
      ++i;
      out += static_cast<char>((c & 0x03) << 6 | (text[i] & 0x3f));
    }
  }
  return out;
}

std::string raw(const Json& wire) {
  if (wire.is_string()) return bytes_of(wire.get<std::string>());
  std::string out;
  for (const Json& part : wire) {
    if (part.is_string()) {
      out += raw(part);
    } else {
      for (int i = part[0].get<int>(); i > 0; --i) out += raw(part[1]);
    }
  }
  return out;
}

/// Calls `visit(pieces)` for the whole, for small pieces, and for every cut in two.
template <typename Visit>
void for_each_way(std::string_view wire, Visit&& visit) {
  visit(Pieces{wire});
  const bool is_short = wire.size() <= kWholeBytes;
  const std::size_t step = is_short ? 1 : 1021;
  Pieces small;
  for (std::size_t i = 0; i < wire.size(); i += step) small.push_back(wire.substr(i, step));
  visit(small);
  for (std::size_t i = 1; i < wire.size(); ++i) {
    const bool near_an_end = i < 300 || i + 300 > wire.size();
    if (is_short || near_an_end || i % 997 == 0) visit(Pieces{wire.substr(0, i), wire.substr(i)});
  }
}

bool has_line(std::string_view head, std::string_view line) {
  return ("\n" + std::string(head)).find("\n" + std::string(line) + "\r\n") != std::string::npos;
}

bool has_name(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find('\n'); at + 1 < head.size(); at = head.find('\n', at + 1)) {
    const std::string_view line = head.substr(at + 1);
    if (http::same_name(line.substr(0, line.find(':')), name)) return true;
    if (head.find('\n', at + 1) == std::string_view::npos) break;
  }
  return false;
}

/// Fields that the proxy adds above these layers.
bool is_added(std::string_view field) {
  return field.starts_with("X-Forwarded-") || field == "Connection: close";
}

/// What is wrong with a message that should be like `spec`; "" for nothing.
std::string wrong_with(const Json& spec, const Passed& message) {
  if (!message.complete) return "incomplete: " + message.head;
  if (spec.contains("line") && !has_line(message.head, raw(spec["line"]))) return message.head;
  for (const Json& field : spec.value("has", Json::array()))
    if (const std::string line = raw(field); !is_added(line) && !has_line(message.head, line))
      return "no " + line + " in " + message.head;
  for (const Json& name : spec.value("lacks", Json::array()))
    if (has_name(message.head, name.get<std::string>()))
      return name.get<std::string>() + " in " + message.head;
  if (spec.contains("body") && message.body != raw(spec["body"])) return "body " + message.body;
  if (!spec.contains("trailers")) return {};
  std::string trailers;
  for (const Json& trailer : spec["trailers"]) trailers += raw(trailer) + "\n";
  return message.trailers == trailers ? "" : "trailers " + message.trailers;
}

std::string wrong_with(const Json& c, const RequestStream& stream) {
  const Json served = c.value("served", Json::array());
  for (std::size_t i = 0; i < served.size(); ++i) {
    if (stream.messages.size() <= i) return "not served: " + stream.text();
    if (const std::string wrong = wrong_with(served[i], stream.messages[i]); !wrong.empty())
      return wrong;
  }
  const bool broken = c.contains("broken"), dropped = c.contains("dropped");
  const std::size_t begun = (broken || dropped) && stream.in_body() ? 1 : 0;
  if (stream.messages.size() != served.size() + begun) return "too many: " + stream.text();
  if (begun == 1 && stream.messages.back().complete) return "complete: " + stream.text();
  if (c.contains("refused") || broken) {
    if (!stream.fault) return "no fault: " + stream.text();
    if (c.contains("refused") && stream.in_body()) return "a fault of the body";
    const std::uint16_t status = http::status_for(*stream.fault);
    for (const Json& allowed : c[broken ? "broken" : "refused"])
      if (allowed == status) return {};
    return "status " + std::to_string(status);
  }
  if (stream.fault) return "a fault: " + stream.text();
  if (dropped) return stream.over() ? "over: " + stream.text() : "";
  return stream.ended == c.value("closes", false) ? "" : "keep-alive: " + stream.text();
}

std::string wrong_with(const Json& c, const ResponseStream& stream) {
  const bool complete = !stream.messages.empty() && stream.messages.back().complete;
  if (c.contains("refused")) {
    if (c.value("wholly", false)) return {};
    return stream.messages.empty() ? "" : "taken: " + stream.text();
  }
  if (c.contains("truncated")) return complete ? "complete: " + stream.text() : "";
  if (!complete) return "incomplete: " + stream.text();
  if (c.contains("tunnel"))
    return stream.messages.back().status == 101 ? "" : "no tunnel: " + stream.text();
  const Json& client = c["client"];
  const Passed& message = stream.messages.back();
  if (message.status != client["status"].get<int>()) return message.head;
  const std::vector<std::uint16_t> interim = client.value("interim", std::vector<std::uint16_t>{});
  const bool old = c.value("request", "").find(" HTTP/1.0\r\n") != std::string::npos;
  if (stream.interim != interim && !old) return "other interim responses";
  return wrong_with(client, message);
}

/// What leaves for `message` is exactly one request, and the same one.
std::string wrong_with_leaving(const Passed& message) {
  RequestStream again;
  again.read(message.leaves);
  if (again.fault || again.messages.size() != 1) return "another number: " + message.leaves;
  const Passed& got = again.messages[0];
  if (!got.complete || again.behind != 0) return "another end: " + message.leaves;
  if (got.body != message.body || got.trailers != message.trailers) return "another body";
  return got.head == message.head ? "" : "another head: " + got.head;
}

}  // namespace

TEST_SUITE("wire") {
  TEST_CASE("a request of the table becomes what the table says, however it is cut") {
    for (const Json& c : table("requests.json")) {
      INFO(c["name"].get<std::string>());
      const std::string wire = raw(c["wire"]);
      std::string whole;
      for_each_way(wire, [&](const Pieces& pieces) {
        RequestStream stream;
        for (const std::string_view piece : pieces) stream.read(piece);
        CAPTURE(pieces.front());
        CHECK(wrong_with(c, stream) == "");
        if (pieces.size() == 1) whole = stream.text();
        // A body that breaks may have brought its request's head or not, but nothing else differs.
        CHECK(stream.text() == whole);
      });
    }
  }

  TEST_CASE("what leaves for a request of the table is read as exactly this request") {
    for (const Json& c : table("requests.json")) {
      INFO(c["name"].get<std::string>());
      RequestStream stream;
      stream.read(raw(c["wire"]));
      for (const Passed& message : stream.messages)
        if (message.complete) CHECK(wrong_with_leaving(message) == "");
    }
  }

  TEST_CASE("a response of the table becomes what the table says, however it is cut") {
    for (const Json& c : table("responses.json")) {
      INFO(c["name"].get<std::string>());
      const std::string wire = raw(c["wire"]);
      RequestStream request;
      request.read(c.value("request", "GET /@ HTTP/1.1\r\nHost: a\r\n\r\n"));
      REQUIRE_FALSE(request.fault);
      std::string whole;
      for_each_way(wire, [&](const Pieces& pieces) {
        ResponseStream stream(request.method, request.upgrade, request.minor);
        for (const std::string_view piece : pieces) stream.read(piece);
        if (c.value("ends", "") == "close") stream.end_of_stream();
        CAPTURE(pieces.front());
        CHECK(wrong_with(c, stream) == "");
        if (pieces.size() == 1) whole = stream.text();
        CHECK(stream.text() == whole);
        const bool reusable =
            stream.ended && stream.behind == 0 && stream.messages.back().keep_alive;
        if (c.contains("client") && c.value("reuse", false)) CHECK(reusable);
      });
    }
  }
}

}  // namespace segue::tests

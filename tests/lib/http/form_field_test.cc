// A field of a form, decoded as it comes.
#include "lib/http/form_field.h"

#include <array>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "lib/base/rng.h"
#include "lib/http/target.h"

namespace segue::http {
namespace {

std::string read(std::string_view body, std::size_t piece, std::size_t room) {
  FormField field;
  field.begin("payload");
  std::string value;
  std::array<char, 64> out;
  for (std::size_t i = 0; i < body.size(); i += piece) {
    const std::string copy(body.substr(i, piece));
    Bytes in(copy);
    while (!in.empty() && !field.done()) {
      const std::size_t size = field.read(in, std::span(out).first(room));
      value.append(out.data(), size);
    }
  }
  value.append(out.data(), field.end(out));
  return value;
}

/// The value, which is the same however the body is cut and however little room there is.
std::string value(std::string_view body) {
  const std::string whole = read(body, body.size() + 1, 64);
  for (const std::size_t piece : {1, 2, 3, 5})
    for (const std::size_t room : {3, 4, 64}) {
      CAPTURE(piece);
      CAPTURE(room);
      CHECK(read(body, piece, room) == whole);
    }
  return whole;
}

/// The same by way of the query's decoder.
std::string slowly(std::string_view body) {
  std::string out;
  for_each_parameter(body, [&](std::string_view name, std::string_view raw) {
    if (!same_decoded(name, "payload")) return true;
    for (Decoder decoder(raw, Decoder::Plus::kSpace); !decoder.done();) out += decoder.next();
    return false;
  });
  return out;
}

TEST_SUITE("lib/http/form_field") {
  TEST_CASE("the first field of the name is decoded") {
    CHECK(value("payload=%7B%22a%22%3A1%7D") == "{\"a\":1}");
    CHECK(value("a=1&payload=x+y%2Bz&payload=2") == "x y+z");
    CHECK(value("pay=1&payloads=2&payload=3&b=4") == "3");
    CHECK(value("p%61yload=x") == "x");
    CHECK(value("payload=a=b") == "a=b");
    CHECK(value("payload=") == "");
    CHECK(value("payload") == "");
    CHECK(value("payload&payload=x") == "");
    CHECK(value("") == "");
    CHECK(value("Payload=x") == "");
    CHECK(value("&&payload=x") == "x");
    CHECK(value("=payload&payload=x") == "x");
  }

  TEST_CASE("a '%' that is no escape is itself") {
    CHECK(value("payload=%") == "%");
    CHECK(value("payload=%4") == "%4");
    CHECK(value("payload=100%&b=1") == "100%");
    CHECK(value("payload=%zz%4g%%41%") == "%zz%4g%A%");
    CHECK(value("payload=%4&b=1") == "%4");
  }

  TEST_CASE("it is what the decoder of queries says") {
    constexpr std::string_view kParts[] = {"payload", "=",   "&",   "%",   "4",    "1",   "+",
                                           "x",       "%41", "%7B", "pay", "load", "%61", "\xff"};
    constexpr std::uint64_t kSeed = 3;
    Rng rng(kSeed);
    for (int round = 0; round < 5'000; ++round) {
      std::string body;
      for (std::uint64_t n = rng.below(12); n > 0; --n)
        body += kParts[rng.below(std::size(kParts))];
      CAPTURE(body);
      if (value(body) != slowly(body)) FAIL_CHECK("differs");
    }
  }
}

}  // namespace
}  // namespace segue::http

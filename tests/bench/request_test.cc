#include "bench/request.h"

#include <string>

#include <doctest/doctest.h>

#include "bench/message.h"

using namespace segue::bench;

namespace {

std::string sent_in_pieces(const Request& request) {
  std::string wire;
  while (wire.size() < request.size()) wire += request.piece(wire.size());
  return wire;
}

}  // namespace

TEST_SUITE("bench/request") {
  TEST_CASE("a body of any size is whole, with a length and in chunks") {
    for (const bool chunked : {false, true}) {
      for (const std::int64_t size : {0, 1, 12'288, 65'536, 65'537, 131'072, 1'000'001}) {
        CAPTURE(chunked);
        CAPTURE(size);
        LoadOptions options;
        options.body = size;
        options.chunked = chunked;
        const std::string wire = sent_in_pieces(compose(options, "/hook"));
        Message message;
        CHECK(message.feed(wire) == wire.size());
        CHECK(message.done());
        CHECK(message.body_bytes() == static_cast<std::uint64_t>(size));
      }
    }
  }

  TEST_CASE("requests are spread over as many paths as are asked for") {
    LoadOptions options;
    options.path = "/r*/1024";
    options.spread = 3;
    const auto made = compose_all(options);
    REQUIRE(made.size() == 3);
    CHECK(made[0].begin.starts_with("GET /r0/1024 HTTP/1.1\r\n"));
    CHECK(made[2].begin.starts_with("GET /r2/1024 HTTP/1.1\r\n"));
  }
}

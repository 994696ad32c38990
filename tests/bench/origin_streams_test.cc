#include "bench/origin_streams.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using segue::bench::echo_frames;

TEST_SUITE("bench/origin_streams") {
  TEST_CASE("whole frames come back unmasked and the beginning of the next one is left") {
    using namespace std::string_literals;
    const std::string wire = "\x81\x82\0\0\0\0hi\x82\x83\x01\x02\x03\x04`b`\x81\x82"s;
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
      CAPTURE(cut);
      std::string out;
      std::string_view first = std::string_view(wire).substr(0, cut);
      REQUIRE(echo_frames(first, out));
      const std::string rest = std::string(first) + wire.substr(cut);
      std::string_view second = rest;
      REQUIRE(echo_frames(second, out));
      CHECK(out == "\x81\x02hi\x82\x03"s + "a`c");
      CHECK(second == "\x81\x82");
    }
  }

  TEST_CASE("frames that are not masked, or long, end the connection") {
    using namespace std::string_literals;
    for (const std::string& wire : {"\x81\x02hihihi"s, "\x81\xfe\x01\x00\0\0\0\0"s}) {
      std::string out;
      std::string_view bytes = wire;
      CHECK_FALSE(echo_frames(bytes, out));
    }
  }

  TEST_CASE("without a stream there is no clock to wait for") {
    segue::bench::EventClock<int> clock;
    CHECK(clock.timeout() == -1);
    int stream = 0;
    clock.add(&stream);
    CHECK(clock.timeout() > 0);
    clock.remove(&stream);
    CHECK(clock.timeout() == -1);
  }
}

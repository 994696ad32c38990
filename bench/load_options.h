// What the load generator can be asked for.
#pragma once

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "bench/arguments.h"

namespace segue::bench {

inline constexpr std::string_view kLoadUsage =
    "usage: load --port P [options]       a closed loop of HTTP/1.1 requests to 127.0.0.1:P\n"
    "  --connections C    (1) connections\n"
    "  --in-flight K      (C) requests at once; less than C: connections take turns\n"
    "  --requests N       stop after N requests, or\n"
    "  --seconds S        (1) stop sending after S seconds\n"
    "  --warm N           send N requests first, print \"warm\", go on after a line on stdin\n"
    "  --hold             keep the connections open at the end until stdin closes\n"
    "  --close            a new connection for each request\n"
    "  --tls              over TLS; no certificate is verified\n"
    "  --resume           each TLS connection resumes the session of the one before\n"
    "  --path PATH        (/1024)\n"
    "  --spread N         (1) the first * in PATH is 0, 1 … N-1 in turn\n"
    "  --body N           POST with a body of N bytes instead of GET\n"
    "  --body-file FILE   POST with the bytes of FILE (at most 64 KiB) instead of GET\n"
    "  --chunked          send that body chunked\n"
    "  --expect-status S  (200)\n"
    "  --expect-bytes N   the response body must have N bytes\n"
    "  --expect-text T    it must begin with T (at most 32 bytes are compared)\n"
    "  --stall S          (30) fail when nothing arrives for S seconds\n"
    "Prints one JSON object; exit code 1 when a request failed.\n";

inline constexpr std::size_t kInlineBodyMax = 64 * 1024;  ///< of a body that is kept whole
inline constexpr std::uint64_t kSpreadMax = 100'000;

struct LoadOptions {
  std::uint16_t port = 0;
  std::uint64_t connections = 1;
  std::uint64_t in_flight = 0;  ///< 0: as many as connections
  std::uint64_t requests = 0;   ///< 0: by time
  double seconds = 1;
  std::uint64_t warm = 0;
  bool hold = false;
  bool close = false;
  bool tls = false;
  bool resume = false;
  std::string path = "/1024";
  std::uint64_t spread = 1;
  std::int64_t body = -1;  ///< -1: GET
  std::string body_text;   ///< of a file, `body` bytes; empty: x
  bool chunked = false;
  int expect_status = 200;
  std::int64_t expect_bytes = -1;  ///< -1: any
  std::string expect_text;
  double stall = 30;
};

/// Ends the program with the usage and code 2 when the arguments make no sense.
inline LoadOptions parse_load_options(int argc, char** argv) {
  LoadOptions options;
  Arguments arguments(argc, argv, kLoadUsage);
  while (arguments.next()) {
    if (arguments.is("--port")) {
      arguments.read(options.port);
    } else if (arguments.is("--connections")) {
      arguments.read(options.connections);
    } else if (arguments.is("--in-flight")) {
      arguments.read(options.in_flight);
    } else if (arguments.is("--requests")) {
      arguments.read(options.requests);
    } else if (arguments.is("--seconds")) {
      arguments.read(options.seconds);
    } else if (arguments.is("--warm")) {
      arguments.read(options.warm);
    } else if (arguments.is("--hold")) {
      options.hold = true;
    } else if (arguments.is("--close")) {
      options.close = true;
    } else if (arguments.is("--tls")) {
      options.tls = true;
    } else if (arguments.is("--resume")) {
      options.resume = true;
    } else if (arguments.is("--path")) {
      options.path = arguments.text();
    } else if (arguments.is("--spread")) {
      arguments.read(options.spread);
    } else if (arguments.is("--body")) {
      arguments.read(options.body);
    } else if (arguments.is("--body-file")) {
      std::ifstream file(std::string(arguments.text()), std::ios::binary);
      options.body_text.assign(std::istreambuf_iterator<char>(file), {});
      options.body = static_cast<std::int64_t>(options.body_text.size());
      if (options.body_text.empty() || options.body_text.size() > kInlineBodyMax) {
        arguments.refuse("--body-file needs a file of 1 byte to 64 KiB");
      }
    } else if (arguments.is("--chunked")) {
      options.chunked = true;
    } else if (arguments.is("--expect-status")) {
      arguments.read(options.expect_status);
    } else if (arguments.is("--expect-bytes")) {
      arguments.read(options.expect_bytes);
    } else if (arguments.is("--expect-text")) {
      options.expect_text = arguments.text();
    } else if (arguments.is("--stall")) {
      arguments.read(options.stall);
    } else {
      arguments.refuse_unknown();
    }
  }
  if (options.port == 0) arguments.refuse("--port is missing");
  if (options.chunked && !options.body_text.empty()) arguments.refuse("--chunked sends no file");
  if (options.connections == 0) arguments.refuse("--connections must not be 0");
  if (options.spread == 0 || options.spread > kSpreadMax) {
    arguments.refuse("--spread needs 1 to 100000");
  }
  if (options.in_flight == 0 || options.in_flight > options.connections) {
    options.in_flight = options.connections;
  }
  return options;
}

}  // namespace segue::bench

// What the load generator can be asked for.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

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
    "  --body N           POST with a body of N bytes instead of GET\n"
    "  --body-file FILE   POST with the bytes of FILE (at most 64 KiB) instead of GET\n"
    "  --chunked          send that body chunked\n"
    "  --expect-status S  (200)\n"
    "  --expect-bytes N   the response body must have N bytes\n"
    "  --expect-text T    it must begin with T (at most 32 bytes are compared)\n"
    "  --stall S          (30) fail when nothing arrives for S seconds\n"
    "Prints one JSON object; exit code 1 when a request failed.\n";

inline constexpr std::size_t kInlineBodyMax = 64 * 1024;  ///< of a body that is kept whole

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
  auto refuse = [](std::string_view what) {
    std::fprintf(stderr, "load: %.*s\n%s", static_cast<int>(what.size()), what.data(),
                 kLoadUsage.data());
    std::exit(2);
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    auto text = [&]() -> std::string_view {
      if (i + 1 >= argc) refuse(std::string(name) + " needs a value");
      return argv[++i];
    };
    auto read = [&](auto& out) {
      const std::string_view value = text();
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
      if (error != std::errc() || end != value.data() + value.size()) {
        refuse(std::string(name) + " needs a number");
      }
    };
    if (name == "--help") {
      std::fputs(kLoadUsage.data(), stdout);
      std::exit(0);
    }
    if (name == "--port") {
      read(options.port);
    } else if (name == "--connections") {
      read(options.connections);
    } else if (name == "--in-flight") {
      read(options.in_flight);
    } else if (name == "--requests") {
      read(options.requests);
    } else if (name == "--seconds") {
      read(options.seconds);
    } else if (name == "--warm") {
      read(options.warm);
    } else if (name == "--hold") {
      options.hold = true;
    } else if (name == "--close") {
      options.close = true;
    } else if (name == "--tls") {
      options.tls = true;
    } else if (name == "--resume") {
      options.resume = true;
    } else if (name == "--path") {
      options.path = text();
    } else if (name == "--body") {
      read(options.body);
    } else if (name == "--body-file") {
      std::ifstream file(std::string(text()), std::ios::binary);
      options.body_text.assign(std::istreambuf_iterator<char>(file), {});
      options.body = static_cast<std::int64_t>(options.body_text.size());
      if (options.body_text.empty() || options.body_text.size() > kInlineBodyMax)
        refuse("--body-file needs a file of 1 byte to 64 KiB");
    } else if (name == "--chunked") {
      options.chunked = true;
    } else if (name == "--expect-status") {
      read(options.expect_status);
    } else if (name == "--expect-bytes") {
      read(options.expect_bytes);
    } else if (name == "--expect-text") {
      options.expect_text = text();
    } else if (name == "--stall") {
      read(options.stall);
    } else {
      refuse(std::string(name) + " is unknown");
    }
  }
  if (options.port == 0) refuse("--port is missing");
  if (options.chunked && !options.body_text.empty()) refuse("--chunked sends no file");
  if (options.connections == 0) refuse("--connections must not be 0");
  if (options.in_flight == 0 || options.in_flight > options.connections) {
    options.in_flight = options.connections;
  }
  return options;
}

}  // namespace segue::bench

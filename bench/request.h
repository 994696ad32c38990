// The requests that the load generators send: a browser's head, and bodies that are not kept whole
// when they are long.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load_options.h"

namespace segue::bench {

inline constexpr std::size_t kUnitBytes = 256 * 1024;  // of a long body

/// The bytes of one request: `begin`, then `unit` over and over for `units_bytes`, then `end`.
struct Request {
  std::string begin, unit, end;
  std::uint64_t units_bytes = 0;

  std::uint64_t size() const { return begin.size() + units_bytes + end.size(); }

  /// What comes after `sent` bytes, in one piece of at most a unit. `sent` is below size().
  std::string_view piece(std::uint64_t sent) const {
    if (sent < begin.size()) return std::string_view(begin).substr(sent);
    sent -= begin.size();
    if (sent >= units_bytes) return std::string_view(end).substr(sent - units_bytes);
    const auto into = static_cast<std::size_t>(sent % unit.size());
    const std::uint64_t rest = units_bytes - sent;
    return std::string_view(unit).substr(
        into, static_cast<std::size_t>(std::min<std::uint64_t>(rest, unit.size())));
  }
};

/// What a browser sends to a CI server: 12 fields, about 600 bytes.
inline std::string browser_head(std::string_view method, std::string_view path, bool close) {
  return std::string(method) + " " + std::string(path) +
         " HTTP/1.1\r\n"
         "Host: ci.example.com\r\n"
         "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
         "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
         "Accept-Language: en-US,en;q=0.5\r\n"
         "Accept-Encoding: gzip, deflate, br, zstd\r\n"
         "Referer: https://ci.example.com/job/main/lastBuild/\r\n"
         "Cookie: session=0f4ad1c2b3e4f5061728394a5b6c7d8e; screen=1920x1080; theme=dark\r\n"
         "Sec-Fetch-Dest: document\r\n"
         "Sec-Fetch-Mode: navigate\r\n"
         "Cache-Control: no-cache\r\n" +
         (close ? "Connection: close\r\n" : "Connection: keep-alive\r\n");
}

inline std::string chunk_of(std::size_t size) {
  char hex[20];
  std::snprintf(hex, sizeof hex, "%zx\r\n", size);
  return hex + std::string(size, 'x') + "\r\n";
}

inline void add_chunked_body(Request& request, std::uint64_t body) {
  request.unit = chunk_of(kInlineBodyMax);
  request.units_bytes = body / kInlineBodyMax * request.unit.size();
  const auto rest = static_cast<std::size_t>(body % kInlineBodyMax);
  if (rest > 0) request.end = chunk_of(rest);
  request.end += "0\r\n\r\n";
}

inline Request compose(const LoadOptions& options, std::string_view path) {
  Request request;
  const bool post = options.body >= 0;
  const auto body = static_cast<std::uint64_t>(post ? options.body : 0);
  std::string& head = request.begin;
  head = browser_head(post ? "POST" : "GET", path, options.close);
  if (!post) {
    head += "\r\n";
  } else if (options.chunked) {
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    add_chunked_body(request, body);
  } else {
    head +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body) + "\r\n\r\n";
    if (!options.body_text.empty()) {
      head += options.body_text;
    } else if (body <= kInlineBodyMax) {
      head.append(body, 'x');
    } else {
      request.unit.assign(kUnitBytes, 'x');
      request.units_bytes = body;
    }
  }
  return request;
}

/// One for each number that `*` in the path stands for.
inline std::vector<Request> compose_all(const LoadOptions& options) {
  std::vector<Request> made;
  for (std::uint64_t i = 0; i < options.spread; ++i) {
    std::string path = options.path;
    if (const std::size_t star = path.find('*'); star != std::string::npos) {
      path.replace(star, 1, std::to_string(i));
    }
    made.push_back(compose(options, path));
  }
  return made;
}

}  // namespace segue::bench

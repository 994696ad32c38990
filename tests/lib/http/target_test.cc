// Targets, paths as routers see them, and query parameters.
#include "lib/http/target.h"

#include <array>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"

namespace segue::http {
namespace {

using Form = Target::Form;

std::string normal(std::string_view path) {
  std::array<char, 8192> scratch;
  std::string_view out;
  REQUIRE(normalise(path, scratch, out));
  return std::string(out);
}

/// The same by the letter of the documentation, one step after the other.
std::string slowly_normal(std::string path) {
  std::string decoded;
  for (std::size_t i = 0; i < path.size(); ++i) {
    int byte = -1;
    if (path[i] == '%' && i + 2 < path.size() &&
        isxdigit(static_cast<unsigned char>(path[i + 1])) != 0 &&
        isxdigit(static_cast<unsigned char>(path[i + 2])) != 0) {
      byte = std::stoi(path.substr(i + 1, 2), nullptr, 16);
    }
    if (byte < 0) {
      decoded += path[i];
      continue;
    }
    if (isalnum(byte) != 0 || (byte != 0 && std::string_view("-._~/\\").find(static_cast<char>(
                                                byte)) != std::string_view::npos)) {
      decoded += static_cast<char>(byte);
    } else {
      decoded += '%';
      for (const int digit : {byte / 16, byte % 16}) decoded += "0123456789ABCDEF"[digit];
    }
    i += 2;
  }
  for (char& c : decoded) {
    if (c == '\\') c = '/';
  }
  std::vector<std::string> segments(1);
  for (const char c : decoded.substr(1)) {
    if (c == '/') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  std::vector<std::string> kept;
  bool slash = true;  // does the result end in '/'?
  for (std::string& segment : segments) {
    segment = segment.substr(0, segment.find(';'));
    slash = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!slash) kept.push_back(segment);
  }
  std::string out;
  for (const std::string& segment : kept) out += "/" + segment;
  return slash ? out + "/" : out;
}

struct Pair {
  std::string_view raw, normal;
};

}  // namespace

TEST_SUITE("lib/http/target") {
  TEST_CASE("RFC 9112 §3.2.1: the origin form has a path and perhaps a query") {
    const Target t = *split_target("/job/a%2Fb//c?x=/?y", Method::kGet);
    CHECK(t.form == Form::kOrigin);
    CHECK(t.path == "/job/a%2Fb//c");
    CHECK(t.query == "x=/?y");
    CHECK(t.authority.empty());
    CHECK(split_target("/a?", Method::kGet)->has_query);
    CHECK_FALSE(split_target("/a", Method::kGet)->has_query);
    CHECK(split_target("//evil.example/x", Method::kGet)->path == "//evil.example/x");
  }

  TEST_CASE("RFC 9112 §3.2.2: the absolute form names scheme and authority") {
    const Target t = *split_target("HTTP://ci.example.com:80/a?b", Method::kPost);
    CHECK(t.form == Form::kAbsolute);
    CHECK(t.scheme == "HTTP");
    CHECK(t.authority == "ci.example.com:80");
    CHECK(t.path == "/a");
    CHECK(t.query == "b");
    CHECK(split_target("http://a", Method::kGet)->path == "/");
    CHECK(split_target("http://a?q", Method::kGet)->path == "/");
    CHECK(split_target("http://a?q", Method::kGet)->query == "q");
    CHECK(split_target("https://[::1]:8443", Method::kGet)->authority == "[::1]:8443");
  }

  TEST_CASE("RFC 9112 §3.2.3 and §3.2.4: authority form for CONNECT, asterisk form for OPTIONS") {
    CHECK(split_target("ci.example.com:443", Method::kConnect)->authority == "ci.example.com:443");
    CHECK_FALSE(split_target("/x", Method::kConnect).ok());
    CHECK(split_target("*", Method::kOptions)->path == "*");
    CHECK(split_target("http://a", Method::kOptions)->path == "*");
    CHECK_FALSE(split_target("*", Method::kGet).ok());
  }

  TEST_CASE("every other target is a bad message of the client's") {
    for (const std::string_view bad :
         {"", "a", "ci.example.com:80", "http://", "http:///x", "ftp://a/", "http://user@a/",
          "/a b", "/a#b", "/a\tb", "/a\x7f", "http://a\\b/", "?x", "http://a#b"}) {
      CAPTURE(bad);
      const auto result = split_target(bad, Method::kGet);
      REQUIRE_FALSE(result.ok());
      CHECK(result.error().fault == Fault::kBadMessage);
      CHECK(result.error().side == Side::kClient);
    }
    CHECK_FALSE(split_target(std::string_view("/a\0b", 4), Method::kGet).ok());
  }

  TEST_CASE("a host is an authority without port and final dot") {
    CHECK(host_of("ci.example.com") == "ci.example.com");
    CHECK(host_of("ci.example.com:8080") == "ci.example.com");
    CHECK(host_of("ci.example.com.:8080") == "ci.example.com");
    CHECK(host_of("[::1]:8080") == "[::1]");
    CHECK(host_of("[::1]") == "[::1]");
    CHECK(host_of("") == "");
    CHECK(host_of(":80") == "");
  }

  TEST_CASE("a normal path is not copied") {
    std::array<char, 64> scratch;
    for (const std::string_view path :
         {"/", "/job/a/", "/.well-known/x", "/a/...", "/a.b/..c/c..", "/%20%C3%A4", "/100%", "/%zz",
          "*", "", "/a+b=c&d,e:f@g!"}) {
      CAPTURE(path);
      std::string_view out;
      CHECK(normalise(path, scratch, out));
      CHECK(out.data() == path.data());
      CHECK(out.size() == path.size());
    }
  }

  TEST_CASE("a path is normalised to what a CI server's router might see") {
    constexpr Pair kPairs[] = {
        {"/%6aob/x", "/job/x"},
        {"/a%2Fb", "/a/b"},
        {"/a%2fb", "/a/b"},
        {"/a%5Cb\\c", "/a/b/c"},
        {"//a///b//", "/a/b/"},
        {"/a/./b/.", "/a/b/"},
        {"/a/../b", "/b"},
        {"/a/b/..", "/a/"},
        {"/../../a", "/a"},
        {"/a/%2e%2E/b", "/b"},
        {"/a/..%2fb", "/b"},
        {"/a/..;x=1/b", "/b"},
        {"/a;jsessionid=1/b;c", "/a/b"},
        {"/;x", "/"},
        {"/a/;x/b", "/a/b"},
        {"/%252e", "/%252e"},
        {"/%c3%a4", "/%C3%A4"},
        {"/a%3Bb", "/a%3Bb"},
        {"/a%3bb", "/a%3Bb"},
        {"/a%", "/a%"},
        {"//%", "/%"},
        {"/%00x", "/%00x"},
    };
    for (const Pair& pair : kPairs) {
      CAPTURE(pair.raw);
      CHECK(normal(pair.raw) == pair.normal);
    }
  }

  TEST_CASE("a path that has to change needs a scratch of its size") {
    std::array<char, 5> scratch;
    std::string_view out;
    CHECK(normalise("//abc", scratch, out));
    CHECK(out == "/abc");
    CHECK_FALSE(normalise("//abcd", scratch, out));
    CHECK(out == "//abcd");
  }

  TEST_CASE("any path normalises as the documentation says, and only once") {
    Rng rng(7);
    constexpr std::string_view kPieces[] = {"/",   "/",   "a",  ".", "..",  "%2e",
                                            "%2F", "%5c", "\\", ";", "x=1", "%20",
                                            "%c3", "%",   "%4", "B", "%25", "%3b"};
    for (int i = 0; i < 100'000; ++i) {
      std::string path = "/";
      for (std::size_t n = rng.below(12); n > 0; --n) {
        path += kPieces[rng.below(std::size(kPieces))];
      }
      CAPTURE(path);
      const std::string once = normal(path);
      REQUIRE(once == slowly_normal(path));
      if (path.find("%%") == std::string::npos && path.find("%4") == std::string::npos) {
        REQUIRE(normal(once) == once);
      }
    }
  }

  TEST_CASE("query parameters are found by their decoded name") {
    constexpr std::string_view kQuery = "a=1&&%62=x%2Fy+z&flag&a=2&=e";
    CHECK(find_parameter(kQuery, "a") == "1");
    CHECK(find_parameter(kQuery, "b") == "x%2Fy+z");
    CHECK(find_parameter(kQuery, "flag") == "");
    CHECK(find_parameter(kQuery, "") == "e");
    CHECK_FALSE(find_parameter(kQuery, "c").has_value());
    CHECK_FALSE(find_parameter("", "a").has_value());
  }

  TEST_CASE("encoded text is compared as the bytes it stands for") {
    CHECK(same_decoded("x%2Fy+z", "x/y z"));
    CHECK(same_decoded("100%", "100%"));
    CHECK(same_decoded("%zz", "%zz"));
    CHECK(same_decoded("", ""));
    CHECK_FALSE(same_decoded("ab", "a"));
    CHECK_FALSE(same_decoded("a", "ab"));
    CHECK_FALSE(same_decoded("%61", "b"));
  }

  TEST_CASE("in a path '+' is itself") {
    Decoder decoder("a+%2b", Decoder::Plus::kLiteral);
    std::string out;
    while (!decoder.done()) out += decoder.next();
    CHECK(out == "a++");
  }
}

}  // namespace segue::http

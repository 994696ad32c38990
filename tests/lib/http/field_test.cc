// What names mean, what lists hold and which cookie was sent.
#include "lib/http/field.h"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "lib/base/rng.h"

namespace segue::http {
namespace {

struct Known {
  std::string_view name;
  FieldId id;
};
constexpr Known kKnown[] = {
    {"Host", FieldId::kHost},
    {"Connection", FieldId::kConnection},
    {"Proxy-Connection", FieldId::kProxyConnection},
    {"Keep-Alive", FieldId::kKeepAlive},
    {"Content-Length", FieldId::kContentLength},
    {"Transfer-Encoding", FieldId::kTransferEncoding},
    {"TE", FieldId::kTe},
    {"Trailer", FieldId::kTrailer},
    {"Upgrade", FieldId::kUpgrade},
    {"HTTP2-Settings", FieldId::kHttp2Settings},
    {"Expect", FieldId::kExpect},
    {"Cookie", FieldId::kCookie},
    {"Set-Cookie", FieldId::kSetCookie},
    {"Authorization", FieldId::kAuthorization},
    {"Proxy-Authorization", FieldId::kProxyAuthorization},
    {"Proxy-Authenticate", FieldId::kProxyAuthenticate},
    {"Location", FieldId::kLocation},
    {"Forwarded", FieldId::kForwarded},
    {"Via", FieldId::kVia},
    {"X-Forwarded-For", FieldId::kXForwardedFor},
    {"X-Forwarded-Proto", FieldId::kXForwardedProto},
    {"X-Forwarded-Host", FieldId::kXForwardedHost},
    {"X-Forwarded-Port", FieldId::kXForwardedPort},
    {"X-Forwarded-Ssl", FieldId::kXForwardedOther},
    {"X-Real-IP", FieldId::kXRealIp},
    {"X-SSL-Client-Verify", FieldId::kXSslClient},
    {"X-SSL-Client-Subject", FieldId::kXSslClient},
    {"X-SSL-Client-Fingerprint", FieldId::kXSslClient},
    {"X-Request-Id", FieldId::kXRequestId},
    {"traceparent", FieldId::kTraceparent},
    {"Retry-After", FieldId::kRetryAfter},
    {"Accept", FieldId::kAccept},
};

std::vector<std::string> tokens(std::string_view value) {
  std::vector<std::string> out;
  for_each_token(value, [&](std::string_view token) { out.emplace_back(token); });
  return out;
}

}  // namespace

TEST_SUITE("lib/http/field") {
  TEST_CASE("every field the proxy treats specially is known in any case") {
    std::set<FieldId> ids;
    for (const Known& known : kKnown) ids.insert(known.id);
    CHECK(ids.size() + 1 == static_cast<std::size_t>(FieldId::kCount));
    for (const Known& known : kKnown) {
      CAPTURE(known.name);
      std::string lower, upper;
      for (const char c : known.name) {
        lower += to_lower(c);
        upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
      }
      CHECK(field_id(known.name) == known.id);
      CHECK(field_id(lower) == known.id);
      CHECK(field_id(upper) == known.id);
    }
  }

  TEST_CASE("a name that differs in one character is another field") {
    for (const Known& known : kKnown) {
      for (std::size_t i = 0; i < known.name.size(); ++i) {
        for (int c = 0; c < 256; ++c) {
          std::string other(known.name);
          if (to_lower(static_cast<char>(c)) == to_lower(other[i])) continue;
          other[i] = static_cast<char>(c);
          CAPTURE(other);
          if (known.id != FieldId::kXForwardedOther) REQUIRE(field_id(other) != known.id);
        }
      }
      const bool family = known.name.starts_with("X-Forwarded-");
      CHECK(field_id(std::string(known.name) + "s") ==
            (family ? FieldId::kXForwardedOther : FieldId::kOther));
      CHECK(field_id(known.name.substr(1)) == FieldId::kOther);
    }
    CHECK(field_id("") == FieldId::kOther);
  }

  TEST_CASE("RFC 9110 §5.1: names are equal but for ASCII case") {
    CHECK(same_name("", ""));
    CHECK(same_name("X-Hub-Signature-256", "x-hub-signature-256"));
    CHECK_FALSE(same_name("x-a", "x-ab"));
    CHECK_FALSE(same_name("a@", "a`"));  // differ in the bit that letters differ in by case
    CHECK_FALSE(same_name("[[[[[[[[", "{{{{{{{{"));
    CHECK_FALSE(same_name("\xc0\xc0\xc0\xc0", "\xe0\xe0\xe0\xe0"));
  }

  TEST_CASE("comparing by words agrees with comparing by characters") {
    Rng rng(20'240'607);
    constexpr std::string_view kAlphabet = "aAzZ@[`{-09\x80\xe1\xc1";
    for (int i = 0; i < 200'000; ++i) {
      std::string a, b;
      const std::size_t size = rng.below(20);
      for (std::size_t k = 0; k < size; ++k) {
        a += kAlphabet[rng.below(kAlphabet.size())];
        b += rng.below(8) != 0 ? static_cast<char>(a[k]) : kAlphabet[rng.below(kAlphabet.size())];
      }
      bool same = true;
      for (std::size_t k = 0; k < size; ++k) same = same && to_lower(a[k]) == to_lower(b[k]);
      REQUIRE(same_name(a, b) == same);
    }
  }

  TEST_CASE("RFC 9110 §5.6.2: a token has one tchar or more") {
    CHECK(is_token("X-Segue_Pool.1"));
    CHECK(is_token("!#$%&'*+-.^_`|~"));
    for (const std::string_view bad : {"", "a b", "a:", "a\x7f", "\"a\"", "a/b", "a\x80"}) {
      CAPTURE(bad);
      CHECK_FALSE(is_token(bad));
    }
  }

  TEST_CASE("RFC 9110 §5.6.1: empty list elements and whitespace do not count") {
    CHECK(tokens("a, b ,\tc") == std::vector<std::string>{"a", "b", "c"});
    CHECK(tokens(" ,, a,") == std::vector<std::string>{"a"});
    CHECK(tokens("").empty());
    CHECK(tokens(" , ").empty());
  }

  TEST_CASE("a walk over a list ends when its visitor says so") {
    int seen = 0;
    for_each_token("a,b,c", [&](std::string_view token) {
      ++seen;
      return token != "b";
    });
    CHECK(seen == 2);
  }

  TEST_CASE("a token is found as a whole element in any case") {
    CHECK(has_token("keep-alive, Upgrade", "upgrade"));
    CHECK(has_token("close", "close"));
    CHECK_FALSE(has_token("closed", "close"));
    CHECK_FALSE(has_token("not close", "close"));
    CHECK_FALSE(has_token("close;a=b", "close"));
    CHECK_FALSE(has_token("", "close"));
  }

  TEST_CASE("RFC 6265 §5.4: a cookie is found by its exact name over several Cookie fields") {
    const Field fields[] = {
        {"Accept", "session=wrong", FieldId::kAccept},
        {"Cookie", "a=1; JSESSIONID.x=node0; b", FieldId::kCookie},
        {"cookie", "session=\"x y\";session=second;empty=; eq=a=b", FieldId::kCookie},
    };
    CHECK(find_cookie(fields, "a") == "1");
    CHECK(find_cookie(fields, "JSESSIONID.x") == "node0");
    CHECK(find_cookie(fields, "session") == "\"x y\"");
    CHECK(find_cookie(fields, "empty") == "");
    CHECK(find_cookie(fields, "eq") == "a=b");
    CHECK_FALSE(find_cookie(fields, "A").has_value());
    CHECK_FALSE(find_cookie(fields, "b").has_value());
    CHECK_FALSE(find_cookie(fields, "JSESSIONID").has_value());
    CHECK_FALSE(find_cookie({}, "a").has_value());
  }
}

}  // namespace segue::http

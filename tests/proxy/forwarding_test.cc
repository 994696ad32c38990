// What is said about the client, and how far a chain of proxies is believed.
#include "proxy/forwarding.h"

#include <map>
#include <string>

#include <doctest/doctest.h>

#include "lib/http/field.h"
#include "tests/support/messages.h"

namespace segue::proxy {
namespace {

constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A request, and what it looks like upstream.
struct Forwarded {
  explicit Forwarded(const std::string& fields, bool trusted, conf::Forwarding settings = {},
                     std::string_view host = "192.0.2.7", const std::string& version = "1.1")
      : reader(http::H1Parser::Kind::kRequest) {
    for (const char* range : {"10.0.0.0/8", "2001:db8::/32", "unix"})
      listener.trusted.push_back(*AddressRange::parse(range));
    listener.port_text = "8080";
    reader.read({"GET / HTTP/" + version + "\r\nHost: ci.example:80\r\n" + fields + "\r\n"});
    REQUIRE(reader.complete);
    REQUIRE(http::judge_request(head()).ok());
    client = {host, trusted, &listener};
    std::span<const http::Field> extra = made.make(head(), client, settings, rng);
    for (const http::Field& field : head().fields)
      if (!field.hop_by_hop) add(field);
    for (const http::Field& field : extra) add(field);
  }
  http::Head& head() { return reader.parser.head(); }
  void add(const http::Field& field) {
    std::string name(field.name);
    for (char& c : name) c = http::to_lower(c);
    std::string& value = sent[name];
    if (!value.empty()) value += " | ";
    value += field.value;
  }
  std::string operator[](const std::string& name) const {
    const auto found = sent.find(name);
    return found == sent.end() ? "(none)" : found->second;
  }

  tests::HeadReader reader;
  ListenerState listener;
  ClientInfo client;
  ForwardedFields made;
  Rng rng{7};
  std::map<std::string, std::string> sent;
};

std::string client_of(const std::string& fields, bool trusted = true,
                      std::string_view host = "10.0.0.1") {
  Forwarded request(fields, trusted, {}, host);
  return std::string(client_address(request.head(), request.client));
}

}  // namespace

TEST_SUITE("proxy/forwarding") {
  TEST_CASE("a stranger's words are replaced") {
    const Forwarded request(
        "X-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 2.2.2.2\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\nX-Request-Id: mine\r\nForwarded: "
        "for=1\r\n",
        false);
    CHECK(request["x-forwarded-for"] == "192.0.2.7");
    CHECK(request["x-forwarded-proto"] == "http");
    CHECK(request["x-forwarded-host"] == "ci.example:80");
    CHECK(request["x-forwarded-port"] == "8080");
    CHECK(request["forwarded"] == "(none)");
    CHECK(request["x-request-id"].size() == 32);
    CHECK(request["x-request-id"] == request.made.request_id());
    CHECK(request["via"] == "(none)");
  }

  TEST_CASE("a trusted proxy's words are kept, and its address is appended") {
    const Forwarded request(
        "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2, 3.3.3.3\r\nX-Forwarded-Proto: "
        "https\r\n"
        "X-Forwarded-Host: public\r\nX-Forwarded-Port: 443\r\nX-Request-Id: mine\r\nForwarded: "
        "for=1\r\n",
        true, {}, "10.0.0.1");
    CHECK(request["x-forwarded-for"] == "1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.1");
    CHECK(request["x-forwarded-proto"] == "https");
    CHECK(request["x-forwarded-host"] == "public");
    CHECK(request["x-forwarded-port"] == "443");
    CHECK(request["x-request-id"] == "mine");
    CHECK(request.made.request_id() == "mine");
    CHECK(request["forwarded"] == "for=1");
  }

  TEST_CASE("what a trusted proxy says twice is said once") {
    const Forwarded request(
        "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\nX-Request-Id: a\r\nX-Request-Id: "
        "b\r\n",
        true);
    CHECK(request["x-forwarded-proto"] == "https");
    CHECK(request["x-request-id"] == "a");
  }

  TEST_CASE("an empty list of a trusted proxy is no list") {
    CHECK(Forwarded("X-Forwarded-For:\r\n", true)["x-forwarded-for"] == "192.0.2.7");
  }

  TEST_CASE("a request id of a trusted proxy is taken when it is short and plain") {
    for (const std::string& id :
         {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\"b"),
          std::string("a\\b"), std::string("\xc3\xa4")})
      CHECK(Forwarded("X-Request-Id: " + id + "\r\n", true)["x-request-id"].size() == 32);
    CHECK(
        Forwarded("X-Request-Id: " + std::string(128, 'a') + "\r\n", true)["x-request-id"].size() ==
        128);
  }

  TEST_CASE("a trace that came is continued, from anybody") {
    for (const std::string& trace : {std::string(kTrace), "cc" + std::string(kTrace.substr(2)),
                                     "cc" + std::string(kTrace.substr(2)) + "-later"})
      for (const bool trusted : {false, true})
        CHECK(Forwarded("traceparent: " + trace + "\r\n", trusted)["traceparent"] == trace);
    CHECK(Forwarded("traceparent: " + std::string(kTrace) +
                        "\r\ntraceparent: " + std::string(kTrace) + "\r\n",
                    true)["traceparent"] == kTrace);
  }

  TEST_CASE("W3C Trace Context §3.2: a trace that is none is begun anew") {
    std::string upper(kTrace), zero_trace(kTrace), zero_parent(kTrace), version(kTrace),
        flags(kTrace), dash(kTrace);
    upper[3] = 'A';
    zero_trace.replace(3, 32, 32, '0');
    zero_parent.replace(36, 16, 16, '0');
    version.replace(0, 2, "zz");
    flags.replace(53, 2, "x1");
    dash[35] = '_';
    for (const std::string& bad :
         {upper, zero_trace, zero_parent, version, flags, dash, std::string(), std::string("00-"),
          std::string(kTrace) + "-x", "ff" + std::string(kTrace.substr(2)),
          "cc" + std::string(kTrace.substr(2)) + "x"}) {
      CAPTURE(bad);
      const std::string made = Forwarded("traceparent: " + bad + "\r\n", true)["traceparent"];
      CHECK(made != bad);
      REQUIRE(made.size() == 55);
      CHECK(made.starts_with("00-"));
      CHECK(made.ends_with("-00"));
      // What we begin is a trace ourselves would continue.
      CHECK(Forwarded("traceparent: " + made + "\r\n", true)["traceparent"] == made);
    }
  }

  TEST_CASE("RFC 7239 and Via are added on request, behind what a trusted proxy said") {
    conf::Forwarding both;
    both.forwarded = both.via = true;
    CHECK(Forwarded("", false, both)["forwarded"] ==
          "for=192.0.2.7;proto=http;host=\"ci.example:80\"");
    CHECK(Forwarded("Forwarded: for=x\r\n", false, both, "2001:db8::1")["forwarded"] ==
          "for=\"[2001:db8::1]\";proto=http;host=\"ci.example:80\"");
    CHECK(Forwarded("Forwarded: for=x\r\n", true, both, "10.0.0.1")["forwarded"] ==
          "for=x | for=10.0.0.1;proto=http;host=\"ci.example:80\"");
    CHECK(Forwarded("Via: 1.1 a\r\n", false, both)["via"] == "1.1 a | 1.1 segue");
    CHECK(Forwarded("", false, both, "192.0.2.7", "1.0")["via"] == "1.0 segue");
  }

  TEST_CASE("the client is the last address of the chain that is not a trusted proxy") {
    CHECK(client_of("") == "10.0.0.1");
    CHECK(client_of("X-Forwarded-For: 192.0.2.9\r\n") == "192.0.2.9");
    CHECK(client_of("X-Forwarded-For: 6.6.6.6, 192.0.2.9, 10.9.9.9\r\n") == "192.0.2.9");
    CHECK(client_of("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.9\r\nX-Forwarded-For: "
                    "10.1.1.1\r\n") == "192.0.2.9");
    CHECK(client_of("X-Forwarded-For: 10.0.0.3, 10.0.0.2\r\n") == "10.0.0.3");
    CHECK(client_of("X-Forwarded-For: 2001:db8::5, 2001:db9::1 ,2001:db8::6\r\n") == "2001:db9::1");
    CHECK(client_of("X-Forwarded-For: , 192.0.2.9 ,, \r\n") == "192.0.2.9");
  }

  TEST_CASE("what is no address ends the chain at the proxy that said it") {
    CHECK(client_of("X-Forwarded-For: 192.0.2.9, unknown\r\n") == "10.0.0.1");
    CHECK(client_of("X-Forwarded-For: 192.0.2.9, _hidden, 10.2.2.2\r\n") == "10.2.2.2");
    CHECK(client_of("X-Forwarded-For: 192.0.2.9, 1.2.3.4:80\r\n") == "10.0.0.1");
    CHECK(client_of("X-Forwarded-For: " + std::string(5000, '1') + "\r\n") == "10.0.0.1");
  }

  TEST_CASE("a stranger's chain is not believed") {
    CHECK(client_of("X-Forwarded-For: 10.0.0.5\r\n", false, "192.0.2.7") == "192.0.2.7");
  }
}

}  // namespace segue::proxy

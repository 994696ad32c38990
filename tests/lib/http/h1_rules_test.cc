// A table of heads that two servers might read differently, each with the rule that decides.
#include "lib/http/h1_rules.h"

#include <string>

#include <doctest/doctest.h>

#include "tests/support/messages.h"

namespace segue::http {
namespace {

using Kind = H1Parser::Kind;
using tests::HeadReader;
using std::string_view_literals::operator""sv;

struct Refused {
  std::string_view name, wire;  // the wire without the final blank line
  Fault fault = Fault::kBadMessage;
};

constexpr Refused kRefusedRequests[] = {
    {"RFC 9112 §3.2: no Host in HTTP/1.1", "GET / HTTP/1.1\r\n"},
    {"RFC 9112 §3.2: two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n"},
    {"RFC 9112 §3.2: two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n"},
    {"RFC 9112 §3.2: two Hosts in different case", "GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n"},
    {"RFC 9112 §3.2: two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n"},
    {"RFC 9112 §3.2: an empty Host", "GET / HTTP/1.1\r\nHost:\r\n"},
    {"RFC 9112 §3.2: a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n"},
    {"RFC 9112 §3.2: Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n"},
    {"RFC 9112 §3.2: Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n"},
    {"RFC 9112 §3.2: Host with a query", "GET / HTTP/1.1\r\nHost: a?b\r\n"},
    {"RFC 9112 §3.2: Host with a fragment", "GET / HTTP/1.1\r\nHost: a#b\r\n"},
    {"RFC 9112 §3.2: Host with a backslash", "GET / HTTP/1.1\r\nHost: a\\b\r\n"},
    {"RFC 9112 §3.2: Host with a quote", "GET / HTTP/1.1\r\nHost: a\"b\r\n"},
    {"RFC 9112 §3.2: Host with obs-text", "GET / HTTP/1.1\r\nHost: a\xc3\xa4\r\n"},
    {"RFC 9112 §3.2: Host with a tab", "GET / HTTP/1.1\r\nHost: a\tb\r\n"},
    {"RFC 9110 §4.2.4: Host with user information", "GET / HTTP/1.1\r\nHost: u@a\r\n"},
    {"RFC 3986 §3.2.2: a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n"},
    {"RFC 3986 §3.2.3: a port that is no number", "GET / HTTP/1.1\r\nHost: a:http\r\n"},
    {"RFC 3986 §3.2.3: two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n"},
    {"RFC 3986 §3.2.2: IPv6 without brackets", "GET / HTTP/1.1\r\nHost: ::1\r\n"},
    {"RFC 3986 §3.2.2: a bracket that is not closed", "GET / HTTP/1.1\r\nHost: [::1\r\n"},
    {"RFC 3986 §3.2.2: a bracket that is not opened", "GET / HTTP/1.1\r\nHost: ::1]\r\n"},
    {"RFC 3986 §3.2.2: a name behind brackets", "GET / HTTP/1.1\r\nHost: [::1]evil\r\n"},
    {"RFC 3986 §3.2.2: nothing between brackets", "GET / HTTP/1.1\r\nHost: []\r\n"},
    {"RFC 3986 §3.2.2: a name between brackets", "GET / HTTP/1.1\r\nHost: [a]\r\n"},
    {"RFC 3986 §3.2.2: IPv4 between brackets", "GET / HTTP/1.1\r\nHost: [127.0.0.1]\r\n"},
    {"RFC 3986 §3.2.2: brackets within brackets", "GET / HTTP/1.1\r\nHost: [[::1]]\r\n"},
    {"RFC 3986 §3.2.2: two addresses in brackets", "GET / HTTP/1.1\r\nHost: [::1]:[::2]\r\n"},
    {"RFC 3986 §2.1: an escape without digits", "GET / HTTP/1.1\r\nHost: a%\r\n"},
    {"RFC 3986 §2.1: an escape that is none", "GET / HTTP/1.1\r\nHost: a%zz\r\n"},
    {"RFC 9112 §3.2.2: absolute form and another Host", "GET http://a/ HTTP/1.1\r\nHost: b\r\n"},
    {"RFC 9112 §3.2.2: absolute form and another port", "GET http://a:1/ HTTP/1.1\r\nHost: a\r\n"},
    {"RFC 9112 §3.2.2: absolute form without Host", "GET http://a/ HTTP/1.1\r\n"},
    {"RFC 9112 §3.2.2: absolute form without authority", "GET http:/// HTTP/1.1\r\nHost: a\r\n"},
    {"RFC 9112 §3.2.2: absolute form of another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n"},
    {"RFC 9110 §4.2.4: absolute form with user information",
     "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n"},
    {"RFC 9112 §3.2.4: asterisk for another method", "GET * HTTP/1.1\r\nHost: a\r\n"},
    {"RFC 9112 §3.2.3: authority form for another method", "GET a:80 HTTP/1.1\r\nHost: a\r\n"},
    {"RFC 9112 §3.2: a fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n"},
    {"RFC 9110 §9.3.6: CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n", Fault::kMethodRefused},
    {"RFC 9112 §6.1: Transfer-Encoding and Content-Length",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n"},
    {"RFC 9112 §6.1: Content-Length and Transfer-Encoding",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n"},
    {"RFC 9112 §6.1: Transfer-Encoding in HTTP/1.0",
     "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"},
    {"RFC 9112 §7: a coding we do not know",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n"},
    {"RFC 9112 §7: chunked behind gzip",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n"},
    {"RFC 9112 §6.1: chunked is not last",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n"},
    {"RFC 9112 §6.1: chunked twice in a list",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n"},
    {"RFC 9112 §6.1: chunked in two fields",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"},
    {"RFC 9112 §6.1: identity and chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"},
    {"RFC 9112 §6.1: identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n"},
    {"RFC 9112 §6.1: an empty coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n"},
    {"RFC 9112 §6.1: chunked with a parameter",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n"},
    {"RFC 9112 §6.1: chunked in quotes",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n"},
    {"RFC 9112 §6.1: chunked and a comma",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n"},
    {"RFC 9112 §6.1: a comma and chunked",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked\r\n"},
    {"RFC 9112 §6.1: chunked behind a vertical tab",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b"
     "chunked\r\n"},
    {"RFC 9112 §6.1: chunked and a NUL",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\0\r\n"sv},
    {"RFC 9112 §5.1: a space before the colon",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n"},
    {"RFC 9112 §5.2: a folded coding",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n"},
    {"RFC 9112 §6.3: two lengths",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n"},
    {"RFC 9112 §6.3: two equal lengths",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n"},
    {"RFC 9112 §6.3: a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3, 3\r\n"},
    {"RFC 9110 §8.6: a length with a sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +3\r\n"},
    {"RFC 9110 §8.6: a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n"},
    {"RFC 9110 §8.6: a hexadecimal length",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x3\r\n"},
    {"RFC 9110 §8.6: a fraction", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3.0\r\n"},
    {"RFC 9110 §8.6: two numbers", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3 4\r\n"},
    {"RFC 9110 §8.6: a length in quotes",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \"3\"\r\n"},
    {"RFC 9110 §8.6: an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n"},
    {"RFC 9110 §8.6: a length of 2^64",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n"},
    {"RFC 9110 §8.6: a length without end",
     "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999999\r\n"},
    {"RFC 9112 §2.3: HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n", Fault::kVersion},
    {"RFC 9112 §2.3: HTTP/0.9", "GET / HTTP/0.9\r\nHost: a\r\n", Fault::kVersion},
    {"RFC 9112 §2.3: another protocol", "GET / RTSP/1.0\r\nHost: a\r\n"},
    {"RFC 9112 §2.3: lower case", "GET / http/1.1\r\nHost: a\r\n"},
    {"RFC 3875 §4.1.18: Content_Length", "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 3\r\n"},
    {"RFC 3875 §4.1.18: Transfer_Encoding",
     "POST / HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\n"},
    {"RFC 3875 §4.1.18: X_Forwarded_For",
     "GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 1.2.3.4\r\n"},
    {"RFC 3875 §4.1.18: X-Forwarded_For in capitals",
     "GET / HTTP/1.1\r\nHost: a\r\nX-FORWARDED_FOR: 1\r\n"},
    {"RFC 3875 §4.1.18: x_forwarded_proto",
     "GET / HTTP/1.1\r\nHost: a\r\nx_forwarded_proto: https\r\n"},
    {"RFC 3875 §4.1.18: X_Request_Id", "GET / HTTP/1.1\r\nHost: a\r\nX_Request_Id: 1\r\n"},
    {"RFC 3875 §4.1.18: two fields of one folded name",
     "GET / HTTP/1.1\r\nHost: a\r\nA-B: 1\r\nA_B: 2\r\n"},
    {"RFC 3875 §4.1.18: the same in the other order",
     "GET / HTTP/1.1\r\nHost: a\r\na_b: 1\r\nA-B: 2\r\n"},
};

struct Taken {
  std::string_view name, wire;
  std::string_view said;  // see said()
};

/// method path?query authority body keep|close [upgrade] [continue] -hop-by-hop,…
std::string said(const Head& head) {
  std::string out(head.path);
  if (head.has_query) out += "?" + std::string(head.query);
  out += " " + std::string(head.authority);
  switch (head.body.kind) {
    case BodyLength::Kind::kNone: out += " none"; break;
    case BodyLength::Kind::kLength: out += " " + std::to_string(head.body.bytes); break;
    case BodyLength::Kind::kChunked: out += " chunked"; break;
    case BodyLength::Kind::kUntilClose: out += " close-delimited"; break;
  }
  out += head.keep_alive ? " keep" : " close";
  if (head.upgrade) out += " upgrade";
  if (head.expects_continue) out += " continue";
  std::string dropped;
  for (const Field& field : head.fields)
    if (field.hop_by_hop) dropped += (dropped.empty() ? " -" : ",") + std::string(field.name);
  return out + dropped;
}

constexpr Taken kTakenRequests[] = {
    {"RFC 9112 §3.2.1: origin form", "GET /a?b HTTP/1.1\r\nHost: h\r\n", "/a?b h none keep"},
    {"RFC 3986 §3.4: an empty query is a query", "GET /a? HTTP/1.1\r\nHost: h\r\n",
     "/a? h none keep"},
    {"RFC 3986 §3.4: a query with question marks", "GET /a?b?c HTTP/1.1\r\nHost: h\r\n",
     "/a?b?c h none keep"},
    {"RFC 3986 §2.1: escapes stay", "GET /%2F..%2f//;x HTTP/1.1\r\nHost: h\r\n",
     "/%2F..%2f//;x h none keep"},
    {"RFC 9112 §3.2.2: absolute form", "GET http://h/a HTTP/1.1\r\nHost: h\r\n", "/a h none keep"},
    {"RFC 9112 §3.2.2: absolute form, Host in capitals",
     "GET http://ci.x/ HTTP/1.1\r\nHost: CI.X\r\n", "/ CI.X none keep"},
    {"RFC 9112 §3.2.2: absolute form without path", "GET https://h?q HTTP/1.1\r\nHost: h\r\n",
     "/?q h none keep"},
    {"RFC 9112 §3.2.2: absolute form in HTTP/1.0 without Host", "GET http://h/ HTTP/1.0\r\n",
     "/ h none close"},
    {"RFC 9112 §3.2.4: OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: h\r\n", "* h none keep"},
    {"RFC 9112 §3.2: no Host in HTTP/1.0", "GET / HTTP/1.0\r\n", "/  none close"},
    {"RFC 3986 §3.2.2: an IPv6 Host with port", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n",
     "/ [::1]:80 none keep"},
    {"RFC 3986 §3.2.3: an empty port", "GET / HTTP/1.1\r\nHost: h:\r\n", "/ h: none keep"},
    {"RFC 3986 §3.2.2: underscores in names of hosts", "GET / HTTP/1.1\r\nHost: a_b.c\r\n",
     "/ a_b.c none keep"},
    {"RFC 3986 §2.1: an escape in Host", "GET / HTTP/1.1\r\nHost: a%41\r\n", "/ a%41 none keep"},
    {"RFC 9110 §5.6.3: whitespace around Host", "GET / HTTP/1.1\r\nHost: \t h \t\r\n",
     "/ h none keep"},
    {"RFC 9110 §8.6: a length of nothing", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n",
     "/ h 0 keep"},
    {"RFC 9110 §8.6: leading zeros", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 007\r\n",
     "/ h 7 keep"},
    {"RFC 9110 §8.6: GET with a body", "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n",
     "/ h 5 keep"},
    {"RFC 9112 §7.1: chunked", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n",
     "/ h chunked keep -Transfer-Encoding"},
    {"RFC 9112 §7.1: chunked in any case",
     "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: ChunKED\r\n",
     "/ h chunked keep -Transfer-Encoding"},
    {"RFC 9112 §9.3: close", "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n",
     "/ h none close -Connection"},
    {"RFC 9112 §9.3: close in a list and in capitals",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE\r\n", "/ h none close -Connection"},
    {"RFC 9112 §9.3: close wins",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nConnection: close\r\n",
     "/ h none close -Connection,Connection"},
    {"RFC 9112 §9.3: keep-alive in HTTP/1.0",
     "GET / HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\nKeep-Alive: 5\r\n",
     "/ h none keep -Connection,Keep-Alive"},
    {"RFC 9112 §C.2.2: Proxy-Connection has no say",
     "GET / HTTP/1.0\r\nHost: h\r\nProxy-Connection: keep-alive\r\n",
     "/ h none close -Proxy-Connection"},
    {"RFC 9110 §7.6.1: what Connection names stays here",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: x-hop , X-Other\r\nX-Hop: 1\r\nx-other: "
     "2\r\nX-Stays: 3\r\n",
     "/ h none keep -Connection,X-Hop,x-other"},
    {"RFC 9110 §7.6.1: Connection may not take Host, Content-Length, Cookie or Authorization away",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nCookie: a\r\nAuthorization: b\r\n"
     "Connection: host, content-length, cookie, authorization\r\n",
     "/ h 3 keep -Connection"},
    {"RFC 9110 §7.6.1: Connection may not take forwarding fields away",
     "GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: a\r\nForwarded: b\r\nX-Forwarded-Proto: c\r\n"
     "X-Forwarded-Host: d\r\nX-Forwarded-Port: 1\r\nX-Request-Id: f\r\nVia: 1.1 g\r\ntraceparent: "
     "i\r\n"
     "Connection: x-forwarded-for, forwarded, x-forwarded-proto, x-forwarded-host, "
     "x-forwarded-port, "
     "x-request-id, via, traceparent\r\n",
     "/ h none keep -Connection"},
    {"RFC 9110 §7.6.1: Connection may name what is not there",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: x-none, , ;\r\n", "/ h none keep -Connection"},
    {"RFC 9110 §10.1.4: TE stays here", "GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\n",
     "/ h none keep -TE"},
    {"RFC 9110 §7.8: an upgrade",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
     "/ h none keep upgrade -Connection,Upgrade"},
    {"RFC 9110 §7.8: Upgrade without Connection",
     "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n", "/ h none keep -Upgrade"},
    {"RFC 9110 §7.8: Connection without Upgrade",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\n", "/ h none keep -Connection"},
    {"RFC 9110 §7.8: no upgrade from HTTP/1.0",
     "GET / HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n",
     "/ h none close -Connection,Upgrade"},
    {"RFC 9110 §7.8: no upgrade with a body",
     "POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: "
     "1\r\n",
     "/ h 1 keep -Connection,Upgrade"},
    {"RFC 9110 §7.8: no upgrade with a chunked body",
     "POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: "
     "websocket\r\nTransfer-Encoding: chunked\r\n",
     "/ h chunked keep -Connection,Upgrade,Transfer-Encoding"},
    {"RFC 9110 §7.8: an upgrade with an empty body",
     "POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: "
     "0\r\n",
     "/ h 0 keep upgrade -Connection,Upgrade"},
    {"RFC 9113 §3.1: h2c is not passed on",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "
     "h2c\r\nHTTP2-Settings: A\r\n",
     "/ h none keep -Connection,Upgrade,HTTP2-Settings"},
    {"RFC 9113 §3.1: h2c within a list",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket, H2C\r\n",
     "/ h none keep -Connection,Upgrade"},
    {"RFC 9113 §3.1: h2c hidden in the first of two fields",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\nUpgrade: websocket\r\n",
     "/ h none keep -Connection,Upgrade,Upgrade"},
    {"RFC 9113 §3.1: h2c hidden in the second of two fields",
     "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n",
     "/ h none keep -Connection,Upgrade,Upgrade"},
    {"RFC 9110 §10.1.1: Expect",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n",
     "/ h 3 keep continue"},
    {"RFC 9110 §10.1.1: Expect in HTTP/1.0 is ignored",
     "POST / HTTP/1.0\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n", "/ h 3 close"},
    {"RFC 9110 §10.1.1: an expectation we do not know passes",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: miracles\r\n", "/ h 3 keep"},
    {"RFC 9110 §5.1: odd names pass", "GET / HTTP/1.1\r\nHost: h\r\n!#$%&'*+.^`|~: x\r\n",
     "/ h none keep"},
    {"RFC 3875 §4.1.18: an underscore that collides with nothing",
     "GET / HTTP/1.1\r\nHost: h\r\nA_B: 1\r\nA_B: 2\r\n", "/ h none keep"},
    {"RFC 9110 §9: WebDAV methods pass", "PROPFIND / HTTP/1.1\r\nHost: h\r\n", "/ h none keep"},
};

struct Response {
  std::string_view name, wire;
  Method method;
  bool upgrade_asked;
  std::string_view said;  // "" when refused
};

constexpr Response kResponses[] = {
    {"RFC 9112 §6.3: a length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", Method::kGet, false,
     "  2 keep"},
    {"RFC 9112 §6.3: nothing said, until the end", "HTTP/1.1 200 OK\r\n", Method::kGet, false,
     "  close-delimited close"},
    {"RFC 9112 §6.3: until the end in HTTP/1.0", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n",
     Method::kGet, false, "  close-delimited close -Connection"},
    {"RFC 9112 §9.3: kept alive in HTTP/1.0",
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n", Method::kGet, false,
     "  0 keep -Connection"},
    {"RFC 9112 §6.3: HEAD has none", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n", Method::kHead,
     false, "  none keep"},
    {"RFC 9112 §6.3: HEAD has none, chunked or not",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", Method::kHead, false,
     "  none keep -Transfer-Encoding"},
    {"RFC 9112 §6.3: 304 has none", "HTTP/1.1 304 \r\nContent-Length: 9\r\n", Method::kGet, false,
     "  none keep"},
    {"RFC 9110 §8.6: 204 has neither body nor length", "HTTP/1.1 204 \r\nContent-Length: 9\r\n",
     Method::kGet, false, "  none keep -Content-Length"},
    {"RFC 9110 §8.6: nor has 100", "HTTP/1.1 100 \r\nContent-Length: 9\r\n", Method::kPost, false,
     "  none keep -Content-Length"},
    {"RFC 9112 §7.1: chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", Method::kGet,
     false, "  chunked keep -Transfer-Encoding"},
    {"RFC 9110 §15.2.2: 101 that was asked for",
     "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: websocket\r\n", Method::kGet, true,
     "  none keep upgrade -Connection,Upgrade"},
    {"RFC 9110 §15.2.2: 101 that nobody asked for",
     "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: websocket\r\n", Method::kGet, false, ""},
    {"RFC 9110 §7.8: 101 without Upgrade", "HTTP/1.1 101 \r\nConnection: upgrade\r\n", Method::kGet,
     true, ""},
    {"RFC 9110 §7.8: 101 without Connection", "HTTP/1.1 101 \r\nUpgrade: websocket\r\n",
     Method::kGet, true, ""},
    {"RFC 9112 §6.3: two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n",
     Method::kGet, false, ""},
    {"RFC 9112 §6.3: a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n",
     Method::kGet, false, ""},
    {"RFC 9112 §6.3: coding and length",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n", Method::kGet, false,
     ""},
    {"RFC 9112 §7: another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
     Method::kGet, false, ""},
    {"RFC 9112 §6.1: a coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n",
     Method::kGet, false, ""},
    {"RFC 9110 §15: a status below 100", "HTTP/1.1 099 \r\nContent-Length: 0\r\n", Method::kGet,
     false, ""},
    {"RFC 9110 §15: a status above 599", "HTTP/1.1 600 \r\nContent-Length: 0\r\n", Method::kGet,
     false, ""},
    {"RFC 9110 §7.6.1: Connection may not take Set-Cookie away",
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: a\r\nX: 1\r\nConnection: set-cookie, "
     "x\r\n",
     Method::kGet, false, "  0 keep -X,Connection"},
};

}  // namespace

TEST_SUITE("lib/http/h1_rules") {
  TEST_CASE("a request that could be read in two ways is refused, by the parser or by the rules") {
    for (const Refused& c : kRefusedRequests) {
      INFO(c.name);
      HeadReader reader(Kind::kRequest);
      const std::string wire = std::string(c.wire) + "\r\n";
      reader.read({wire});
      if (reader.fault) {
        CHECK(*reader.fault == c.fault);
        continue;
      }
      REQUIRE(reader.complete);
      const Status<> judged = judge_request(reader.parser.head());
      REQUIRE_FALSE(judged.ok());
      CHECK(judged.error().fault == c.fault);
      CHECK(judged.error().side == Side::kClient);
    }
  }

  TEST_CASE("an odd but legal request is understood") {
    for (const Taken& c : kTakenRequests) {
      INFO(c.name);
      HeadReader reader(Kind::kRequest);
      const std::string wire = std::string(c.wire) + "\r\n";
      reader.read({wire});
      REQUIRE(reader.complete);
      REQUIRE(judge_request(reader.parser.head()).ok());
      CHECK(said(reader.parser.head()) == c.said);
    }
  }

  TEST_CASE("a response is framed by its request, its status and its fields, in this order") {
    for (const Response& c : kResponses) {
      INFO(c.name);
      HeadReader reader(Kind::kResponse);
      const std::string wire = std::string(c.wire) + "\r\n";
      reader.read({wire});
      if (reader.fault && c.said.empty()) continue;
      REQUIRE(reader.complete);
      const Status<> judged = judge_response(reader.parser.head(), c.method, c.upgrade_asked);
      CHECK(judged.ok() == !c.said.empty());
      if (judged.ok()) CHECK(said(reader.parser.head()) == c.said);
      if (!judged.ok()) CHECK(judged.error().side == Side::kUpstream);
    }
  }

  TEST_CASE("a length that a signed 64-bit number could not hold is refused") {
    for (const auto& [digits, fine] : {std::pair{"999999999999999999", true},
                                       {"9223372036854775808", false},
                                       {"0000000000000000007", false},
                                       {"000000000000000007", true}}) {
      CAPTURE(digits);
      HeadReader reader(Kind::kRequest);
      reader.read(
          {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::string(digits) + "\r\n\r\n"});
      REQUIRE(reader.complete);
      CHECK(judge_request(reader.parser.head()).ok() == fine);
    }
  }

  TEST_CASE("a length leaves without the zeros in front of it, which some take for octal") {
    for (const auto& [digits, leaves] :
         {std::pair{"010", "10"}, {"000", "0"}, {"0", "0"}, {"10", "10"}}) {
      CAPTURE(digits);
      const std::string length = "Content-Length: " + std::string(digits) + "\r\n\r\n";
      HeadReader request(Kind::kRequest), response(Kind::kResponse);
      request.read({"POST / HTTP/1.1\r\nHost: a\r\n" + length});
      response.read({"HTTP/1.1 200 OK\r\n" + length});
      REQUIRE(judge_request(request.parser.head()).ok());
      REQUIRE(judge_response(response.parser.head(), Method::kGet, false).ok());
      CHECK(request.parser.head().find(FieldId::kContentLength)->value == leaves);
      CHECK(response.parser.head().find(FieldId::kContentLength)->value == leaves);
    }
  }

  TEST_CASE("RFC 9112 §4: a reason phrase with a control character is refused") {
    HeadReader reader(Kind::kResponse);
    reader.read({std::string("HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n")});
    REQUIRE(reader.complete);
    CHECK_FALSE(judge_response(reader.parser.head(), Method::kGet, false).ok());
  }

  TEST_CASE("a head may name at most 32 options in its Connection fields") {
    for (const int options : {32, 33}) {
      CAPTURE(options);
      std::string wire = "GET / HTTP/1.1\r\nHost: a\r\n";
      for (int i = 0; i < options; ++i) wire += i % 2 == 0 ? "Connection: x-a" : ", x-b\r\n";
      wire += options % 2 == 1 ? "\r\n\r\n" : "\r\n";
      HeadReader reader(Kind::kRequest);
      reader.read({wire});
      REQUIRE(reader.complete);
      CHECK(judge_request(reader.parser.head()).ok() == (options == 32));
    }
  }

  TEST_CASE(
      "parser and rules agree on what is chunked, so that one body is never taken for another") {
    for (const std::string_view value :
         {"chunked", "Chunked", "CHUNKED", " chunked", "\tchunked", "chunked ", "chunked\t",
          "chunked \t ", "\t chunked", "chunked\t\t", "chunke", "chunkedd"}) {
      CAPTURE(value);
      const std::string coding = "Transfer-Encoding:" + std::string(value) + "\r\n\r\n";
      for (const Kind kind : {Kind::kRequest, Kind::kResponse}) {
        HeadReader reader(kind);
        const std::string wire =
            (kind == Kind::kRequest ? "POST / HTTP/1.1\r\nHost: a\r\n" : "HTTP/1.1 200 OK\r\n") +
            coding;
        reader.read({wire});
        if (!reader.complete) continue;
        http::Head& head = reader.parser.head();
        const Status<> judged = kind == Kind::kRequest ? judge_request(head)
                                                       : judge_response(head, Method::kGet, false);
        if (!judged) continue;
        REQUIRE(head.body.kind == BodyLength::Kind::kChunked);
        tests::ChunkedBody sink;
        const auto taken = reader.parser.feed_chunked(Bytes("2\r\nok\r\n0\r\n\r\n", 12), sink);
        REQUIRE(taken.ok());
        CHECK(*taken == 12);
        CHECK(sink.data == "ok");
        CHECK(reader.parser.done());
      }
    }
  }
}

}  // namespace segue::http

// Phrases (RFC 9110 §15), mappings and pages.
#include "lib/http/status.h"

#include "lib/http/field.h"

namespace segue::http {
namespace {

/// Our own sentences have quotes.
std::string json(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// A trusted peer chose the request id, but perhaps a stranger behind it.
std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string_view reason_phrase(std::uint16_t status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

std::uint16_t status_for(Error error) noexcept {
  const bool upstream = error.side == Side::kUpstream;
  switch (error.fault) {
    case Fault::kNone:
    case Fault::kIdle: return 0;
    case Fault::kBadMessage:
    case Fault::kAmbiguousTarget:
    case Fault::kNotTls: return upstream ? 502 : 400;
    case Fault::kTargetTooLong: return 414;
    case Fault::kBodyTooLarge: return 413;
    case Fault::kHeadTooLarge: return upstream ? 502 : 431;
    case Fault::kVersion: return upstream ? 502 : 505;
    case Fault::kMethodRefused: return 405;
    case Fault::kNoRoute:
    case Fault::kLookupFailed: return 404;
    case Fault::kNoEndpoint:
    case Fault::kQueueFull:
    case Fault::kQueueTimeout:
    case Fault::kOverloaded:
    case Fault::kDraining: return 503;
    case Fault::kConnectFailed: return 502;
    case Fault::kHeadTimeout:
    case Fault::kBodyTimeout: return 408;
    case Fault::kConnectTimeout:
    case Fault::kFirstByteTimeout:
    case Fault::kStreamTimeout: return 504;
    case Fault::kClosedEarly:
    case Fault::kReset:
    case Fault::kTlsFailed: return upstream ? 502 : 0;
  }
  return 0;
}

std::string_view explain(Fault fault) noexcept {
  switch (fault) {
    case Fault::kNone: return "Nothing went wrong.";
    case Fault::kBadMessage: return "The message breaks a rule of HTTP/1.1 framing or syntax.";
    case Fault::kTargetTooLong: return "The request line is too long.";
    case Fault::kBodyTooLarge: return "The body is larger than this proxy takes.";
    case Fault::kHeadTooLarge: return "The header section is too large or has too many fields.";
    case Fault::kVersion: return "Only HTTP/1.0 and HTTP/1.1 are spoken here.";
    case Fault::kMethodRefused: return "The CONNECT method is not offered here.";
    case Fault::kAmbiguousTarget:
      return "The path can be read in two ways that lead to different servers.";
    case Fault::kNoRoute: return "No route matches this request.";
    case Fault::kLookupFailed:
      return "It is not where it was looked for, and other servers that may have it did not "
             "answer.";
    case Fault::kNoEndpoint:
      return "No healthy server is available for this request; try again shortly.";
    case Fault::kQueueFull: return "Too many requests are waiting already; try again shortly.";
    case Fault::kQueueTimeout: return "No server became free in time; try again shortly.";
    case Fault::kConnectFailed: return "The server behind this proxy could not be reached.";
    case Fault::kConnectTimeout:
      return "The server behind this proxy did not accept a connection in time.";
    case Fault::kHeadTimeout: return "The request head did not arrive in time.";
    case Fault::kBodyTimeout: return "The request body did not arrive in time.";
    case Fault::kFirstByteTimeout: return "The server behind this proxy did not answer in time.";
    case Fault::kStreamTimeout: return "The exchange stood still for too long.";
    case Fault::kClosedEarly:
      return "The server behind this proxy closed the connection without a complete answer.";
    case Fault::kReset: return "The server behind this proxy reset the connection.";
    case Fault::kIdle: return "The connection stood idle for too long.";
    case Fault::kOverloaded: return "This proxy is at one of its limits; try again shortly.";
    case Fault::kDraining: return "This proxy is stopping.";
    case Fault::kNotTls:
      return "This port speaks HTTPS, and the request came in plain HTTP; use https://.";
    case Fault::kTlsFailed:
      return "No TLS connection to the server behind this proxy could be made.";
  }
  return "";
}

std::string_view explain(Rule rule) noexcept {
  switch (rule) {
    case Rule::kNone: return "";
    case Rule::kSyntax: return "A line of the head is malformed (RFC 9112 §3, §5).";
    case Rule::kLineEnd:
      return "A line has a bare CR or LF, or another control character (RFC 9112 §2.2).";
    case Rule::kMethod: return "The method is not known here (RFC 9110 §9.1).";
    case Rule::kRequestLine:
      return "The request line needs exactly one space between its parts (RFC 9112 §3).";
    case Rule::kTarget: return "The request target is not valid (RFC 9112 §3.2).";
    case Rule::kHostMissing: return "HTTP/1.1 needs a Host field (RFC 9112 §3.2).";
    case Rule::kHostRepeated: return "There is more than one Host field (RFC 9112 §3.2).";
    case Rule::kHostInvalid:
      return "The Host field is not a host with an optional port (RFC 9112 §3.2).";
    case Rule::kHostDiffers: return "Host is not the host of the request target (RFC 9112 §3.2.2).";
    case Rule::kNameCollision:
      return "Two field names differ only by _ and -, or one imitates a field of the proxy.";
    case Rule::kCodingUnknown:
      return "Transfer-Encoding may only be one \"chunked\" (RFC 9112 §6.1).";
    case Rule::kCodingInOldHttp: return "HTTP/1.0 has no Transfer-Encoding (RFC 9112 §6.1).";
    case Rule::kCodingAndLength:
      return "Transfer-Encoding and Content-Length exclude each other (RFC 9112 §6.1).";
    case Rule::kLengthRepeated: return "There is more than one Content-Length (RFC 9112 §6.3).";
    case Rule::kLengthInvalid:
      return "Content-Length is not a number of digits, or too large (RFC 9110 §8.6).";
    case Rule::kConnection: return "Connection names too many options (RFC 9110 §7.6.1).";
    case Rule::kChunk: return "The chunked coding is broken (RFC 9112 §7.1).";
    case Rule::kStatus: return "The status line is not valid (RFC 9112 §4).";
    case Rule::kUpgrade:
      return "The protocol was switched without a fitting offer (RFC 9110 §7.8).";
    case Rule::kInterim: return "There are too many interim responses (RFC 9110 §15.2).";
  }
  return "";
}

Page page_for(std::string_view accept) noexcept {
  Page page = Page::kText;
  for_each_token(accept, [&](std::string_view range) {
    const std::string_view type = trim(range.substr(0, range.find(';')));
    if (same_name(type, "application/json") || same_name(type, "application/problem+json")) {
      page = Page::kJson;
      return false;
    }
    if (same_name(type, "text/html")) {
      page = Page::kHtml;
      return false;
    }
    return true;
  });
  return page;
}

std::string_view content_type(Page page) noexcept {
  switch (page) {
    case Page::kText: return "text/plain; charset=utf-8";
    case Page::kHtml: return "text/html; charset=utf-8";
    case Page::kJson: return "application/problem+json";
  }
  return "text/plain";
}

std::string error_page(Page page, std::uint16_t status, Error error, std::string_view request_id) {
  const std::string code = std::to_string(status);
  const std::string phrase(reason_phrase(status));
  // What an upstream did wrong is not for strangers to know in detail.
  const bool theirs = error.side == Side::kClient && error.rule != Rule::kNone;
  const std::string sentence(error.side == Side::kUpstream && error.fault == Fault::kBadMessage
                                 ? "The server behind this proxy answered with a message that "
                                   "breaks the rules of HTTP/1.1."
                             : theirs ? explain(error.rule)
                                      : explain(error.fault));
  const std::string id(request_id);
  switch (page) {
    case Page::kText:
      return code + " " + phrase + "\n" + sentence + "\n" +
             (id.empty() ? "" : "Request: " + id + "\n");
    case Page::kHtml:
      return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + code +
             " " + phrase +
             "</title></head>\n<body style=\"font-family:sans-serif;margin:4em "
             "auto;max-width:40em\">" +
             "<h1>" + code + " " + phrase + "</h1><p>" + sentence + "</p>" +
             (id.empty() ? "" : "<p><small>Request " + html(id) + "</small></p>") +
             "</body></html>\n";
    case Page::kJson:
      return "{\"type\":\"about:blank\",\"title\":\"" + phrase + "\",\"status\":" + code +
             ",\"detail\":\"" + json(sentence) + "\",\"reason\":\"" + to_string(error.fault) +
             "\"" + (theirs ? std::string(",\"rule\":\"") + to_string(error.rule) + "\"" : "") +
             (id.empty() ? "" : ",\"request_id\":\"" + id + "\"") + "}\n";
  }
  return {};
}

}  // namespace segue::http

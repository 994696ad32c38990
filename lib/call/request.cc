// Configured text goes on the wire only after a look: a line break in it would be a second request.
#include "lib/call/request.h"

#include <algorithm>
#include <string_view>

#include "lib/http/field.h"

namespace segue::call {
namespace {

constexpr std::string_view kOurs[] = {"Connection", "Content-Length", "Transfer-Encoding",
                                      "Upgrade",    "Keep-Alive",     "TE",
                                      "Trailer",    "Expect"};

bool is_value(std::string_view text) {  // RFC 9110 §5.5: no control bytes but tab
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_target(
    std::string_view text) {  // RFC 9112 §3.2: no whitespace, and a fragment stays at home
  return (text == "*" || text.starts_with("/")) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != 0x7f && byte != '#';
         });
}

bool is_ours(std::string_view name) {
  return std::any_of(std::begin(kOurs), std::end(kOurs),
                     [&](std::string_view ours) { return http::same_name(name, ours); });
}

}  // namespace

Result<std::string, std::string> write_request(const Request& request) {
  const auto refuse = [](std::string sentence) { return fail(std::move(sentence)); };
  if (!http::is_token(request.method)) return refuse("the method is not a token");
  if (!is_target(request.target)) return refuse("the path has to begin with / and hold no spaces");
  if (!is_value(request.host)) return refuse("the host holds a control byte");

  std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
  const auto has = [&](std::string_view name) {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [&](const auto& header) { return http::same_name(header.first, name); });
  };
  if (!request.host.empty() || !has("Host")) out += "Host: " + request.host + "\r\n";
  for (const auto& [name, value] : request.headers) {
    if (!http::is_token(name)) return refuse("a header's name is not a token");
    if (!is_value(value)) return refuse("the header " + name + " holds a control byte");
    if (is_ours(name)) {
      return refuse("the header " + name + " is about the connection and not to be set");
    }
    if (!request.host.empty() && http::same_name(name, "Host")) {
      continue;  // RFC 9112 §3.2: exactly one
    }
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!has("User-Agent")) out += "User-Agent: segue\r\n";
  if (!has("Accept")) out += "Accept: */*\r\n";
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return out + "Connection: close\r\n\r\n" + request.body;
}

}  // namespace segue::call

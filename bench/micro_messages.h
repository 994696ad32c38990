// Heads as they are in life, for the micro-benchmarks.
#pragma once

#include <string_view>

namespace segue::bench {

/// A browser asks a CI server for a page.
inline constexpr std::string_view kBrowserHead =
    "GET /job/some-service/job/main/4711/console?page=2 HTTP/1.1\r\n"
    "Host: ci.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://ci.example.com/job/some-service/job/main/4711/\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: JSESSIONID.3b1f=node01x2y3z; screenResolution=2560x1440; session=c0ffee-4711\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Priority: u=0, i\r\n"
    "\r\n";

/// GitHub delivers a webhook.
inline constexpr std::string_view kWebhookHead =
    "POST /github-webhook/ HTTP/1.1\r\n"
    "Host: ci.example.com\r\n"
    "User-Agent: GitHub-Hookshot/044aadd\r\n"
    "Content-Length: 12288\r\n"
    "Accept: */*\r\n"
    "Content-Type: application/json\r\n"
    "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958\r\n"
    "X-GitHub-Event: pull_request\r\n"
    "X-GitHub-Hook-ID: 292430182\r\n"
    "X-GitHub-Hook-Installation-Target-ID: 79929171\r\n"
    "X-GitHub-Hook-Installation-Target-Type: repository\r\n"
    "X-Hub-Signature-256: "
    "sha256=d57c68ca6f92289e6987922ff26938930f6e66a2d161ef06abdf1859230aa23c\r\n"
    "\r\n";

/// A Jetty answers.
inline constexpr std::string_view kResponseHead =
    "HTTP/1.1 200 OK\r\n"
    "Server: Jetty(10.0.18)\r\n"
    "Date: Sat, 31 Jan 2026 23:59:59 GMT\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Type: text/html;charset=utf-8\r\n"
    "Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
    "Cache-Control: no-cache,no-store,must-revalidate\r\n"
    "X-Frame-Options: sameorigin\r\n"
    "Content-Encoding: gzip\r\n"
    "Content-Length: 10240\r\n"
    "\r\n";

}  // namespace segue::bench

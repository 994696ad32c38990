// [listeners.NAME]
#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

constexpr Key<Listener> kKeys[] = {
    required(key<&Listener::address>("address", text(judge_listen_address),
                                     "Where to listen: `\"0.0.0.0:8080\"`, `\"[::]:8080\"` or "
                                     "`\"unix:/path\"`. Port 0 takes a free "
                                     "one.")),
    key<&Listener::trusted_proxies>(
        "trusted_proxies", texts(judge_range, Empty::kAllowed),
        "Ranges whose `X-Forwarded-*` fields and PROXY headers are believed: `\"10.0.0.0/8\"`, "
        "`\"::1\"`, `\"unix\"`."),
    key<&Listener::proxy_protocol>(
        "proxy_protocol", flag(),
        "Every connection begins with a PROXY header, version 1 or 2; needs `trusted_proxies`."),
    key<&Listener::connections_max>("connections_max", count(1, 1'000'000),
                                    "Connections at once, over all workers."),
    key<&Listener::keep_alive_requests>("keep_alive_requests", count(1, 1'000'000),
                                        "Requests per connection before it is closed politely."),
};

void read_listener(const Cursor& at, Listener& out) {
  read_section(at, kKeys, out);
  if (out.proxy_protocol && at.node().find("trusted_proxies") == nullptr)
    at.find("proxy_protocol")
        ->complain("true without trusted_proxies, expected the ranges that may send the header");
}

}  // namespace

void read_listeners(const Cursor& at, std::vector<Listener>& out) {
  read_named(at, judge_name, read_listener, out);
}

void print_listener(std::string& out, const Listener& listener) {
  out += "\n[listeners." + toml_key(listener.name) + "]\n";
  print_section(out, kKeys, listener);
}

SectionInfo describe_listener() {
  return describe("listener", "[listeners.NAME]",
                  "Where clients connect. At least one; the name appears in logs and metrics.",
                  kKeys, Listener{});
}

}  // namespace segue::conf

// [listeners.NAME]
#include "conf/judge.h"
#include "conf/sections.h"
#include "conf/text.h"

namespace segue::conf {
namespace {

constexpr std::string_view kClientAuth[] = {"none", "optional", "required"};  // ClientAuth

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
    defaults_to(
        "none",
        Key<Listener>{
            "tls",
            other("list of { cert, key, ocsp }",
                  R"({"type":"array","minItems":1,"items":{"$ref":"#/$defs/certificate"}})"),
            "Certificates: this listener speaks TLS. The client's name (SNI) chooses among them, "
            "exact names before wildcards; without one, or with an unknown one, it is the first. "
            "RSA and ECDSA may stand side by side.",
            [](const Cursor& at, const Shape&, Listener& listener) {
              read_certificates(at, listener.tls);
            },
            [](const Shape&, const Listener& listener) {
              return print_certificates(listener.tls);
            }}),
    key<&Listener::tls_min_version>("tls_min_version", word(kTlsVersions),
                                    "Oldest version spoken."),
    key<&Listener::client_auth>("client_auth", word(kClientAuth),
                                "Whether clients show a certificate signed by `client_ca`; its "
                                "subject and fingerprint go to the upstream in "
                                "`X-SSL-Client-*`."),
    key<&Listener::client_ca>("client_ca", text(judge_file, Empty::kAllowed),
                              "PEM file of the authorities that sign clients' certificates."),
    key<&Listener::ticket_keys>(
        "ticket_keys", text(judge_file, Empty::kAllowed),
        "File of session ticket keys, 80 bytes each, shared by several machines: the first one "
        "encrypts. Empty: keys of its own, new every 12 hours."),
    key<&Listener::watch_files>("watch_files", flag(),
                                "Read certificates, keys and ticket keys again when their files "
                                "change; otherwise at a reload."),
    key<&Listener::redirect_https>(
        "redirect_https", count(0, 65535),
        "Answer every request with 308 to `https://` and this port of the same host; 0 for none."),
    key<&Listener::redirect_except>(
        "redirect_except", texts(judge_route_path, Empty::kAllowed),
        "Path prefixes that are served all the same: `\"/.well-known/acme-challenge/\"`."),
};

void read_listener(const Cursor& at, Listener& out) {
  read_section(at, kKeys, out);
  if (out.proxy_protocol && at.node().find("trusted_proxies") == nullptr)
    at.find("proxy_protocol")
        ->complain("true without trusted_proxies, expected the ranges that may send the header");
  const bool plain = at.node().find("tls") == nullptr;
  const Listener unset;
  const std::pair<std::string_view, bool> needs_tls[] = {
      {"tls_min_version", out.tls_min_version != unset.tls_min_version},
      {"client_auth", out.client_auth != unset.client_auth},
      {"client_ca", !out.client_ca.empty()},
      {"ticket_keys", !out.ticket_keys.empty()},
      {"watch_files", out.watch_files}};
  for (const auto& [name, set] : needs_tls)
    if (plain && set)
      at.find(name)->complain(
          "given without tls, expected tls = [{ cert = …, key = … }] beside it");
  if (const auto given = at.find("redirect_https"); given && !plain && out.redirect_https != 0)
    given->complain("given with tls: this listener speaks https already");
  if (!out.redirect_except.empty() && out.redirect_https == 0)
    at.find("redirect_except")
        ->complain("given without redirect_https, of which it is an exception");
  const bool asks = out.client_auth != Listener::ClientAuth::kNone;
  if (asks && out.client_ca.empty() && !plain)
    at.find("client_auth")->complain("without client_ca, expected the file of the authorities");
  if (!asks && !out.client_ca.empty() && !plain)
    at.find("client_ca")
        ->complain("given without client_auth, expected \"optional\" or \"required\"");
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
